"""When a page of an index is looked at next, and what a look at it comes to. Pure.

Who answers and says nothing new is asked again after the interval. Who can't say whether something changed, says so every
time, or doesn't answer, is asked less often. Where a feed tells of new releases, a page is looked at a few times soon after
it told of one (its files come one after the other, and caches on the way lag behind), and else once a day, as a net.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from bot.ports.indexes import Marks, Seen, Sight, Unchanged, Unseen

DAY = 86_400.0
#: Seconds from one look to the next after a feed told of a release; the first look is at once.
_HINTED = (1800.0, 600.0, 180.0)
HINTS = len(_HINTED)
#: Pages without ETag and Last-Modified cost their whole text each time.
_UNMARKED = 4.0
#: A page that changed at so many looks in a row is asked less and less often.
_CHURN = 3
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPolicy:
    """``interval``: seconds from one look at a page to the next. ``feeds``: by an index (without a slash at its end) where it
    tells of new releases. In one turn of ``patience`` seconds, ``hosts`` are asked for ``pages`` each at most; ``size`` are
    the bytes after which a turn ends.

    ``settle``: so many seconds after a change a repository is woken, with all that changed meanwhile; ``pause``: it is not
    again for so long. ``watched``: so many pages of one repository at most, on so many ``places``.
    """

    interval: float = 1800.0
    feeds: Mapping[str, str] = field(default_factory=dict)
    feed_interval: float = 300.0
    patience: float = 40.0
    hosts: int = 64
    pages: int = 120
    size: int = 256 << 20
    settle: float = 120.0
    pause: float = 900.0
    woken: int = 500
    watched: int = 1500
    places: int = 16

    def interval_of(self, index: str) -> float:
        return max(DAY, self.interval) if index in self.feeds else self.interval


def make_policy(interval: float, feeds: Mapping[str, str]) -> WatchPolicy:
    """With an interval of a few seconds nothing else takes minutes either."""
    usual = WatchPolicy()
    return WatchPolicy(
        interval=interval,
        feeds=feeds,
        feed_interval=min(usual.feed_interval, interval),
        settle=min(usual.settle, interval / 10),
        pause=min(usual.pause, interval / 2),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """What is known of a page. ``releases`` and ``files``: fingerprints, empty where nobody looked; ``newest``: as in ``Seen``.

    ``failures`` and ``churn`` count looks in a row that failed, or found a change; ``hints``: looks left after a feed told of
    a release.
    """

    index: str
    package: str
    releases: str = ""
    files: str = ""
    newest: float | None = None
    marks: Marks = field(default_factory=Marks)
    failures: int = 0
    churn: int = 0
    hints: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``oldness``: for how many seconds the newest release has been out; None: nobody knows. Who waits for an age that it has
    not reached has nothing to do yet. ``is_release``: it is the release that is new."""

    oldness: float | None = None
    is_release: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """``change`` None: there is nothing new. ``due``: when the page is looked at next."""

    state: PageState
    due: float
    change: Change | None = None


def judge_look(state: PageState, sight: Sight, now: float, policy: WatchPolicy) -> Look:
    match sight:
        case Unseen():
            failed = replace(state, failures=state.failures + 1, hints=max(0, state.hints - 1))
            return Look(state=failed, due=now + wait_out(failed.failures, sight.wait, policy.interval))
        case Unchanged():
            same = replace(state, failures=0, churn=0, hints=max(0, state.hints - 1))
            return Look(state=same, due=now + _wait_for(replace(same, hints=state.hints), policy))
        case Seen():
            change = _find_change(state, sight, now)
            found = replace(
                state,
                releases=sight.releases,
                files=sight.files,
                newest=sight.newest,
                marks=sight.marks,
                failures=0,
                churn=state.churn + 1 if change is not None else 0,
                hints=max(0, state.hints - 1),
            )
            return Look(state=found, due=now + _wait_for(replace(found, hints=state.hints), policy), change=change)


def _find_change(state: PageState, seen: Seen, now: float) -> Change | None:
    """A page that nobody looked at is compared with what the run read that made it known."""
    before, after = (state.files, seen.files) if state.files else (state.releases, seen.releases)
    if not before or before == after:
        return None
    if seen.newest is None:
        return Change()
    # An index may say anything: what comes from the future is of now.
    newest = min(seen.newest, now)
    return Change(oldness=now - newest, is_release=state.newest is None or newest > state.newest)


def _wait_for(state: PageState, policy: WatchPolicy) -> float:
    if state.hints:
        return _HINTED[min(state.hints, HINTS) - 1]
    wait = policy.interval_of(state.index)
    wait *= 1.0 if state.marks.are_there else _UNMARKED
    wait *= 2.0 ** min(_DOUBLINGS, max(0, state.churn - _CHURN + 1))
    return min(wait, max(DAY, policy.interval))


def wait_out(failures: int, asked: float | None, interval: float) -> float:
    """After so many failures in a row: the interval, twice as long each time, up to a day; or as long as it is ``asked``."""
    wait = interval * 2.0 ** min(_DOUBLINGS, failures - 1)
    return min(DAY, max(wait, asked or 0.0))


def host_of(url: str) -> str:
    """Whose budget a request counts against."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
