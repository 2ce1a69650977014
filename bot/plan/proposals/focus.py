"""A run for one name only: a group, its branch, or a package that is required directly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from bot.plan.candidates import Candidate, TurnedOff
from bot.plan.policy import LOCK_MAINTENANCE, Group, update_kind
from bot.plan.proposals.repository import Workload
from bot.ports.run import UpdateKind
from bot.repoconfig.model import RepoConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """``workloads`` with what is not wanted left out; ``wants`` says which of their groups are."""

    workloads: Sequence[Workload]
    wants: Callable[[Group], bool] = lambda _: True


def find_focus(
    workloads: Sequence[Workload], config: RepoConfig, only: str | None, others: Sequence[Group] = ()
) -> Focus:
    """A group of the name before a package of the name; where there is neither, nothing is wanted. ``others`` are groups
    that no workload has.

    A package's updates get a group, and so a branch, of its own: the branch of the group that it belongs to stays as
    it is.
    """
    if only is None:
        return Focus(workloads=workloads)
    if any(_is_group(group, config, only) for group in (*_groups(workloads), *others)) or _is_maintenance(config, only):
        return Focus(workloads=workloads, wants=lambda group: _is_group(group, config, only))
    name = canonicalize_name(only)
    alone = [_alone(workload, name) for workload in workloads]
    return Focus(workloads=alone, wants=lambda group: group.key in {name, f"major-{name}", f"security-{name}"})


def _groups(workloads: Sequence[Workload]) -> Sequence[Group]:
    movable = [group for one in workloads for candidate in one.candidates for group in candidate.groups]
    return [*movable, *(off.rejected.group for one in workloads for off in one.turned_off)]


def _is_group(group: Group, config: RepoConfig, only: str) -> bool:
    return only.lower() in {group.key, group.name.lower(), f"{config.branch_prefix}{group.key}".lower()} - {
        group.single
    }


def _is_maintenance(config: RepoConfig, only: str) -> bool:
    return only.lower() in {
        LOCK_MAINTENANCE,
        f"{config.branch_prefix}{LOCK_MAINTENANCE}".lower(),
        "lock file maintenance",
    }


def _alone(workload: Workload, name: str) -> Workload:
    return replace(
        workload,
        candidates=tuple(_own_groups(one, name) for one in workload.candidates),
        turned_off=tuple(_own_rejection(one, name) for one in workload.turned_off if one.name == name),
    )


def _own_groups(candidate: Candidate, name: str) -> Candidate:
    if candidate.name != name:
        return candidate
    kinds = {group: update_kind(candidate.current[-1], version) for group, version in candidate.groups.items()}
    groups = {_own(group, name, kinds[group]): version for group, version in candidate.groups.items()}
    return replace(candidate, groups=groups)


def _own_rejection(off: TurnedOff, name: str) -> TurnedOff:
    kind = update_kind(off.current[-1], off.version)
    return replace(off, rejected=replace(off.rejected, group=_own(off.rejected.group, name, kind)))


def _own(group: Group, name: str, kind: UpdateKind) -> Group:
    """A step over the major keeps its kind of branch: it is the same proposal, whoever asks for it."""
    if kind is UpdateKind.MAJOR:
        return replace(group, key=f"major-{name}", name=name, single=name, is_major=False, step=None)
    return replace(group, key=name, name=name, single=None, is_major=False, step=None)
