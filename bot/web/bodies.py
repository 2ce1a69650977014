"""How bodies of requests are taken in: so many at a time, so many bytes of all together, and not for ever.

Anybody can open connections and send slowly, or stop. So each body has a deadline that only bytes move on, what a body
says to be long is refused before it is read, and a newcomer that finds no room pushes out what has been dawdling: a
forge sends a message in one go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.datastructures import Headers

from bot.events.delivery import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """``patience``: seconds for a body to come; every ``rate`` bytes of it that have come give it one more.

    ``dawdling``: seconds after which a body that is not complete may be given up for another.
    """

    bodies: int = 32
    total: int = 64_000_000
    patience: float = 10.0
    rate: int = 2_500_000
    dawdling: float = 1.0


class Bodies:
    """The bodies that are open. Used from one event loop."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._open: set[Body] = set()

    def open(self, headers: Headers, most: int) -> Body | Refused:
        """A place for a body of at most ``most`` bytes; to be used as a context for as long as the bytes are needed."""
        length = find_length(headers)
        if length is not None and length > most:
            return _too_large(most)
        body = Body(self, self._limits, most=most, stated=length or 0)
        self._open.add(body)
        if self.make_room(body):
            return body
        self._open.discard(body)
        return Refused(status=503, reason="too many messages at a time; redeliver")

    def make_room(self, newcomer: Body) -> bool:
        """Whether all that is open keeps within the limits, if need be without those that dawdle."""
        while self._is_crowded():
            slowest = min(self._open - {newcomer}, key=lambda one: one.started, default=None)
            if slowest is None or not slowest.give_up():
                return False
            self._open.discard(slowest)
        return True

    def close(self, body: Body) -> None:
        self._open.discard(body)

    def _is_crowded(self) -> bool:
        return len(self._open) > self._limits.bodies or sum(one.held for one in self._open) > self._limits.total


class Body:
    """One body: read once, its place kept until the context ends."""

    def __init__(self, bodies: Bodies, limits: BodyLimits, *, most: int, stated: int) -> None:
        self.started = asyncio.get_running_loop().time()
        self.held = stated
        self._bodies = bodies
        self._limits = limits
        self._most = most
        self._deadline: asyncio.Timeout | None = None
        self._given_up = False

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.close(self)

    def give_up(self) -> bool:
        """Whether this body dawdles; it is read no further then."""
        now = asyncio.get_running_loop().time()
        if self._deadline is None or now - self.started < self._limits.dawdling:
            return False
        self._given_up = True
        self._deadline.reschedule(now)
        return True

    async def read(self, stream: AsyncIterator[bytes]) -> bytes | Refused:
        """Stops reading at each limit, whatever the headers said."""
        try:
            async with asyncio.timeout_at(self.started + self._limits.patience) as self._deadline:
                return await self._collect(stream, self._deadline)
        except TimeoutError:
            if self._given_up:
                return Refused(status=503, reason="the body came slowly while others waited; redeliver")
            return Refused(status=408, reason="the body did not come in time")
        finally:
            # What is complete is no longer given up for others.
            self._deadline = None

    async def _collect(self, stream: AsyncIterator[bytes], deadline: asyncio.Timeout) -> bytes | Refused:
        chunks: list[bytes] = []
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > self._most:
                return _too_large(self._most)
            self.held = max(self.held, size)
            if self._given_up or not self._bodies.make_room(self):
                return Refused(status=503, reason="too many messages at a time; redeliver")
            chunks.append(chunk)
            deadline.reschedule(self.started + self._limits.patience + size / self._limits.rate)
        return b"".join(chunks)


def find_length(headers: Headers) -> int | None:
    """What Content-Length says, None without one that is a number; longer ones are cut, they are too large anyway."""
    stated = headers.get("content-length", "")
    return int(stated[:20]) if stated.isascii() and stated.isdigit() else None


def _too_large(most: int) -> Refused:
    return Refused(status=413, reason=f"body is larger than {most} bytes")
