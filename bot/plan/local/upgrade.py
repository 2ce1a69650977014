"""Packages moved as far as asked, in all units at once: the requirements that have to follow, and the locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.follow.model import Follower
from bot.lockfile.model import Lock
from bot.plan.available import Newest, find_newest
from bot.plan.candidates import Candidate
from bot.plan.local.hold import find_hold
from bot.plan.policy import Group, update_kind
from bot.plan.proposals.draft import Drafted
from bot.plan.proposals.joint import draft_jointly
from bot.plan.proposals.majors import draft_major
from bot.plan.proposals.proposal import Finished, finish_group
from bot.plan.proposals.repository import Workload
from bot.plan.trial import Unanswered
from bot.plan.worlds.holdings import Holdings
from bot.ports.run import HeldBack, UpdateKind
from bot.resolver.model.index import IndexPort, Tree

_GROUP = Group(key="upgrade", name="upgrade")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """``names`` (as locks have them): these packages, direct or not; none: every direct one. ``major``: over majors too."""

    names: AbstractSet[str] = frozenset()
    major: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """``finished`` ``None``: nothing moves. ``held_back``: what stays below the newest version, and why.

    ``unknown``: names that no unit has.
    """

    finished: Finished | None
    held_back: tuple[HeldBack, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    unknown: tuple[str, ...] = ()


def plan_upgrade(
    tree: Tree, workloads: Sequence[Workload], wish: Wish, index: IndexPort, followers: Sequence[Follower] = ()
) -> Upgraded:
    """Solve it; raises ``IndexFailure`` where an index can't be read."""
    unknown = tuple(sorted(name for name in wish.names if not any(name in one.trial.current for one in workloads)))
    members = {one.name: list(_members(one, wish, index)) for one in workloads}
    drafted = [(one, _draft(one, members[one.name], wish)) for one in workloads if members[one.name]]
    drafts = [one.draft for _, one in drafted if one.draft is not None]
    trials = [one.trial for one in workloads]
    group = drafts[0].group if drafts else _GROUP
    finished, dropped = finish_group(tree, group, drafts, trials, followers)
    told = {drop.package or drop.draft.group.single or "": drop.reason for drop in dropped}
    reasons = {one.name: {**draft.reasons, **told} for one, draft in drafted}
    held = [
        row if len(workloads) == 1 else replace(row, reason=f"in {one.name}: {row.reason}")
        for one in workloads
        for row in _held_back(one, wish, finished, reasons.get(one.name, {}), index)
    ]
    return Upgraded(
        finished=finished,
        held_back=tuple(held),
        unanswered=(
            *(row for _, one in drafted for row in one.unanswered),
            *(row for drop in dropped for row in drop.unanswered),
        ),
        unknown=unknown,
    )


def _draft(workload: Workload, members: Sequence[Candidate], wish: Wish) -> Drafted:
    """One package over its major may take others along; several move as far as they can together."""
    if len(members) == 1 and wish.names and _crosses(members[0]):
        (one,) = members
        (target,) = one.groups.values()
        group = replace(_GROUP, single=one.name)
        return draft_major(workload.trial, group, replace(one, groups={group: target}), workload.candidates)
    return draft_jointly(workload.trial, _GROUP, members)


def _crosses(candidate: Candidate) -> bool:
    return any(update_kind(candidate.current[-1], one) is UpdateKind.MAJOR for one in candidate.groups.values())


# --- what may move --------------------------------------------------------------------------------


def _members(workload: Workload, wish: Wish, index: IndexPort) -> Iterator[Candidate]:
    for candidate in _asked_for(workload, wish, index):
        target = _target(candidate.newest, wish)
        if target is not None:
            yield replace(candidate, groups={_GROUP: target})


def _asked_for(workload: Workload, wish: Wish, index: IndexPort) -> Iterator[Candidate]:
    """By name; a package has a candidate for each world that its requirements are in."""
    for name in sorted(wish.names or {one.name for one in workload.candidates}):
        direct = [one for one in workload.candidates if one.name == name]
        indirect = None if direct else _indirect(workload, name, index)
        yield from direct or ([indirect] if indirect is not None else [])


def _target(newest: Newest, wish: Wish) -> Version | None:
    return (newest.overall or newest.in_major) if wish.major else newest.in_major


def _indirect(workload: Workload, name: str, index: IndexPort) -> Candidate | None:
    """A package of the lock that nothing here requires directly: it moves without any edit."""
    current = workload.trial.current.get(name)
    if current is None or any(row.name == name for row in workload.turned_off) or _is_direct(workload, name):
        return None
    newest = find_newest(workload.trial.request, index, name, (), current)
    return Candidate(
        name=name, rows=(), current=current, locked=current, newest=newest, series=SpecifierSet(), groups={}
    )


def _is_direct(workload: Workload, name: str) -> bool:
    return name in workload.trial.direct


# --- what stays -----------------------------------------------------------------------------------


def _held_back(
    workload: Workload, wish: Wish, finished: Finished | None, reasons: Mapping[str, str], index: IndexPort
) -> Iterator[HeldBack]:
    reached = workload.trial.holdings_of(_lock_after(workload, finished))
    for candidate in _asked_for(workload, wish, index):
        top = _top(candidate, reached)
        newest = candidate.newest.overall or candidate.newest.in_major
        if newest is not None and top < newest:
            reason = _reason(workload, candidate, wish, newest, reasons)
            yield HeldBack(package=candidate.name, current=str(top), latest=str(newest), reason=reason)
    for off in workload.turned_off:
        if not wish.names or off.name in wish.names:
            current = ", ".join(map(str, off.current))
            yield HeldBack(package=off.name, current=current, latest=str(off.version), reason=off.rejected.reason)


def _lock_after(workload: Workload, finished: Finished | None) -> Lock:
    results = () if finished is None else finished.results
    return next((one.after for one in results if one.unit is workload.trial.unit), workload.trial.base.lock)


def _top(candidate: Candidate, reached: Holdings) -> Version:
    """The highest version where its requirements are active; of an indirect package the highest of all."""
    if not candidate.rows:
        return reached.versions.get(candidate.name, candidate.current)[-1]
    return candidate.highest_in(reached)


def _reason(workload: Workload, candidate: Candidate, wish: Wish, newest: Version, reasons: Mapping[str, str]) -> str:
    if candidate.newest.overall is not None and not wish.major:
        return "it is a major step, which --major allows"
    known = reasons.get(candidate.name)
    if known is not None:
        return known
    hold = find_hold(workload, candidate.name, newest)
    return hold.by or "it can be had, but not together with the others"
