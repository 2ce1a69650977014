"""When to try again."""

from __future__ import annotations

import pytest

from bot.retry import Backoff, Failure, FailureKind, GiveUp, RetryAt, decide_retry, parse_retry_after

DOWN = Failure(kind=FailureKind.STATUS, status=503)


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (Failure(kind=FailureKind.CONNECTION), True),
        (Failure(kind=FailureKind.TIMEOUT), True),
        (Failure(kind=FailureKind.REFUSED), False),
        (DOWN, True),
        (Failure(kind=FailureKind.STATUS, status=429), True),
        (Failure(kind=FailureKind.STATUS, status=501), False),
        (Failure(kind=FailureKind.STATUS, status=404), False),
    ],
)
def test_what_may_pass_is_tried_again(failure: Failure, again: bool) -> None:
    assert isinstance(decide_retry(failure, 1, 0.0), RetryAt) == again


def test_waits_grow_and_end() -> None:
    backoff = Backoff(attempts=5, first=1.0, factor=4.0, longest=10.0)
    decisions = [decide_retry(DOWN, attempt, 100.0, backoff=backoff) for attempt in range(1, 6)]
    assert decisions[:4] == [RetryAt(when=100.0 + wait) for wait in (1.0, 4.0, 10.0, 10.0)]
    assert decisions[4] == GiveUp(why="5 attempts failed")


def test_chance_spreads_the_wait() -> None:
    backoff = Backoff(first=1.0)
    assert decide_retry(DOWN, 1, 0.0, jitter=0.0, backoff=backoff) == RetryAt(when=0.75)
    assert decide_retry(DOWN, 1, 0.0, jitter=1.0, backoff=backoff) == RetryAt(when=1.25)


@pytest.mark.parametrize(
    ("asked", "decision"),
    [
        ("7", RetryAt(when=7.0)),
        ("Thu, 01 Jan 1970 00:00:09 GMT", RetryAt(when=9.0)),
        ("3600", GiveUp(why="the server asks to wait 3600 seconds")),
        ("soon", RetryAt(when=0.25)),
        ("0", RetryAt(when=0.25)),
    ],
)
def test_the_server_may_ask_for_a_wait(asked: str, decision: RetryAt | GiveUp) -> None:
    failure = Failure(kind=FailureKind.STATUS, status=429, asked_wait=parse_retry_after(asked, 0.0))
    assert decide_retry(failure, 1, 0.0, backoff=Backoff(first=0.25)) == decision
