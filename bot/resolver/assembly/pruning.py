"""What a lock leaves out of the settings under uv's experiments ``resolution-inputs`` and
``missing-exclude-newer-package-lock``: what nothing that was locked, or looked at, could have met."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lockfile.model import (
    Exclude,
    Lock,
    Override,
    Requirement,
    ScopedExclude,
    ScopedOverride,
)
from bot.resolver.model.lookups import Lookups
from bot.resolver.model.omission import can_omit
from bot.values import replace


def without_idle_cutoffs(lock: Lock, looked_up: Iterable[str] = ()) -> Lock:
    """Without cut-offs of packages that are neither locked nor looked up."""
    names = {package.name for package in lock.packages}.union(looked_up)
    cutoffs = {name: cutoff for name, cutoff in lock.options.exclude_newer_package.items() if name in names}
    return replace(lock, options=replace(lock.options, exclude_newer_package=cutoffs))


def without_idle_settings(lock: Lock, lookups: Lookups) -> Lock:
    """Without the constraints that every locked version obeys, and settings of what was neither locked nor looked up."""
    manifest = lock.manifest
    known = _Known(lock, lookups, manifest.overrides)
    kept = replace(
        manifest,
        constraints=tuple(one for one in manifest.constraints if known.constrains(one) and not can_omit(one, lock)),
        overrides=tuple(one for one in manifest.overrides if known.overrides(one)),
        excludes=tuple(one for one in manifest.excludes if known.excludes(one)),
        dependency_metadata=tuple(
            one for one in manifest.dependency_metadata if one.name in known.packages or one.name in lookups.chosen
        ),
    )
    return without_idle_cutoffs(replace(lock, manifest=kept), lookups.chosen)


class _Known:
    """The names that count for each kind of setting."""

    def __init__(self, lock: Lock, lookups: Lookups, overrides: Iterable[Override]) -> None:
        self.packages = {package.name for package in lock.packages}
        self._lookups = lookups
        # Overrides of one package's dependencies change what is chosen everywhere: all that is said of it stays.
        self._scopes = {
            one.scope.package
            for one in overrides
            if isinstance(one, ScopedOverride) and any(row.name in lookups.chosen for row in one.dependencies)
        }

    def constrains(self, one: Requirement) -> bool:
        return one.name in self.packages or one.name in self._lookups.constraints or one.name in self._lookups.chosen

    def overrides(self, one: Override) -> bool:
        if isinstance(one, ScopedOverride):
            return one.scope.package in self.packages | self._lookups.scoped_overrides | self._scopes
        return one.name in self.packages | self._lookups.overrides | self._lookups.chosen

    def excludes(self, one: Exclude) -> bool:
        if isinstance(one, ScopedExclude):
            return one.scope.package in self.packages | self._lookups.scoped_excludes | self._scopes
        return one in self.packages | self._lookups.excludes | self._lookups.chosen
