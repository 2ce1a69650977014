"""The direct packages of a unit that have something newer than the lock: how far, how old, and what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import Version

from bot.plan.available import find_newest_admitted
from bot.plan.behind import find_behind
from bot.plan.local.hold import Hold, find_hold
from bot.plan.policy import update_kind
from bot.plan.proposals.repository import Workload
from bot.plan.unit import declarations_by_name
from bot.ports.run import UpdateKind
from bot.resolver.model.index import IndexPort

#: Each costs a solve; beyond this many of a unit only their own requirements are looked at.
HOLD_LIMIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """``in_range``: the newest that the project's own requirements admit, where that is newer than what is locked.

    ``locked_at``, ``newest_at``: when they were uploaded, in microseconds since the epoch. ``turned_off``: why the
    configuration leaves it. ``hold`` ``None``: it was not looked for.
    """

    unit: str
    is_locked: bool
    package: str
    locked: tuple[Version, ...]
    in_range: Version | None
    newest: Version
    kind: UpdateKind
    locked_at: int | None
    newest_at: int | None
    turned_off: str | None
    hold: Hold | None


def find_outdated(workload: Workload, index: IndexPort) -> Iterator[Outdated]:
    """By name; raises ``IndexFailure`` where an index can't be read."""
    trial = workload.trial
    declared = declarations_by_name(row for row in trial.unit.declarations if row.requirement.url is None)
    for looked, one in enumerate(find_behind(trial, index)):
        specifiers = [row.requirement.specifier for row in declared[one.package]]
        admitted = find_newest_admitted(trial.request, index, one.package, one.sources, specifiers, one.newest)
        yield Outdated(
            unit=workload.name,
            is_locked=trial.unit.lock is not None,
            package=one.package,
            locked=one.locked,
            in_range=admitted if admitted is not None and admitted > one.locked[-1] else None,
            newest=one.newest,
            kind=update_kind(one.locked[-1], one.newest),
            locked_at=one.locked_at,
            newest_at=one.newest_at,
            turned_off=next((off.rejected.reason for off in workload.turned_off if off.name == one.package), None),
            hold=find_hold(workload, one.package, one.newest) if looked < HOLD_LIMIT else None,
        )
