"""The direct packages of a unit that have something newer than the lock: how far, how old, and what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import Version

from bot.plan.available import find_newest, find_newest_admitted, find_published, request_pages
from bot.plan.local.hold import Hold, find_hold
from bot.plan.loosening import registry_sources
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
    request, current = workload.trial.request, workload.trial.current
    sources = registry_sources(request)
    declared = declarations_by_name(row for row in workload.trial.unit.declarations if row.requirement.url is None)
    names = [name for name in declared if name in sources and name in current]
    request_pages(request, index, {name: sources[name] for name in names})
    looked = 0
    for name in names:
        top = current[name][-1]
        found = find_newest(request, index, name, sources[name], current[name])
        newest = found.overall or found.in_major
        if newest is None:
            continue
        specifiers = [row.requirement.specifier for row in declared[name]]
        admitted = find_newest_admitted(request, index, name, sources[name], specifiers, newest)
        published = find_published(request, index, name, sources[name], top, newest)
        looked += 1
        yield Outdated(
            unit=workload.name,
            is_locked=workload.trial.unit.lock is not None,
            package=name,
            locked=current[name],
            in_range=admitted if admitted is not None and admitted > top else None,
            newest=newest,
            kind=update_kind(top, newest),
            locked_at=published[top].uploaded if top in published else None,
            newest_at=published[newest].uploaded if newest in published else None,
            turned_off=next((one.rejected.reason for one in workload.turned_off if one.name == name), None),
            hold=find_hold(workload, name, newest) if looked <= HOLD_LIMIT else None,
        )
