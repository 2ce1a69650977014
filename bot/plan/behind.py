"""How far the direct packages of a unit are behind what their indexes have, whoever or whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from packaging.version import Version

from bot.errors import IndexFailure
from bot.lockfile.model import RegistryRequirement
from bot.plan.available import find_newest, find_published, find_statuses, request_pages
from bot.plan.loosening import registry_sources
from bot.plan.trial import Trial
from bot.plan.unit import declarations_by_name
from bot.resolver.model.index import IndexPort, ProjectStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """``newest``: of all that is newer than what is locked. ``locked_at``, ``newest_at``: when they were uploaded, in
    microseconds since the epoch."""

    package: str
    sources: tuple[RegistryRequirement, ...]
    locked: tuple[Version, ...]
    newest: Version
    locked_at: int | None
    newest_at: int | None

    @property
    def days(self) -> int | None:
        """How long after the locked version the newest one came out."""
        if self.locked_at is None or self.newest_at is None:
            return None
        return max(0, (self.newest_at - self.locked_at) // 86_400_000_000)


def find_behind(trial: Trial, index: IndexPort) -> Iterator[Behind]:
    """By name; of packages from indexes. Raises ``IndexFailure`` where an index can't be read."""
    for name, sources in _request(trial, index).items():
        found = _look(trial, index, name, sources)
        if found is not None:
            yield found


def find_known_behind(trial: Trial, index: IndexPort) -> Iterator[Behind]:
    """The same for a unit that was planned, so that every page is there: but for packages that are ignored, of which
    nothing is known where their index is down."""
    for name, sources in _request(trial, index).items():
        with suppress(IndexFailure):
            found = _look(trial, index, name, sources)
            if found is not None:
                yield found


def find_known_statuses(trial: Trial, index: IndexPort) -> Mapping[str, ProjectStatus]:
    """What is said against the direct packages of a unit that was planned, from the pages of ``find_known_behind``."""
    found: dict[str, ProjectStatus] = {}
    for name, sources in _request(trial, index).items():
        with suppress(IndexFailure):
            found.update((name, one) for one in find_statuses(trial.request, index, name, sources)[:1])
    return found


def _request(trial: Trial, index: IndexPort) -> Mapping[str, tuple[RegistryRequirement, ...]]:
    """The packages that are looked at, with their sources; their pages are hinted at."""
    known = registry_sources(trial.request)
    declared = declarations_by_name(row for row in trial.unit.declarations if row.requirement.url is None)
    sources = {name: known[name] for name in declared if name in known and name in trial.current}
    request_pages(trial.request, index, sources)
    return sources


def _look(trial: Trial, index: IndexPort, name: str, sources: tuple[RegistryRequirement, ...]) -> Behind | None:
    request, locked = trial.request, trial.current[name]
    found = find_newest(request, index, name, sources, locked)
    newest = found.overall or found.in_major
    if newest is None:
        return None
    published = find_published(request, index, name, sources, locked[-1], newest)
    return Behind(
        package=name,
        sources=sources,
        locked=locked,
        newest=newest,
        locked_at=published[locked[-1]].uploaded if locked[-1] in published else None,
        newest_at=published[newest].uploaded if newest in published else None,
    )
