"""The plan of a whole repository: which groups there are, what each unit contributes, and what is held back by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from bot.follow.model import Follower
from bot.plan.candidates import Candidate, find_candidates
from bot.plan.policy import LOCK_MAINTENANCE, Group, maintenance_group
from bot.plan.proposal import Dropped, Finished, finish_group
from bot.plan.search import Blocked, Draft, draft_jointly, draft_maintenance, draft_major, explain_held_back
from bot.plan.trial import Bench
from bot.plan.unit import locked_versions
from bot.ports.run import HeldBack
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort, Tree

#: Explanations cost a solve each; beyond this many a unit's others get a general sentence.
EXPLANATION_LIMIT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    proposals: tuple[Finished, ...]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One unit on its base, with everything in it that could move; ``blocked`` says why a version can't be had."""

    bench: Bench
    candidates: tuple[Candidate, ...]
    blocked: dict[tuple[str, Version], str] = field(default_factory=dict)


def make_workload(bench: Bench, index: IndexPort, config: RepoConfig) -> Workload:
    found = find_candidates(bench.unit, bench.request, bench.current, index, config)
    return Workload(bench=bench, candidates=found)


def plan_repository(
    tree: Tree,
    workloads: Sequence[Workload],
    config: RepoConfig,
    *,
    followers: Sequence[Follower] = (),
    wanted: Callable[[Group], bool] = lambda _: True,
    report: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Solve every group for all units; ``followers`` are written anew with the locks that they follow.

    ``wanted`` leaves groups out, ``report`` hears what is being worked on.
    """
    benches = [workload.bench for workload in workloads]
    finished: list[Finished] = []
    for group in _groups(workloads, config):
        if not wanted(group):
            continue
        report(group.name)
        drafts = [draft for workload in workloads for draft in _drafts(workload, group)]
        done, dropped = finish_group(tree, group, drafts, benches, followers)
        for drop in dropped:
            _note(workloads, drop)
        if done is not None and not _repeats(done, finished):
            finished.append(done)
    report("what is held back")
    held = [row for workload in workloads for row in _held_back(workload, finished, wanted, _placed(workloads))]
    return Plan(proposals=tuple(finished), held_back=_merged(held))


def _groups(workloads: Sequence[Workload], config: RepoConfig) -> Sequence[Group]:
    """Common groups first, then majors by name, lock maintenance last."""
    found: dict[str, Group] = {}
    for group in (group for workload in workloads for one in workload.candidates for group in one.groups):
        known = found.get(group.key)
        labels = dict.fromkeys((*(known.labels if known else ()), *group.labels))
        found[group.key] = replace(group, labels=tuple(labels))
    ordered = sorted(found.values(), key=lambda group: (group.single is not None, group.key))
    has_lock = any(workload.bench.unit.lock_path for workload in workloads)
    return [*ordered, maintenance_group(config)] if has_lock and config.lock_file_maintenance.enabled else ordered


def _drafts(workload: Workload, group: Group) -> Iterable[Draft]:
    if group.key == LOCK_MAINTENANCE:
        if workload.bench.unit.lock_path is not None:
            yield draft_maintenance(workload.bench, group)
        return
    members = [candidate for candidate in workload.candidates if group in candidate.groups]
    if not members:
        return
    if group.single is not None:
        outcome = draft_major(workload.bench, group, members[0], workload.candidates)
        if isinstance(outcome, Blocked):
            workload.blocked[outcome.candidate.name, outcome.candidate.groups[group]] = outcome.reason
        else:
            yield outcome
        return
    joint, reasons = draft_jointly(workload.bench, group, members)
    workload.blocked.update(
        {(one.name, one.groups[group]): reasons[one.name] for one in members if one.name in reasons}
    )
    if joint is not None:
        yield joint


# --- held back ------------------------------------------------------------------------------------


def _note(workloads: Sequence[Workload], drop: Dropped) -> None:
    """Remember the reason for what was dropped by name, or as a major's own package; others are explained later."""
    name = drop.package or drop.draft.group.single
    for candidate in drop.draft.candidates:
        for workload in workloads:
            if candidate.name == name and workload.bench is drop.draft.bench:
                workload.blocked[name, candidate.groups[drop.draft.group]] = drop.reason


def _repeats(done: Finished, earlier: Iterable[Finished]) -> bool:
    """Whether another proposal says the same: coupled majors, or lock maintenance where only direct packages move."""
    is_alone = done.group.single is not None or done.group.key == LOCK_MAINTENANCE
    return is_alone and any(other.texts == done.texts for other in earlier)


def _placed(workloads: Sequence[Workload]) -> frozenset[str]:
    """The packages that several units could move: what holds one back is told with its place."""
    counts = Counter(candidate.name for workload in workloads for candidate in workload.candidates)
    return frozenset(name for name, count in counts.items() if count > 1)


def _held_back(
    workload: Workload, finished: Sequence[Finished], wanted: Callable[[Group], bool], placed: frozenset[str]
) -> list[HeldBack]:
    """The candidates whose newest version no proposal reaches, with the reason."""
    reached = _reached(workload, finished)
    rows: list[HeldBack] = []
    for candidate in (one for one in workload.candidates if one.groups):
        latest = max(candidate.groups.values())
        if not any(wanted(group) for group in candidate.groups) or reached.get(candidate.name, latest) >= latest:
            continue
        reason = workload.blocked.get((candidate.name, latest)) or _explanation(workload, candidate, len(rows))
        if candidate.name in placed:
            reason = f"in {workload.bench.unit.name}: {reason}"
        current = ", ".join(map(str, candidate.current))
        rows.append(HeldBack(package=candidate.name, current=current, latest=str(latest), reason=reason))
    return rows


def _reached(workload: Workload, finished: Sequence[Finished]) -> Mapping[str, Version]:
    """The highest version that any proposal (but lock maintenance, which is no promise) gives a candidate."""
    locks = [
        result.after
        for proposal in finished
        for result in proposal.results
        if result.unit is workload.bench.unit and proposal.group.key != LOCK_MAINTENANCE
    ]
    tops = [locked_versions(lock) for lock in (workload.bench.base.lock, *locks)]
    names = [candidate.name for candidate in workload.candidates]
    return {name: max(top[name][-1] for top in tops if name in top) for name in names}


def _explanation(workload: Workload, candidate: Candidate, already: int) -> str:
    if already >= EXPLANATION_LIMIT:
        return "other requirements hold it"
    return explain_held_back(workload.bench, candidate, workload.candidates)


def _merged(rows: Iterable[HeldBack]) -> tuple[HeldBack, ...]:
    """One row for the same fact in several units."""
    return tuple(sorted(dict.fromkeys(rows), key=lambda row: (row.package, row.current, row.reason)))
