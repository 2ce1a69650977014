"""What follows a lock (exports, revisions of hooks) and does not say what that says.

A file is looked at where its lock moves with the pull request, and where the pull request changes the file itself: what was
behind before is not this pull request's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.detect.model import Listing
from bot.errors import InputError
from bot.follow.followers import refresh_all
from bot.follow.model import Followed, Follower, LeftAlone, Moment
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.ports.judging import JudgeRequest, StaleFile
from bot.ports.run import FileChange
from bot.report.patch import render_patch


class Standing(Protocol):
    @property
    def path(self) -> str | None: ...

    @property
    def before(self) -> Lock | None: ...

    @property
    def after(self) -> Lock | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    stale: tuple[StaleFile, ...]
    left: tuple[LeftAlone, ...]


def find_stale_files(
    followers: Iterable[Follower], request: JudgeRequest, units: Mapping[str, Standing], tree: Listing
) -> Behind:
    """``units`` by name: the locks as they stand, and as they should be."""
    after = {name: one.after for name, one in units.items() if one.after is not None}
    followed = refresh_touched(followers, request, after, units)
    return Behind(
        stale=tuple(StaleFile(path=path, patch=_patch(path, text, tree)) for path, text in followed.texts.items()),
        left=followed.left,
    )


def refresh_touched(
    followers: Iterable[Follower],
    request: JudgeRequest,
    after: Mapping[str, Lock],
    units: Mapping[str, Standing],
    texts: Mapping[str, str] | None = None,
) -> Followed:
    """What follows the locks, written anew after those of the base; a file that the pull request changes, after none."""
    before = {name: lock for name in after if (lock := _find_earlier(request, units[name])) is not None}
    own, others = list[Follower](), list[Follower]()
    for one in followers:
        (own if request.touched is not None and one.path in request.touched else others).append(one)
    now = Moment(locks=after, texts=texts or {})
    first = refresh_all(others, Moment(locks=before, texts={}), now)
    second = refresh_all(own, Moment(locks={}, texts={}), now)
    return Followed(
        texts={**first.texts, **second.texts},
        rewritten=(*first.rewritten, *second.rewritten),
        left=tuple(dict.fromkeys((*first.left, *second.left))),
    )


def _find_earlier(request: JudgeRequest, unit: Standing) -> Lock | None:
    """The lock on the base: what the pull request does not touch is there as it is here."""
    if unit.path is None or not request.touches(unit.path):
        return unit.before
    text = request.find_base(unit.path)
    try:
        return None if text is None else parse_lock(text, unit.path)
    except InputError:
        return None


def _patch(path: str, text: str, tree: Listing) -> str:
    return render_patch([FileChange(path=path, text=text)], {path: tree.read_text(path)})
