"""Coroutines without an event loop: they go on when what they wait for is there, and end when told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import closing
from functools import partial

import pytest

from bot.index.http.arrivals import Arrivals
from bot.index.http.background import Background, arrival


@pytest.fixture
def background() -> Iterator[Background]:
    with closing(Background()) as running:
        yield running


def test_a_coroutine_goes_on_when_what_it_waits_for_is_there(background: Background) -> None:
    first: Future[int] = Future()
    outcome: Future[int] = Future()

    async def add() -> int:
        return await arrival(first) + await background.apart(lambda: 2)

    background.start([(outcome, add)])
    first.set_result(1)
    assert outcome.result(10) == 3


def test_a_failure_is_raised_where_the_outcome_is_waited_for(background: Background) -> None:
    awaited: Future[int] = Future()
    outcome: Future[int] = Future()
    background.start([(outcome, lambda: _result_of(awaited))])
    awaited.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        outcome.result(10)


def test_what_was_put_off_is_done_before_the_end() -> None:
    background = Background()
    done: list[int] = []
    for number in range(3):
        background.later(partial(done.append, number))
    background.close()
    assert done == [0, 1, 2]


def test_closing_ends_what_still_waits_and_what_comes_after() -> None:
    background = Background()
    never: Future[int] = Future()
    outcomes: list[Future[int]] = [Future(), Future()]
    background.start([(outcomes[0], lambda: _result_of(never))])
    background.close()
    background.start([(outcomes[1], lambda: _result_of(never))])
    for outcome in outcomes:
        with pytest.raises(CancelledError):
            outcome.result(10)


def test_who_waits_is_told_of_what_else_comes() -> None:
    arrivals = Arrivals()
    wanted: Future[int] = Future()
    calls: list[int] = []
    seen = threading.Semaphore(0)

    def meanwhile() -> None:
        calls.append(len(calls))
        seen.release()

    waiter = threading.Thread(target=arrivals.attend, args=(wanted, meanwhile))
    waiter.start()
    assert seen.acquire(timeout=10)
    arrivals.note(Future())
    assert seen.acquire(timeout=10)
    wanted.set_result(1)
    waiter.join(10)
    assert not waiter.is_alive()
    arrivals.attend(wanted, meanwhile)
    assert calls == [0, 1]


async def _result_of(future: Future[int]) -> int:
    return await arrival(future)
