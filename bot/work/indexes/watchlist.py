"""What of a repository's pages is watched: not more than a repository may ask of a server that others share. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.limits import URL_LENGTH
from bot.ports.indexes import Depended
from bot.ports.run import ConfigState
from bot.work.indexes.cadence import WatchPolicy, host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPage:
    """``rights``: those that only some repositories have to the page, by their name."""

    depended: Depended
    rights: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """What a run left to be watched. ``windows``: when ordinary updates may be opened, as entries of a schedule; none: always.
    ``left_out``: so many pages are beyond what one repository may have watched."""

    pages: tuple[WatchedPage, ...] = ()
    windows: tuple[str, ...] = ()
    left_out: int = 0


def make_watchlist(
    depended: Iterable[Depended], config: ConfigState, policy: WatchPolicy, find_rights: Callable[[Depended], str]
) -> Watchlist:
    """Indexes that have a feed cost next to nothing, and a repository's hosts count in the order of their names."""
    if not config.enabled:
        return Watchlist()
    every = sorted(
        filter(_is_kept, depended),
        key=lambda one: (one.index not in policy.feeds, not one.is_urgent, one.index, one.package),
    )
    places: set[str] = set()
    kept: list[WatchedPage] = []
    for one in every:
        host = host_of(one.index)
        may_come = one.index in policy.feeds or host in places or len(places) < policy.places
        if host and may_come and len(kept) < policy.watched:
            places |= set() if one.index in policy.feeds else {host}
            kept.append(WatchedPage(depended=one, rights=find_rights(one)))
    left_out = len(every) - len(kept)
    windows = (*config.schedule, *config.own_schedules) if config.schedule else ()
    return Watchlist(pages=tuple(kept), windows=windows, left_out=left_out)


def _is_kept(one: Depended) -> bool:
    """What no index in use is called a database need not be able to keep."""
    texts = (one.index, one.package)
    return all(text.isprintable() and len(text.encode("utf-8", "replace")) <= URL_LENGTH for text in texts)
