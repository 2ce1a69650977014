"""What there is to work on, and what could move there: by the present configuration, or by the last valid one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from bot.events.jobs import Scope
from bot.plan.declined import is_mixed
from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.advisories import Alert
from bot.ports.forge import AlertState, Forge, PullRequestState
from bot.ports.run import (
    BranchName,
    ConfigState,
    ConfigText,
    Declined,
    Ignoring,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    Sha,
)
from bot.repoconfig.load import CONFIG_PATHS
from bot.repoconfig.schedule import WEEKLY
from bot.report.commands import ignored_by
from bot.report.problems import lasting_ignorance
from bot.work.account import AccountPresets, Memory, may_write_workflows, read_subjects
from bot.work.dashboard.state import DashboardState, Ignored
from bot.work.job import JobPorts
from bot.work.looking import OpenBranch, read_state
from bot.work.publishing.body_block import find_block
from bot.work.publishing.closed import ClosedBefore, look_back
from bot.work.publishing.target import Target

_PATIENCE = timedelta(hours=1)

#: How far back to look for the last configuration that was valid.
_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedRepository:
    """``broken`` are the problems of the present configuration, when ``fallback``'s was used or nothing was done.

    ``scope`` is what may be done, by the repository's schedule too. ``closed`` says for each proposal that may be opened
    what was closed before.
    """

    report: RunReport
    scope: Scope
    broken: tuple[Problem, ...] = ()
    fallback: Sha | None = None
    closed: Mapping[BranchName, ClosedBefore] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Branches that may be opened though the run itself opens nothing: ``reopening`` at any time (``is_free``: all),
    ``waiting`` within their schedule."""

    reopening: frozenset[BranchName] = frozenset()
    waiting: frozenset[BranchName] = frozenset()
    is_free: bool = False


NOTHING_MORE = Opening()


def solve(
    ports: JobPorts,
    target: Target,
    scope: Scope,
    opening: Opening = NOTHING_MORE,
    *,
    said: DashboardState | None = None,
    config: ConfigText | None = None,
    names_base: bool = False,
    suggest: bool = False,
    branches: Sequence[OpenBranch] | None = None,
) -> SolvedRepository:
    """``said``: what people said on the dashboard; None: it is looked up. ``branches``: those of the App's open pull
    requests, on any base; None: they are looked up. ``config``: that of the default branch, where
    another one is solved; ``names_base`` and ``suggest`` as in ``RunRequest``: what nothing follows from yet is not compared
    with what was closed."""
    with ports.cloner.clone(target.forge.get_clone_source(), target.base) as root:
        request = _make_request(ports, target, root, said)
        request = replace(request, config=config, names_base=names_base, suggest=suggest)
        report = ports.run_repository(request)
        report = _tell_lasting(ports.memory, target, request.now, report)
        solved = SolvedRepository(report=report, scope=scope)
        if report.suggestion is not None:
            return solved
        if report.config.problems and config is None:
            solved, request = _solve_with_earlier(ports, target.forge, request, solved)
        solved = replace(solved, scope=_obey_schedule(ports, scope, solved.report.config))
        gate = _Gate(ports=ports, asked=scope, scope=solved.scope, config=solved.report.config, opening=opening)
        known = _list_open(target) if branches is None else branches
        return _heed_closed(ports, target, request, solved, gate, known)


def solve_other(
    ports: JobPorts,
    default: Target,
    base: Target,
    first: SolvedRepository,
    scope: Scope,
    opening: Opening = NOTHING_MORE,
    said: DashboardState | None = None,
    branches: Sequence[OpenBranch] | None = None,
) -> SolvedRepository:
    """``base`` by the configuration that the ``default`` branch was solved by, when that was ``first``."""
    path = first.report.config.path
    text = path and default.forge.find_file(path, first.fallback or default.base)
    config = ConfigText(path=path or CONFIG_PATHS[0], text=text or "{}")
    return solve(ports, base, scope, opening, said=said, config=config, names_base=True, branches=branches)


def explain(ports: JobPorts, target: Target, packages: Sequence[str]) -> RunReport:
    """Why packages are where they are; nothing is planned."""
    with ports.cloner.clone(target.forge.get_clone_source(), target.base) as root:
        request = replace(_make_request(ports, target, root, None), explain=tuple(packages))
        report = ports.run_repository(request)
        if report.config.problems:
            solved = SolvedRepository(report=report, scope=Scope.OPEN)
            return _solve_with_earlier(ports, target.forge, request, solved)[0].report
        return report


def _make_request(ports: JobPorts, target: Target, root: Path, said: DashboardState | None) -> RunRequest:
    now, memory = ports.clock.now(), ports.memory
    state = read_state(ports, target.forge) if said is None else said
    return RunRequest(
        root=root,
        base=target.base,
        base_branch=target.base_branch,
        now=now,
        repository=target.forge.ref.full_name,
        ignored=tuple(map(_as_ignoring, state.ignored)),
        presets=AccountPresets(app=ports.app, ref=target.forge.ref, memory=memory, now=now),
        subjects=lambda: read_subjects(target.forge, target.base, memory, now),
        may_write_workflows=may_write_workflows(target.forge, memory, now),
        alerts=cache(partial(read_alerts, target.forge)),
        is_public=target.is_public,
        read_token=lambda: target.forge.get_clone_source().password,
        changed=ports.list_changed(target.forge.ref.id),
    )


def _as_ignoring(one: Ignored) -> Ignoring:
    reason = ignored_by(one.by, one.pull_request)
    return Ignoring(package=one.package, width=one.width, version=one.version, reason=reason)


def _tell_lasting(memory: Memory, target: Target, now: datetime, report: RunReport) -> RunReport:
    """That a service is down is nobody's concern for a while."""
    since = memory.find_lasting(target.forge.ref.id, now, is_unsure=report.unsure is not None)
    if since is None:
        return report
    warning = lasting_ignorance(report.unsure or "", since)
    return replace(report, warnings=(*report.warnings, warning))


def read_alerts(forge: Forge) -> Sequence[Alert] | None:
    """Those that are open, and those that somebody dismissed; ``None``: the App may not read them."""
    found = forge.list_alerts()
    if found is None:
        return None
    return [
        Alert(
            package=one.package,
            advisory=one.advisory,
            range=one.vulnerable,
            fixed=one.patched,
            severity=one.severity,
            summary=one.summary,
            is_dismissed=one.state is AlertState.DISMISSED,
        )
        for one in found
        if one.state is not AlertState.FIXED
    ]


def solve_with(ports: JobPorts, target: Target, config: ConfigText) -> RunReport:
    """What would be proposed with another configuration."""
    with ports.cloner.clone(target.forge.get_clone_source(), target.base) as root:
        return ports.run_repository(replace(_make_request(ports, target, root, None), config=config))


def _obey_schedule(ports: JobPorts, scope: Scope, config: ConfigState) -> Scope:
    """A turn lies in the schedule by itself, however long it had to wait."""
    if scope is not Scope.ALL or ports.is_open(config.schedule, config.timezone, ports.clock.now()):
        return scope
    return Scope.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    """What of a run may be opened: ``scope`` is what the general schedule leaves of what was ``asked``."""

    ports: JobPorts
    asked: Scope
    scope: Scope
    config: ConfigState
    opening: Opening

    def lets(self, proposal: Proposal) -> bool:
        if proposal.is_security:
            return proposal.schedule is None or self._is_open(proposal.schedule)
        if self.opening.is_free or proposal.branch in self.opening.reopening:
            return True
        if self.asked in (Scope.OPEN, Scope.SECURITY):
            own = self.config.schedule if proposal.schedule is None else proposal.schedule
            return proposal.branch in self.opening.waiting and self._is_open(own)
        if proposal.schedule is not None:
            return self._is_open(proposal.schedule)
        if self.asked is Scope.TURN and self.config.own_schedules:
            return self._is_open(self.config.schedule or WEEKLY)
        return self.scope is not Scope.OPEN

    def _is_open(self, entries: tuple[str, ...]) -> bool:
        """A turn that had to wait for an hour is in time all the same."""
        now = self.ports.clock.now()
        moments = (now, now - _PATIENCE) if self.asked is Scope.TURN else (now,)
        return any(self.ports.is_open(entries, self.config.timezone, one) for one in moments)


def _solve_with_earlier(
    ports: JobPorts, forge: Forge, request: RunRequest, solved: SolvedRepository
) -> tuple[SolvedRepository, RunRequest]:
    """The last valid configuration stays in force; where there never was one, nothing is proposed."""
    config = solved.report.config
    broken, path = config.problems, config.path or ".lockbot.json"
    for commit in forge.list_file_history(path, request.base, limit=_HISTORY):
        text = forge.find_file(path, commit)
        if text is None:
            continue
        earlier = replace(request, config=ConfigText(path=path, text=text))
        again = ports.run_repository(earlier)
        if not again.config.problems:
            return replace(solved, report=again, broken=broken, fallback=commit), earlier
    return replace(solved, broken=broken), request


# --- what people closed ---------------------------------------------------------------------------


def _heed_closed(
    ports: JobPorts,
    target: Target,
    request: RunRequest,
    solved: SolvedRepository,
    gate: _Gate,
    branches: Sequence[OpenBranch],
) -> SolvedRepository:
    """Look back at what was closed, and solve groups again without what people declined in them."""
    left_out = {one.branch: one.left_out for one in branches if one.base == target.base_branch}
    proposals: list[Proposal] = []
    closed: dict[BranchName, ClosedBefore] = {}
    for proposal in solved.report.proposals:
        declined = left_out.get(proposal.branch, ())
        if proposal.branch not in left_out and gate.lets(proposal):
            closed[proposal.branch] = look_back(target, proposal)
            declined = closed[proposal.branch].declined
        proposals += _leave_out(ports, request, proposal, declined)
    return replace(solved, report=replace(solved.report, proposals=tuple(proposals)), closed=closed)


def _list_open(target: Target) -> Sequence[OpenBranch]:
    pulls = [one for one in target.forge.list_pull_requests(PullRequestState.OPEN) if target.owns(one)]
    blocks = [(one, find_block(one.body)) for one in pulls]
    return [
        OpenBranch(branch=one.head_branch, base=one.base_branch, left_out=block.left_out if block else ())
        for one, block in blocks
    ]


def _leave_out(
    ports: JobPorts, request: RunRequest, proposal: Proposal, declined: tuple[Declined, ...]
) -> tuple[Proposal, ...]:
    if proposal.group == LOCK_MAINTENANCE or not is_mixed(proposal, declined):
        return (proposal,)
    again = ports.run_repository(replace(request, only=proposal.branch, declined=declined))
    return tuple(one for one in again.proposals if one.branch == proposal.branch)
