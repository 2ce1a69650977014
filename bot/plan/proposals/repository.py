"""The plan of a whole repository: which groups there are, what each unit contributes, and what is held back by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from packaging.version import Version

from bot.follow.model import Follower
from bot.plan.candidates import Candidate, TurnedOff
from bot.plan.find_candidates import Look, find_candidates
from bot.plan.policy import LOCK_MAINTENANCE, Group, apart_group, join_groups, maintenance_group
from bot.plan.proposals.draft import Draft, Drafted
from bot.plan.proposals.joint import draft_jointly
from bot.plan.proposals.maintenance import draft_maintenance
from bot.plan.proposals.majors import draft_major
from bot.plan.proposals.proposal import Dropped, Finished, finish_group
from bot.plan.proposals.reasons import Explained, explain_held_back
from bot.plan.trial import Trial, Unanswered
from bot.plan.unit import Unit
from bot.plan.worlds.holdings import Holdings
from bot.ports.run import HeldBack, Problem
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort, Tree
from bot.wall import KeepError, to_problem

#: Explanations cost a solve each; beyond this many a unit's others get a general sentence.
EXPLANATION_LIMIT = 30

_WITH_THE_REST = "it can be had only together with the rest of the lock: lock file maintenance takes it there"

#: Why a version can't be had, by unit, package and version.
Reasons: TypeAlias = Mapping[tuple[str, str, Version], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``held_back``: what the solver refused; ``turned_off``: what the configuration did; ``failures``: whole drafts.

    ``unanswered``: questions without an answer; then a proposal that is missing proves nothing. ``problems``: of what is
    planned beside the units; ``solved``: the names of it.
    """

    proposals: tuple[Finished, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    turned_off: tuple[HeldBack, ...] = ()
    failures: tuple[Failure, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    problems: tuple[Problem, ...] = ()
    solved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A group that could not be made for a unit, for a reason that is no single package's."""

    unit: Unit
    group: Group
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One unit on its base, with everything in it that could move, and what may not."""

    trial: Trial
    candidates: tuple[Candidate, ...]
    turned_off: tuple[TurnedOff, ...]
    withheld: tuple[TurnedOff, ...] = ()

    @property
    def name(self) -> str:
        return self.trial.unit.name


def make_workload(trial: Trial, index: IndexPort, config: RepoConfig) -> Workload:
    found = find_candidates(trial.request, trial.holdings, Look(index, trial.permitted), config, trial.standings)
    return Workload(trial=trial, candidates=found.movable, turned_off=found.turned_off, withheld=found.withheld)


def plan_repository(
    tree: Tree,
    workloads: Sequence[Workload],
    config: RepoConfig,
    *,
    followers: Sequence[Follower] = (),
    keep: KeepError,
    wanted: Callable[[Group], bool] = lambda _: True,
    report: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Solve every group for all units; ``followers`` are written anew with the locks that they follow.

    ``wanted`` leaves groups out, ``report`` hears what is being worked on. A unit at which planning fails is left out of
    the group, or of what is held back, and counts as unanswered there.
    """
    task = _Task(tree=tree, workloads=workloads, followers=followers, keep=keep)
    outcomes = list(_outcomes(task, config, wanted, report))
    finished = _distinct(done for outcome in outcomes for done in outcome.finished if wanted(done.group))
    report("what is held back")
    reasons = {key: reason for outcome in outcomes for key, reason in outcome.reasons.items()}
    placed = _placed(workloads)
    kept = {unit: rows for outcome in outcomes for unit, rows in outcome.kept.items()}
    left = [
        _left(workload, finished, wanted, reasons, kept.get(workload.name, {}), placed, keep) for workload in workloads
    ]
    parts: list[_Outcome | _Left] = [*outcomes, *left]
    unanswered = [one for part in parts for one in part.unanswered]
    return Plan(
        proposals=tuple(finished),
        held_back=merged(row for one in left for row in one.held_back),
        turned_off=merged(row for one in left for row in one.turned_off),
        failures=tuple(one for outcome in outcomes for one in outcome.failures),
        unanswered=tuple(one for workload in workloads for one in unanswered if one.unit == workload.name),
    )


def merged(rows: Iterable[HeldBack]) -> tuple[HeldBack, ...]:
    """Sorted, and one row for the same fact in several units."""
    return tuple(sorted(dict.fromkeys(rows), key=lambda row: (row.package, row.current, row.reason)))


# --- groups ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What all groups are planned over."""

    tree: Tree
    workloads: Sequence[Workload]
    followers: Sequence[Follower]
    keep: KeepError

    @property
    def trials(self) -> Sequence[Trial]:
        return [workload.trial for workload in self.workloads]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of one group. ``kept``: what stays as locked, by unit and package, with the reason."""

    finished: tuple[Finished, ...] = ()
    reasons: Reasons = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()


def _groups(workloads: Sequence[Workload], config: RepoConfig) -> Sequence[Group]:
    """Common groups first, then majors by name, lock maintenance last."""
    found: dict[str, Group] = {}
    for group in (group for workload in workloads for one in workload.candidates for group in one.groups):
        known = found.get(group.key)
        found[group.key] = group if known is None else join_groups(known, group)
    ordered = sorted(found.values(), key=lambda group: (group.single is not None, group.key))
    has_lock = any(workload.trial.unit.is_maintained for workload in workloads)
    refresh = maintenance_group(config) if has_lock else None
    return ordered if refresh is None else [*ordered, refresh]


def _outcomes(
    task: _Task, config: RepoConfig, wanted: Callable[[Group], bool], report: Callable[[str], None]
) -> Iterator[_Outcome]:
    for group in _groups(task.workloads, config):
        if not any(wanted(one) for one in _asked_by(group, task.workloads)):
            continue
        report(group.name)
        try:
            yield _plan_group(task, group, task.workloads)
        except Exception as error:  # noqa: BLE001 - the wall
            yield _plan_without_failing(task, group, error)


def _asked_by(group: Group, workloads: Sequence[Workload]) -> Iterator[Group]:
    """The group, and those that updates of it may get for themselves."""
    yield group
    if group.single is None:
        members = (one for workload in workloads for one in workload.candidates if group in one.groups)
        yield from (apart_group(group, one.name) for one in members)


def _plan_without_failing(task: _Task, group: Group, error: Exception) -> _Outcome:
    """The group without the units at which planning fails by themselves; ``error`` is what ended the first attempt."""
    faults = [(workload, fault) for workload in task.workloads if (fault := _find_fault(task, group, workload))]
    failed = tuple(_failed(fault, workload, task.keep) for workload, fault in faults)
    guilty = {workload.name for workload, _ in faults}
    rest = [workload for workload in task.workloads if workload.name not in guilty]
    try:
        if not guilty:
            raise error
        outcome = _plan_group(task, group, rest)
    except Exception as second:  # noqa: BLE001 - the wall
        problem = to_problem(second, "", task.keep)
        units = (Unanswered(unit=one.name, reason=problem.message, problem=problem) for one in task.workloads)
        return _Outcome(unanswered=(*failed, *units))
    return replace(outcome, unanswered=(*failed, *outcome.unanswered))


def _find_fault(task: _Task, group: Group, workload: Workload) -> Exception | None:
    try:
        _plan_group(task, group, [workload])
    except Exception as error:  # noqa: BLE001 - the wall
        return error
    return None


def _failed(error: Exception, workload: Workload, keep: KeepError) -> Unanswered:
    problem = to_problem(error, workload.name, keep)
    return Unanswered(unit=workload.name, reason=problem.message, problem=problem)


def _plan_group(task: _Task, group: Group, workloads: Sequence[Workload]) -> _Outcome:
    """What ``workloads`` contribute; the locks of all others follow where they hold what is edited."""
    drafted = [(workload, _draft(workload, group)) for workload in workloads]
    drafts = [one.draft for _, one in drafted if one.draft is not None]
    done, dropped = finish_group(task.tree, group, drafts, task.trials, task.followers)
    apart = _plan_apart(task, [draft for _, one in drafted for draft in one.apart])
    reasons = {key: reason for workload, one in drafted for key, reason in _reasons(workload, group, one).items()}
    reasons |= {key: drop.reason for drop in dropped for key in _dropped(drop)}
    failed = (
        *(row for _, one in drafted for row in one.unanswered),
        *(row for drop in dropped for row in drop.unanswered),
    )
    return _Outcome(
        finished=(*([done] if done is not None else []), *apart),
        reasons=reasons,
        kept={workload.name: one.draft.told for workload, one in drafted if one.draft and one.draft.told},
        failures=tuple(_failures(group, drafted, dropped)),
        unanswered=failed,
    )


def _plan_apart(task: _Task, drafts: Sequence[Draft]) -> Sequence[Finished]:
    """What takes something back, each update for all units at once."""
    by_group: dict[Group, list[Draft]] = {}
    for draft in drafts:
        by_group.setdefault(draft.group, []).append(draft)
    outcomes = (finish_group(task.tree, group, rows, task.trials, task.followers) for group, rows in by_group.items())
    return [done for done, _ in outcomes if done is not None]


def _failures(
    group: Group, drafted: Sequence[tuple[Workload, Drafted]], dropped: Sequence[Dropped]
) -> Iterator[Failure]:
    """What is told of no package: lock maintenance that can't be made."""
    for workload, one in drafted:
        if one.failure is not None:
            yield Failure(unit=workload.trial.unit, group=group, reason=one.failure)
    for drop in dropped:
        if drop.draft.everything and drop.package is None and not drop.unanswered:
            yield Failure(unit=drop.draft.trial.unit, group=group, reason=drop.reason)


def _draft(workload: Workload, group: Group) -> Drafted:
    if group.key == LOCK_MAINTENANCE:
        is_maintained = workload.trial.unit.is_maintained
        return draft_maintenance(workload.trial, group, workload.candidates) if is_maintained else Drafted()
    members = [one.within_step(group) for one in workload.candidates if group in one.groups]
    if not members:
        return Drafted()
    if group.single is not None:
        own = {one.name: one for one in members}
        others = [own.get(one.name, one) if group in one.groups else one for one in workload.candidates]
        return draft_major(workload.trial, group, members[0], others)
    return draft_jointly(workload.trial, group, members)


def _reasons(workload: Workload, group: Group, drafted: Drafted) -> Reasons:
    members = [one for one in workload.candidates if one.name in drafted.reasons and group in one.groups]
    return {(workload.name, one.name, one.groups[group]): drafted.reasons[one.name] for one in members}


def _dropped(drop: Dropped) -> Iterator[tuple[str, str, Version]]:
    """What was dropped by name, a major's own package, or all that a group is about."""
    name = drop.package or drop.draft.group.single
    for candidate in drop.draft.candidates:
        if (name in {None, candidate.name} or drop.is_whole) and drop.draft.group in candidate.groups:
            yield drop.draft.trial.unit.name, candidate.name, candidate.groups[drop.draft.group]


def _distinct(finished: Iterable[Finished]) -> Sequence[Finished]:
    """Without those that say what an earlier one does: coupled majors, or maintenance where only direct packages move."""
    kept: list[Finished] = []
    for done in finished:
        is_alone = done.group.single is not None or done.group.key == LOCK_MAINTENANCE
        if not (is_alone and any(other.texts == done.texts for other in kept)):
            kept.append(done)
    return kept


# --- held back ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    row: HeldBack
    unanswered: tuple[Unanswered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What no proposal takes along of one unit."""

    held_back: Sequence[HeldBack] = ()
    turned_off: Sequence[HeldBack] = ()
    unanswered: tuple[Unanswered, ...] = ()


def _left(
    workload: Workload,
    finished: Sequence[Finished],
    wanted: Callable[[Group], bool],
    reasons: Reasons,
    kept: Mapping[str, str],
    placed: frozenset[str],
    keep: KeepError,
) -> _Left:
    try:
        held = _held_back(workload, finished, wanted, reasons, placed)
        still = list(_kept(workload, finished, kept, {one.row.package for one in held}))
        off = list(_turned_off(workload, workload.turned_off, finished, wanted))
        withheld = list(_turned_off(workload, workload.withheld, finished, wanted))
    except Exception as error:  # noqa: BLE001 - the wall
        return _Left(unanswered=(_failed(error, workload, keep),))
    failed = tuple(answer for one in held for answer in one.unanswered)
    rows = [*(one.row for one in held), *still, *withheld]
    return _Left(held_back=rows, turned_off=off, unanswered=failed)


def _placed(workloads: Sequence[Workload]) -> frozenset[str]:
    """The packages that several units could move: what holds one back is told with its place."""
    counts = Counter(name for workload in workloads for name in {candidate.name for candidate in workload.candidates})
    return frozenset(name for name, count in counts.items() if count > 1)


def _held_back(
    workload: Workload,
    finished: Sequence[Finished],
    wanted: Callable[[Group], bool],
    reasons: Reasons,
    placed: frozenset[str],
) -> Sequence[_Held]:
    """The candidates whose newest version no proposal reaches, with the reason."""
    locks, refreshed = _proposed(workload, finished), _given(workload, finished, maintenance=True)
    rows: list[_Held] = []
    for candidate in (one for one in workload.candidates if one.groups):
        latest = max((version for group, version in candidate.groups.items() if wanted(group)), default=None)
        if latest is None or Version(_reached(candidate, locks).public) >= Version(latest.public):
            continue
        if any(candidate.highest_in(lock) >= latest for lock in refreshed):
            rows.append(_Held(row=_row(candidate.name, candidate.current, latest, _WITH_THE_REST), unanswered=()))
            continue
        known = reasons.get((workload.name, candidate.name, latest))
        told = Explained(reason=known) if known else _explained(workload, candidate, latest, _highest(locks), len(rows))
        reason = f"in {workload.name}: {told.reason}" if candidate.name in placed else told.reason
        row = _row(candidate.name, candidate.current, latest, reason)
        rows.append(_Held(row=row, unanswered=told.unanswered))
    return rows


def _kept(
    workload: Workload, finished: Sequence[Finished], kept: Mapping[str, str], told: Collection[str]
) -> Iterator[HeldBack]:
    """What lock maintenance had to leave as locked, where there is something newer or the locked version was taken back,
    and no other proposal gets there."""
    trial = workload.trial
    locks = [one.versions for one in _given(workload, finished, maintenance=False)]
    for name in sorted(set(kept) & set(trial.current) - set(told)):
        current, newest = trial.current[name], trial.newest(name)
        if any(newest in versions.get(name, ()) for versions in locks):
            continue
        if newest > current[-1] or trial.withdrawn({name: current}):
            yield _row(name, current, newest, kept[name])


def _turned_off(
    workload: Workload, rows: Iterable[TurnedOff], finished: Sequence[Finished], wanted: Callable[[Group], bool]
) -> Iterator[HeldBack]:
    """What is kept from being proposed, unless a proposal takes it there all the same."""
    locks = _proposed(workload, finished)
    for one in rows:
        if wanted(one.rejected.group) and not any(one.is_reached_in(lock) for lock in locks):
            until = one.until.timestamp() if one.until is not None else None
            yield replace(_row(one.name, one.current, one.version, one.rejected.reason), until=until)


def _row(package: str, current: Iterable[Version], latest: Version, reason: str) -> HeldBack:
    return HeldBack(package=package, current=", ".join(map(str, current)), latest=str(latest), reason=reason)


def _proposed(workload: Workload, finished: Sequence[Finished]) -> Sequence[Holdings]:
    """What the unit has and what any proposal (but lock maintenance, which is no promise) gives it."""
    return [workload.trial.holdings, *_given(workload, finished, maintenance=False)]


def _given(workload: Workload, finished: Sequence[Finished], *, maintenance: bool) -> Sequence[Holdings]:
    return [
        workload.trial.holdings_of(result.after)
        for proposal in finished
        for result in proposal.results
        if result.unit is workload.trial.unit and (proposal.group.key == LOCK_MAINTENANCE) is maintenance
    ]


def _highest(locks: Sequence[Holdings]) -> Mapping[str, Version]:
    """The highest version of every package."""
    names = {name for lock in locks for name in lock.versions}
    return {name: max(lock.versions[name][-1] for lock in locks if name in lock.versions) for name in names}


def _reached(candidate: Candidate, locks: Sequence[Holdings]) -> Version:
    """The highest version that any proposal gives a package where its requirements are active."""
    return max(candidate.highest_in(lock) for lock in locks)


def _explained(
    workload: Workload, candidate: Candidate, latest: Version, reached: Mapping[str, Version], already: int
) -> Explained:
    if already >= EXPLANATION_LIMIT:
        return Explained(reason="other requirements hold it")
    return explain_held_back(workload.trial, candidate, latest, workload.candidates, reached)
