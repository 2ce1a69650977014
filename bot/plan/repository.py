"""The plan of a whole repository: which groups there are, what each unit contributes, and what is held back by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from packaging.version import Version

from bot.follow.model import Follower
from bot.plan.candidates import Candidate, TurnedOff, find_candidates
from bot.plan.policy import LOCK_MAINTENANCE, Group, maintenance_group
from bot.plan.proposal import Dropped, Finished, finish_group
from bot.plan.search import Drafted, Explained, draft_jointly, draft_maintenance, draft_major, explain_held_back
from bot.plan.trial import Trial, Unanswered
from bot.plan.unit import locked_versions
from bot.ports.run import HeldBack
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort, Tree
from bot.wall import KeepError, to_problem

#: Explanations cost a solve each; beyond this many a unit's others get a general sentence.
EXPLANATION_LIMIT = 30

#: Why a version can't be had, by unit, package and version.
Reasons: TypeAlias = Mapping[tuple[str, str, Version], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``held_back``: what the solver refused; ``turned_off``: what the configuration did.

    ``unanswered``: questions without an answer; then a proposal that is missing proves nothing.
    """

    proposals: tuple[Finished, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    turned_off: tuple[HeldBack, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One unit on its base, with everything in it that could move, and what may not."""

    trial: Trial
    candidates: tuple[Candidate, ...]
    turned_off: tuple[TurnedOff, ...]

    @property
    def name(self) -> str:
        return self.trial.unit.name


def make_workload(trial: Trial, index: IndexPort, config: RepoConfig) -> Workload:
    found = find_candidates(trial.unit, trial.request, trial.current, index, config)
    return Workload(trial=trial, candidates=found.movable, turned_off=found.turned_off)


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
    finished = _distinct(outcome.finished for outcome in outcomes if outcome.finished is not None)
    report("what is held back")
    reasons = {key: reason for outcome in outcomes for key, reason in outcome.reasons.items()}
    placed = _placed(workloads)
    left = [_left(workload, finished, wanted, reasons, placed, keep) for workload in workloads]
    parts: list[_Outcome | _Left] = [*outcomes, *left]
    unanswered = [one for part in parts for one in part.unanswered]
    return Plan(
        proposals=tuple(finished),
        held_back=merged(row for one in left for row in one.held_back),
        turned_off=merged(row for one in left for row in one.turned_off),
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
    """What became of one group."""

    finished: Finished | None
    reasons: Reasons
    unanswered: tuple[Unanswered, ...]


def _groups(workloads: Sequence[Workload], config: RepoConfig) -> Sequence[Group]:
    """Common groups first, then majors by name, lock maintenance last."""
    found: dict[str, Group] = {}
    for group in (group for workload in workloads for one in workload.candidates for group in one.groups):
        known = found.get(group.key)
        labels = dict.fromkeys((*(known.labels if known else ()), *group.labels))
        found[group.key] = replace(group, labels=tuple(labels))
    ordered = sorted(found.values(), key=lambda group: (group.single is not None, group.key))
    has_lock = any(workload.trial.unit.lock_path for workload in workloads)
    return [*ordered, maintenance_group(config)] if has_lock and config.lock_file_maintenance.enabled else ordered


def _outcomes(
    task: _Task, config: RepoConfig, wanted: Callable[[Group], bool], report: Callable[[str], None]
) -> Iterator[_Outcome]:
    for group in filter(wanted, _groups(task.workloads, config)):
        report(group.name)
        try:
            yield _plan_group(task, group, task.workloads)
        except Exception as error:  # noqa: BLE001 - the wall
            yield _plan_without_failing(task, group, error)


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
        return _Outcome(finished=None, reasons={}, unanswered=(*failed, *units))
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
    reasons = {key: reason for workload, one in drafted for key, reason in _reasons(workload, group, one).items()}
    reasons |= {key: drop.reason for drop in dropped for key in _dropped(drop)}
    failed = (
        *(row for _, one in drafted for row in one.unanswered),
        *(row for drop in dropped for row in drop.unanswered),
    )
    return _Outcome(finished=done, reasons=reasons, unanswered=failed)


def _draft(workload: Workload, group: Group) -> Drafted:
    if group.key == LOCK_MAINTENANCE:
        has_lock = workload.trial.unit.lock_path is not None
        return Drafted(draft=draft_maintenance(workload.trial, group) if has_lock else None)
    members = [candidate for candidate in workload.candidates if group in candidate.groups]
    if not members:
        return Drafted()
    if group.single is not None:
        return draft_major(workload.trial, group, members[0], workload.candidates)
    return draft_jointly(workload.trial, group, members)


def _reasons(workload: Workload, group: Group, drafted: Drafted) -> Reasons:
    members = [candidate for candidate in workload.candidates if candidate.name in drafted.reasons]
    return {(workload.name, one.name, one.groups[group]): drafted.reasons[one.name] for one in members}


def _dropped(drop: Dropped) -> Iterator[tuple[str, str, Version]]:
    """What was dropped by name, or a major's own package; others are explained later."""
    name = drop.package or drop.draft.group.single
    for candidate in drop.draft.candidates:
        if candidate.name == name or drop.is_whole:
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
    placed: frozenset[str],
    keep: KeepError,
) -> _Left:
    try:
        held = _held_back(workload, finished, wanted, reasons, placed)
        off = list(_turned_off(workload, finished, wanted))
    except Exception as error:  # noqa: BLE001 - the wall
        return _Left(unanswered=(_failed(error, workload, keep),))
    failed = tuple(answer for one in held for answer in one.unanswered)
    return _Left(held_back=[one.row for one in held], turned_off=off, unanswered=failed)


def _placed(workloads: Sequence[Workload]) -> frozenset[str]:
    """The packages that several units could move: what holds one back is told with its place."""
    counts = Counter(candidate.name for workload in workloads for candidate in workload.candidates)
    return frozenset(name for name, count in counts.items() if count > 1)


def _held_back(
    workload: Workload,
    finished: Sequence[Finished],
    wanted: Callable[[Group], bool],
    reasons: Reasons,
    placed: frozenset[str],
) -> Sequence[_Held]:
    """The candidates whose newest version no proposal reaches, with the reason."""
    reached = _reached(workload, finished)
    rows: list[_Held] = []
    for candidate in (one for one in workload.candidates if one.groups):
        latest = max(candidate.groups.values())
        if not any(wanted(group) for group in candidate.groups) or reached.get(candidate.name, latest) >= latest:
            continue
        known = reasons.get((workload.name, candidate.name, latest))
        told = Explained(reason=known) if known else _explained(workload, candidate, len(rows))
        reason = f"in {workload.name}: {told.reason}" if candidate.name in placed else told.reason
        row = _row(candidate.name, candidate.current, latest, reason)
        rows.append(_Held(row=row, unanswered=told.unanswered))
    return rows


def _turned_off(
    workload: Workload, finished: Sequence[Finished], wanted: Callable[[Group], bool]
) -> Iterator[HeldBack]:
    """What the configuration keeps from being proposed, unless a proposal takes it there all the same."""
    reached = _reached(workload, finished)
    for one in workload.turned_off:
        if wanted(one.rejected.group) and reached.get(one.name, one.current[-1]) < one.version:
            yield _row(one.name, one.current, one.version, one.rejected.reason)


def _row(package: str, current: Iterable[Version], latest: Version, reason: str) -> HeldBack:
    return HeldBack(package=package, current=", ".join(map(str, current)), latest=str(latest), reason=reason)


def _reached(workload: Workload, finished: Sequence[Finished]) -> Mapping[str, Version]:
    """The highest version that any proposal (but lock maintenance, which is no promise) gives each package."""
    locks = [
        result.after
        for proposal in finished
        for result in proposal.results
        if result.unit is workload.trial.unit and proposal.group.key != LOCK_MAINTENANCE
    ]
    tops = [locked_versions(lock) for lock in (workload.trial.base.lock, *locks)]
    names = {name for top in tops for name in top}
    return {name: max(top[name][-1] for top in tops if name in top) for name in names}


def _explained(workload: Workload, candidate: Candidate, already: int) -> Explained:
    if already >= EXPLANATION_LIMIT:
        return Explained(reason="other requirements hold it")
    return explain_held_back(workload.trial, candidate, workload.candidates)
