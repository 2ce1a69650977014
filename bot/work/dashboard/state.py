"""What lasts of a repository beside its pull requests: a hidden block at the end of the dashboard issue. Pure.

The block is one HTML comment with JSON. Anyone who can edit the issue can change it, so it only ever steers what lockbot
proposes, never what it is allowed to do. A block that can't be read is an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.ports.run import BranchName, Width

BLOCK = re.compile(r"<!-- lockbot-dashboard: (\{[^\n]*\}) -->")

#: So many rows of each kind are kept, the newest ones: an issue has an end.
_IGNORED = 200
_OPENED = 100
_PULLS = 100
#: Points of drift: each day for two weeks, before that the last one of each week.
_DAILY = timedelta(days=14)
_POINTS = 66


class _Row(BaseModel):
    """What a later version of lockbot adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ignored(_Row):
    """A package that somebody said to ignore. ``version`` is empty where all of it is meant; ``by`` is a login,
    ``pull_request`` where it was said, None on the dashboard."""

    package: str
    width: Width
    version: str = ""
    by: str = ""
    pull_request: int | None = None


class DriftPoint(_Row):
    """How far a repository was behind on a day: years of releases summed, and direct packages by what they would cross."""

    day: date
    libyears: float = Field(ge=0, allow_inf_nan=False)
    major: int = Field(ge=0)
    minor: int = Field(ge=0)
    patch: int = Field(ge=0)


class KnownPull(_Row):
    """The pull request that a branch had last, and what it was about: while the same is proposed and it is not open,
    somebody closed it. ``updates`` is a digest, ``told`` whether it is told of as open."""

    branch: BranchName
    number: int
    updates: str = ""
    told: bool = False


class DashboardState(_Row):
    """``paused``: the login of who paused the repository. ``opened``: branches that people want opened whatever limit,
    schedule or approval says, until they are. ``title`` is the one that lockbot wrote last, ``closed`` says that lockbot
    itself has closed the issue, for want of content."""

    ignored: tuple[Ignored, ...] = ()
    paused: str | None = None
    opened: tuple[BranchName, ...] = ()
    drift: tuple[DriftPoint, ...] = ()
    pulls: tuple[KnownPull, ...] = ()
    title: str = ""
    closed: bool = False

    @property
    def tells_of_open(self) -> bool:
        """Whether pull requests are told of as open."""
        return any(one.told for one in self.pulls)


# --- as text --------------------------------------------------------------------------------------


def find_state(body: str) -> DashboardState | None:
    """The state that an issue's body holds; None where it holds none."""
    found = BLOCK.search(body)
    if found is None:
        return None
    try:
        return DashboardState.model_validate_json(found[1])
    except ValidationError:
        return DashboardState()


def render_state(state: DashboardState) -> str:
    """The hidden block, one line. A comment may not hold "--", and JSON may say any character by its number."""
    text = state.model_dump_json(exclude_defaults=True)
    return f"<!-- lockbot-dashboard: {text.replace('-', chr(92) + 'u002d')} -->"


# --- what people say ------------------------------------------------------------------------------


def ignore(state: DashboardState, row: Ignored) -> DashboardState:
    """What is ignored once more is ignored as said last, by whom said it first where that is the same."""
    if any((one.package, one.width, one.version) == (row.package, row.width, row.version) for one in state.ignored):
        return state
    kept = [one for one in state.ignored if (one.package, one.width) != (row.package, row.width)]
    return state.model_copy(update={"ignored": (*kept, row)[-_IGNORED:]})


def unignore(state: DashboardState, package: str) -> DashboardState:
    return state.model_copy(update={"ignored": tuple(one for one in state.ignored if one.package != package)})


def pause(state: DashboardState, by: str) -> DashboardState:
    """Who paused it first stays named."""
    return state if state.paused is not None else state.model_copy(update={"paused": by})


def resume(state: DashboardState) -> DashboardState:
    return state.model_copy(update={"paused": None})


def want_opened(state: DashboardState, branches: Iterable[BranchName]) -> DashboardState:
    return state.model_copy(update={"opened": tuple(dict.fromkeys((*state.opened, *branches)))[-_OPENED:]})


def forget_opened(state: DashboardState, branches: Iterable[BranchName]) -> DashboardState:
    """After they were opened, or there is nothing more to open."""
    gone = frozenset(branches)
    return state.model_copy(update={"opened": tuple(one for one in state.opened if one not in gone)})


def know_pulls(state: DashboardState, pulls: Iterable[KnownPull]) -> DashboardState:
    return state.model_copy(update={"pulls": tuple(sorted(pulls, key=lambda one: one.branch))[:_PULLS]})


# --- drift ----------------------------------------------------------------------------------------


def record_drift(state: DashboardState, point: DriftPoint) -> DashboardState:
    """One point a day at most, and none where nothing has changed since the last one."""
    before = tuple(one for one in state.drift if one.day < point.day)
    if before and before[-1].model_copy(update={"day": point.day}) == point:
        return state.model_copy(update={"drift": before})
    return state.model_copy(update={"drift": tuple(_thin((*before, point)))[-_POINTS:]})


def _thin(points: tuple[DriftPoint, ...]) -> Iterator[DriftPoint]:
    recent = points[-1].day - _DAILY
    weeks = {one.day.isocalendar()[:2]: one for one in points if one.day < recent}
    yield from weeks.values()
    yield from (one for one in points if one.day >= recent)
