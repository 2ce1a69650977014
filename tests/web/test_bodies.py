"""Bodies of requests: how many, how much of them together, for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest
from starlette.datastructures import Headers

from bot.events.delivery import Refused
from bot.web.bodies import Bodies, Body, BodyLimits

MOST = 1000
#: No body is late in these tests, and none dawdles, unless they say so.
CALM = BodyLimits(bodies=3, total=2000, patience=3600.0, dawdling=3600.0)
AT_ONCE = BodyLimits(bodies=3, total=2000, patience=3600.0, dawdling=0.0)

Feed: TypeAlias = "asyncio.Queue[bytes | None]"


class Sender:
    """A body that somebody sends piece by piece."""

    def __init__(self, bodies: Bodies, length: int | None = None) -> None:
        headers = Headers({} if length is None else {"content-length": str(length)})
        self.opened = bodies.open(headers, MOST)
        self._feed: Feed = asyncio.Queue()
        self._reading: asyncio.Task[bytes | Refused] | None = None
        if isinstance(self.opened, Body):
            self._reading = asyncio.create_task(self.opened.read(_chunks(self._feed)))

    async def send(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self._feed.put_nowait(chunk)
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self) -> bytes | Refused:
        self._feed.put_nowait(None)
        return await self.result()

    async def result(self) -> bytes | Refused:
        """What became of it, sender silent."""
        if self._reading is None:
            assert isinstance(self.opened, Refused)
            return self.opened
        return await self._reading

    def leave(self) -> None:
        assert isinstance(self.opened, Body)
        with self.opened:
            pass


async def _chunks(feed: Feed) -> AsyncIterator[bytes]:
    while (chunk := await feed.get()) is not None:
        yield chunk


def status(result: bytes | Refused) -> int:
    return result.status if isinstance(result, Refused) else 200


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def go() -> None:
        await scene()

    asyncio.run(go())


def test_a_body_comes_in_pieces() -> None:
    async def scene() -> None:
        one = Sender(Bodies(CALM), length=6)
        await one.send(b"abc", b"def")
        assert await one.end() == b"abcdef"

    play(scene)


@pytest.mark.parametrize("length", [1001, int("9" * 30)])
def test_a_length_beyond_the_limit_is_refused_at_once(length: int) -> None:
    async def scene() -> None:
        assert status(await Sender(Bodies(CALM), length=length).result()) == 413

    play(scene)


def test_a_body_longer_than_it_may_be_is_cut_off() -> None:
    async def scene() -> None:
        one = Sender(Bodies(CALM))
        await one.send(b"x" * 600, b"x" * 600)
        assert status(await one.result()) == 413

    play(scene)


def test_one_body_too_many_is_refused_at_once() -> None:
    async def scene() -> None:
        bodies = Bodies(CALM)
        first, second, third = (Sender(bodies, length=1) for _ in range(3))
        assert status(await Sender(bodies, length=1).result()) == 503
        second.leave()
        assert [await one.end() for one in (Sender(bodies, length=1), first, third)] == [b"", b"", b""]

    play(scene)


def test_what_is_said_to_be_long_takes_its_room_before_it_comes() -> None:
    async def scene() -> None:
        bodies = Bodies(CALM)
        first, second = Sender(bodies, length=1000), Sender(bodies, length=900)
        assert status(await Sender(bodies, length=101).result()) == 503
        third = Sender(bodies, length=100)
        assert [await one.end() for one in (first, second, third)] == [b"", b"", b""]

    play(scene)


def test_what_says_no_length_takes_its_room_as_it_comes() -> None:
    async def scene() -> None:
        bodies = Bodies(CALM)
        first, second = Sender(bodies, length=1000), Sender(bodies, length=500)
        third = Sender(bodies)
        await third.send(b"x" * 500)
        await third.send(b"x")
        assert status(await third.result()) == 503
        third.leave()
        assert [await one.end() for one in (first, second)] == [b"", b""]

    play(scene)


def test_the_room_is_kept_until_the_bytes_are_let_go() -> None:
    async def scene() -> None:
        bodies = Bodies(CALM)
        first, second = Sender(bodies, length=1000), Sender(bodies, length=1000)
        assert await first.end() == b""
        assert status(await Sender(bodies, length=1).result()) == 503
        first.leave()
        assert [await one.end() for one in (Sender(bodies, length=1), second)] == [b"", b""]

    play(scene)


def test_the_one_that_dawdles_longest_makes_room_for_a_newcomer() -> None:
    async def scene() -> None:
        bodies = Bodies(AT_ONCE)
        slow = [Sender(bodies, length=10) for _ in range(3)]
        for one in slow:
            await one.send(b"x")
        newcomer = Sender(bodies, length=4)
        await newcomer.send(b"abcd")
        assert await newcomer.end() == b"abcd"
        assert status(await slow[0].result()) == 503
        assert [await one.end() for one in slow[1:]] == [b"x", b"x"]

    play(scene)


def test_what_is_complete_is_never_given_up() -> None:
    async def scene() -> None:
        bodies = Bodies(AT_ONCE)
        done = [Sender(bodies, length=10) for _ in range(3)]
        assert [await one.end() for one in done] == [b"", b"", b""]
        assert status(await Sender(bodies, length=1).result()) == 503

    play(scene)


def test_a_body_that_stops_is_late() -> None:
    async def scene() -> None:
        one = Sender(Bodies(BodyLimits(patience=0.01)), length=25)
        await one.send(b"x" * 24)
        assert status(await one.result()) == 408

    play(scene)


def test_bytes_that_come_move_the_deadline() -> None:
    async def scene() -> None:
        one = Sender(Bodies(BodyLimits(patience=0.01, rate=1)), length=1000)
        await one.send(b"x" * 900)
        assert isinstance(one.opened, Body)
        await asyncio.sleep(0.05)
        assert await one.end() == b"x" * 900

    play(scene)
