"""What a run came to, as a dashboard tells it, and what is remembered of it for the next one. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.forge import PullRequest
from bot.ports.run import BranchName, ConfigState, DetectedFile, Problem, Proposal, RunReport, Sha, UpdateKind
from bot.report.dashboard import waits
from bot.report.dashboard.dashboard import describe_width
from bot.report.dashboard.facts import (
    ClosedRow,
    DriftRow,
    Facts,
    IgnoredRow,
    OpenRow,
    WaitingRow,
    list_packages,
)
from bot.report.problems import lacks_permissions
from bot.work.dashboard.state import (
    DashboardState,
    DriftPoint,
    Ignored,
    KnownPull,
    forget_opened,
    know_pulls,
    record_drift,
)
from bot.work.publishing.outcome import Outcome, Published

_DAYS_OF_YEAR = 365.25

#: Why something is not opened that nobody closed.
_WAITING = (Outcome.NOT_OPEN, Outcome.LIMITED, Outcome.UNAPPROVED, Outcome.PAUSED)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """``reports``: the default branch's, whose configuration holds, then those of other base branches. ``pulls``: the App's
    own on these that were open when the run began to publish. ``problems``: of the repository, and of publishing.
    ``broken``: why the present configuration can't be used; ``fallback``'s holds then. ``lacking``: permissions that the
    account has not granted."""

    reports: tuple[RunReport, ...]
    published: tuple[Published, ...] = ()
    pulls: tuple[PullRequest, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: tuple[Problem, ...] = ()
    fallback: Sha | None = None
    lacking: tuple[str, ...] = ()
    today: date
    is_public: bool = True

    @property
    def config(self) -> ConfigState:
        return self.reports[0].config

    @property
    def is_whole(self) -> bool:
        """Whether the run looked at the repository at all, so that what it did not find is not there."""
        return self.config.enabled and not self.config.problems

    @property
    def outcomes(self) -> Mapping[BranchName, Published]:
        return {one.branch: one for one in self.published}

    @property
    def proposals(self) -> Mapping[BranchName, Proposal]:
        return {one.branch: one for report in self.reports for one in report.proposals}

    @property
    def detected(self) -> tuple[DetectedFile, ...]:
        """Files of other branches than the first are told with theirs."""
        first, *others = self.reports
        more = (replace(one, path=f"{report.base_branch}: {one.path}") for report in others for one in report.detected)
        return (*first.detected, *more)


# --- what is told ---------------------------------------------------------------------------------


def tell(findings: Findings, state: DashboardState) -> Facts:
    """``state`` is the one that already knows of the run."""
    own, reports = findings.config.warnings, findings.reports
    return Facts(
        is_public=findings.is_public,
        broken=findings.broken,
        fallback=findings.fallback,
        problems=(*findings.problems, *lacks_permissions(findings.lacking)),
        warnings=_each((*own, *(one for report in reports for one in report.warnings))),
        other_bots=reports[0].other_bots,
        vulnerable=_each(one for report in reports for one in report.security),
        open=tuple(_open_rows(findings)),
        waiting=tuple(_waiting_rows(findings, state)),
        closed=tuple(_closed_rows(findings, state)),
        ignored=tell_ignored(state),
        paused=state.paused,
        held_back=_each(one for report in reports for one in report.held_back),
        left_alone=_each(one for report in reports for one in report.left_alone),
        unread=_each(one for report in reports for one in report.unread),
        detected=findings.detected,
        drift=tuple(_drift_row(one) for one in state.drift),
    )


def _each(rows: Iterable[T]) -> tuple[T, ...]:
    """What several branches have alike is told once."""
    return tuple(dict.fromkeys(rows))


def tell_ignored(state: DashboardState) -> tuple[IgnoredRow, ...]:
    return tuple(_ignored_row(one) for one in state.ignored)


def _ignored_row(one: Ignored) -> IgnoredRow:
    what = describe_width(one.width, one.version)
    return IgnoredRow(package=one.package, what=what, by=one.by, number=one.pull_request)


def _drift_row(one: DriftPoint) -> DriftRow:
    return DriftRow(day=one.day, libyears=one.libyears, major=one.major, minor=one.minor, patch=one.patch)


def _open_rows(findings: Findings) -> Iterator[OpenRow]:
    """In the order in which they are proposed, then those that nothing is proposed for any more."""
    pulls = {one.head_branch: one for one in findings.pulls}
    for branch in dict.fromkeys((*findings.proposals, *sorted(pulls))):
        done, pull = findings.outcomes.get(branch), pulls.get(branch)
        number = pull.number if pull is not None else _number_of_opened(done)
        if number is None or (done is not None and done.outcome is Outcome.RETIRED):
            continue
        title = pull.title if pull is not None else findings.proposals[branch].title
        mover = done.reason or "somebody" if done is not None and done.outcome is Outcome.EDITED else ""
        yield OpenRow(number=number, branch=branch, title=title, mover=mover)


def _number_of_opened(done: Published | None) -> int | None:
    return done.number if done is not None and done.outcome in (Outcome.OPENED, Outcome.REFRESHED) else None


def _waiting_rows(findings: Findings, state: DashboardState) -> Iterator[WaitingRow]:
    for proposal, done in _unopened(findings, *_WAITING):
        if _find_closed(proposal, done, state) is None:
            why = _why(findings.config, proposal, done.outcome)
            yield WaitingRow(branch=proposal.branch, title=proposal.title, why=why)


def _why(config: ConfigState, proposal: Proposal, outcome: Outcome) -> str:
    match outcome:
        case Outcome.LIMITED:
            return waits.limited(config.limits.open, config.limits.hourly)
        case Outcome.UNAPPROVED:
            return waits.UNAPPROVED
        case Outcome.PAUSED:
            return waits.PAUSED
        case _:
            windows = config.schedule if proposal.schedule is None else proposal.schedule
            return waits.opened_at_a_turn(windows, config.timezone)


def _closed_rows(findings: Findings, state: DashboardState) -> Iterator[ClosedRow]:
    for proposal, done in _unopened(findings, *_WAITING, Outcome.SNOOZED):
        number = _find_closed(proposal, done, state)
        if number is not None:
            yield ClosedRow(branch=proposal.branch, title=proposal.title, number=number)


def _unopened(findings: Findings, *outcomes: Outcome) -> Iterator[tuple[Proposal, Published]]:
    for branch, proposal in findings.proposals.items():
        done = findings.outcomes.get(branch)
        if done is not None and done.outcome in outcomes and all(one.head_branch != branch for one in findings.pulls):
            yield proposal, done


def _find_closed(proposal: Proposal, done: Published, state: DashboardState) -> int | None:
    """The number of the pull request that somebody closed. A run that opens nothing does not look back: then what is
    known of the branch counts, while the same is proposed. What waits for room was looked back at."""
    if done.outcome is Outcome.LIMITED:
        return None
    if done.outcome is Outcome.SNOOZED and done.number is not None:
        return done.number
    known = next((one for one in state.pulls if one.branch == proposal.branch), None)
    return known.number if known is not None and known.updates == digest(proposal) else None


# --- what is remembered ---------------------------------------------------------------------------


def remember(state: DashboardState, findings: Findings) -> DashboardState:
    """The state after the run."""
    if not findings.is_whole:
        return state
    opened = [one.branch for one in _open_rows(findings)]
    gone = [] if findings.problems else [one for one in state.opened if one not in findings.proposals]
    state = know_pulls(forget_opened(state, (*opened, *gone)), _known_pulls(findings, state))
    point = measure(findings.detected, findings.today)
    return state if point is None else record_drift(state, point)


def _known_pulls(findings: Findings, state: DashboardState) -> Iterator[KnownPull]:
    """Those that are told of as open, and of other branches those that were, while the same is proposed."""
    rows, proposals = {one.branch: one for one in _open_rows(findings)}, findings.proposals
    for branch, row in rows.items():
        updates = digest(proposals[branch]) if branch in proposals else ""
        yield KnownPull(branch=branch, number=row.number, updates=updates, told=True)
    before = {one.branch: one for one in state.pulls}
    for branch, proposal in proposals.items():
        done, known = findings.outcomes.get(branch), before.get(branch)
        if branch in rows:
            continue
        if done is not None and done.outcome is Outcome.SNOOZED and done.number is not None:
            yield KnownPull(branch=branch, number=done.number, updates=digest(proposal))
        elif known is not None and known.updates == digest(proposal):
            yield known.model_copy(update={"told": False})


def digest(proposal: Proposal) -> str:
    """What a proposal is about: its direct updates; lock maintenance is always about the same."""
    rows = () if proposal.group == LOCK_MAINTENANCE else proposal.updates
    text = "\n".join(sorted({f"{one.package} {one.after}" for one in rows}))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def measure(detected: tuple[DetectedFile, ...], today: date) -> DriftPoint | None:
    """How far everything is behind; None where nothing is locked."""
    packages = list(list_packages(detected))
    if not packages:
        return None
    days = sum(one.days or 0 for one in packages)
    counts = {kind: sum(one.kind is kind for one in packages) for kind in UpdateKind}
    return DriftPoint(
        day=today,
        libyears=round(days / _DAYS_OF_YEAR, 2),
        major=counts[UpdateKind.MAJOR],
        minor=counts[UpdateKind.MINOR],
        patch=counts[UpdateKind.PATCH],
    )
