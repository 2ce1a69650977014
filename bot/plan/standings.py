"""What rules may ask of a unit's packages: what its lock holds of each, since when that is out, and what may be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from packaging.version import Version

from bot.lockfile.model import Lock
from bot.plan.ignored import find_said, said_rules
from bot.plan.index.permitted import Permit
from bot.plan.policy import Standing, choose, update_kind
from bot.plan.unit import Unit, declarations_by_name
from bot.plan.worlds.holdings import LockedVersions, locked_versions, name_of
from bot.ports.run import UpdateKind
from bot.repoconfig.matching import Choice, manager_of
from bot.repoconfig.model import RepoConfig

_KINDS = (UpdateKind.PATCH, UpdateKind.MINOR, UpdateKind.MAJOR, None)


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Of one unit, at one moment; ``lock`` None: nothing is locked, and what requirements pin stands for it."""

    unit: Unit
    lock: Lock | None
    now: datetime
    _known: dict[str, Standing] = field(default_factory=dict, repr=False, compare=False)

    def of(self, name: str) -> Standing:
        """What rules are asked with; unknown is what the lock does not hold, or does not say."""
        if not self._known:
            self._known.update(self._all())
        return self._known.get(name, Standing(manager=manager_of(self.unit.path)))

    def _all(self) -> Mapping[str, Standing]:
        versions = locked_versions(self.lock) if self.lock is not None else find_pins(self.unit)
        uploads = _first_uploads(self.lock) if self.lock is not None else {}
        return {
            name: Standing(
                current=found[-1],
                age=self.now - uploads[name, found[-1]] if (name, found[-1]) in uploads else None,
                manager=manager_of(self.unit.path),
            )
            for name, found in versions.items()
        }


def find_pins(unit: Unit) -> LockedVersions:
    """The versions that requirements of a unit name exactly, ascending: somebody chose them."""
    found: dict[str, set[Version]] = {}
    for row in unit.declarations:
        parts = [one for one in row.requirement.specifier if one.operator == "==" and not one.version.endswith(".*")]
        found.setdefault(name_of(row), set()).update(Version(one.version) for one in parts)
    return {name: tuple(sorted(versions)) for name, versions in found.items() if versions}


def _first_uploads(lock: Lock) -> Mapping[tuple[str, Version], datetime]:
    found: dict[tuple[str, Version], datetime] = {}
    for package in lock.packages:
        files = (package.sdist, *package.wheels)
        times = [datetime.fromisoformat(file.upload_time) for file in files if file is not None and file.upload_time]
        if times and package.version is not None:
            found[package.name, package.version] = min(times)
    return found


@dataclass(frozen=True, kw_only=True)
class Permits:
    """What may be taken of each package of a unit, by the step that it would be; implements the port's ``Permits``."""

    config: RepoConfig
    standings: Standings
    _known: dict[str, Mapping[UpdateKind | None, Permit]] = field(default_factory=dict, repr=False, compare=False)

    def limits(self, name: str) -> bool:
        return any(one != Permit() for one in self._all(name).values()) or any(said_rules(self.config, name))

    def of(self, name: str, version: Version) -> Permit:
        current = self.standings.of(name).current
        permit = self._all(name)[None if current is None else update_kind(current, version)]
        said = find_said(self.config, name, current, version)
        return permit if said is None else replace(permit, said=said)

    def _all(self, name: str) -> Mapping[UpdateKind | None, Permit]:
        if name not in self._known:
            rows = declarations_by_name(self.standings.unit.declarations).get(name, ())
            choices = {kind: choose(self.config, name, rows, kind, self.standings.of(name)) for kind in _KINDS}
            self._known[name] = {
                kind: Permit(allowed=one.allowed_versions, age=one.minimum_age) for kind, one in choices.items()
            }
        return self._known[name]


def forbids_anything(config: RepoConfig) -> bool:
    """Whether the configuration hides any version of anything."""
    if config.vulnerability_alerts.minimum_release_age is not None:
        return True
    return Choice(config).hides_versions or any(Choice(config, (rule,)).hides_versions for rule in config.package_rules)
