"""Whether and when to try again: a pure decision, so that every part of lockbot that talks to others backs off alike.

The caller classifies what went wrong, asks, and waits; time and chance are arguments.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TypeAlias

from bot.values import value


class FailureKind(StrEnum):
    """``CONNECTION``: no or a broken connection. ``TIMEOUT``: no answer in time. ``STATUS``: an answer of failure.

    ``REFUSED``: something that stays as it is (bad certificate, forbidden address, malformed answer).
    """

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    STATUS = "status"
    REFUSED = "refused"


@value
class Failure:
    """One failed attempt. ``asked_wait``: the seconds that the other side asked to wait (``parse_retry_after``)."""

    kind: FailureKind
    status: int | None = None
    asked_wait: float | None = None


@value
class Backoff:
    """``attempts`` in all; waits grow from ``first`` by ``factor`` up to ``longest`` (seconds). ``patience``: how long the
    other side may ask to wait, ``longest`` unless said otherwise."""

    attempts: int = 4
    first: float = 0.25
    factor: float = 3.0
    longest: float = 20.0
    patience: float | None = None


@value
class RetryAt:
    """Try again at ``when`` (seconds since the epoch)."""

    when: float


@value
class GiveUp:
    """Stop; ``why`` completes "gave up because …"."""

    why: str


RetryDecision: TypeAlias = RetryAt | GiveUp

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_DEFAULT = Backoff()


def decide_retry(
    error: Failure, attempt: int, now: float, *, jitter: float = 0.5, backoff: Backoff = _DEFAULT
) -> RetryDecision:
    """Decide after the ``attempt``-th failure (1 is the first). ``jitter`` in [0, 1) spreads the wait by a half."""
    if not _may_pass(error):
        return GiveUp(why="trying again would not change the answer")
    if attempt >= backoff.attempts:
        return GiveUp(why=f"{attempt} attempts failed")
    wait = min(backoff.longest, backoff.first * backoff.factor ** (attempt - 1)) * (0.75 + 0.5 * jitter)
    asked = error.asked_wait
    if asked is not None and asked > (backoff.patience or backoff.longest):
        return GiveUp(why=f"the server asks to wait {asked:.0f} seconds")
    return RetryAt(when=now + max(wait, asked or 0.0))


def _may_pass(error: Failure) -> bool:
    match error.kind:
        case FailureKind.CONNECTION | FailureKind.TIMEOUT:
            return True
        case FailureKind.STATUS:
            return error.status in _PASSING
        case FailureKind.REFUSED:
            return False


def parse_retry_after(header: str | None, now: float) -> float | None:
    """The seconds that a ``Retry-After`` header asks for: it holds them, or an HTTP date. None where it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
