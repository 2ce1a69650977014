"""How long a secret is kept, and when another one is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from bot.errors import IndexFailure
from bot.index.access.secret import Keeper, NoSecretError, Secret
from tests.index.conftest import HandClock


class Source:
    """Gives ``token-1``, ``token-2`` and so on, which last for ``lasts`` seconds each."""

    kind = "test"

    def __init__(self, clock: HandClock, lasts: float | None = 3600.0) -> None:
        self.clock = clock
        self.lasts = lasts
        self.asked = 0
        self.problem: str | None = None
        self.before: Callable[[], object] = lambda: None

    def obtain(self) -> Secret:
        self.asked += 1
        self.before()
        if self.problem is not None:
            raise NoSecretError(self.problem)
        ends_at = None if self.lasts is None else self.clock.now + self.lasts
        return Secret(password=f"token-{self.asked}", ends_at=ends_at)

    def has_changed(self) -> bool:
        return False


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_it_is_renewed_before_it_ends(clock: HandClock) -> None:
    keeper = Keeper(Source(clock), clock)
    assert keeper.find() is None
    assert keeper.get().password == "token-1"
    clock.now += 3299
    assert keeper.get().password == "token-1"
    clock.now += 2
    assert keeper.get().password == "token-2"


def test_one_without_an_end_is_kept(clock: HandClock) -> None:
    keeper = Keeper(Source(clock, None), clock)
    first = keeper.get()
    clock.now += 1e9
    assert keeper.get() is first


def test_one_that_is_refused_is_renewed_once(clock: HandClock) -> None:
    source = Source(clock)
    keeper = Keeper(source, clock)
    first = keeper.get()
    second = keeper.renew(first)
    assert second is not None
    assert second.password == "token-2"
    assert keeper.renew(first) is second, "who comes late is given the new one"
    assert keeper.renew(second) is None, "the new one is refused as well: nobody is asked again and again"
    clock.now += 61
    assert keeper.renew(second) == Secret(password="token-3", ends_at=clock.now + 3600)


def test_one_that_never_changes_is_not_shown_twice(clock: HandClock) -> None:
    class Same(Source):
        def obtain(self) -> Secret:
            return Secret(password="always")

    keeper = Keeper(Same(clock), clock)
    assert keeper.renew(keeper.get()) is None


def test_what_fails_is_not_tried_again_at_once(clock: HandClock) -> None:
    source = Source(clock)
    source.problem = "there is no session at https://u:p@example.org"
    keeper = Keeper(source, clock)
    for _ in range(2):
        with pytest.raises(
            IndexFailure, match=r"by test could not be obtained: there is no session at https://\*\*\*\*@"
        ):
            keeper.get()
    assert source.asked == 1
    clock.now += 61
    source.problem = None
    assert keeper.get().password == "token-2"


def test_one_that_is_still_good_is_used_where_there_is_no_new_one(clock: HandClock) -> None:
    source = Source(clock)
    keeper = Keeper(source, clock)
    keeper.get()
    clock.now += 3400
    source.problem = "no answer"
    assert [keeper.get().password for _ in range(3)] == ["token-1"] * 3
    assert source.asked == 2
    clock.now += 300
    with pytest.raises(IndexFailure):
        keeper.get()


def test_those_of_repositories_are_not_told_what_is_the_operators(clock: HandClock) -> None:
    source, told = Source(clock), list[str]()
    source.problem = "arn:aws:iam::1:role/x may not"
    keeper = Keeper(source, clock, tell=told.append)
    with pytest.raises(IndexFailure) as failed:
        keeper.get()
    assert "arn" not in str(failed.value)
    assert "who operates lockbot finds the reason in its log" in str(failed.value)
    assert told == ["arn:aws:iam::1:role/x may not"]


def test_every_new_one_is_told_for_the_log(clock: HandClock) -> None:
    learnt = list[str]()
    keeper = Keeper(Source(clock), clock, learn=learnt.append)
    keeper.renew(keeper.get())
    assert learnt == ["token-1", "token-2"]


def test_many_who_want_it_at_once_have_it_asked_for_once(clock: HandClock) -> None:
    source, may_go = Source(clock), threading.Event()
    source.before = lambda: may_go.wait(5)
    keeper, found = Keeper(source, clock), list[Secret]()
    threads = [threading.Thread(target=lambda: found.append(keeper.get())) for _ in range(5)]
    for thread in threads:
        thread.start()
    may_go.set()
    for thread in threads:
        thread.join()
    assert source.asked == 1
    assert len({id(one) for one in found}) == 1


def test_a_library_that_fails_unexpectedly_is_a_reason_too(clock: HandClock) -> None:
    source = Source(clock)

    def fail() -> None:
        raise KeyError("content-type")

    source.before = fail
    with pytest.raises(IndexFailure, match="KeyError: 'content-type'"):
        Keeper(source, clock).get()
