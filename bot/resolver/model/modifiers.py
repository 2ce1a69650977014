"""Overrides, excludes and constraints: how the user bends what packages declare (spec 2.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from bot.lockfile.model import Exclude, Override, ScopedExclude, ScopedOverride
from bot.markers import TRUE, sort_key
from bot.resolver.model.needs import Need, to_need
from bot.resolver.model.versions import PyVersion, parse_version
from bot.values import field, value

T = TypeVar("T")

#: Version (``None``: every version without an entry of its own) and what is said about dependencies.
_Overrides = list[tuple[PyVersion | None, dict[str, list[Need]]]]
_Excludes = list[tuple[PyVersion | None, set[str]]]


@value(kw_only=False, eq=False)
class Modifiers:
    """Indexed overrides and excludes."""

    overrides: dict[str, list[Need]] = field(default_factory=dict)
    scoped_overrides: dict[str, _Overrides] = field(default_factory=dict)
    excludes: set[str] = field(default_factory=set)
    scoped_excludes: dict[str, _Excludes] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.overrides or self.scoped_overrides or self.excludes or self.scoped_excludes)

    def global_overrides(self) -> Iterator[Need]:
        for name, needs in self.overrides.items():
            if name not in self.excludes:
                yield from needs

    def all_scoped_overrides(self) -> Iterator[Need]:
        for package, entries in self.scoped_overrides.items():
            for version, dependencies in entries:
                for name, needs in dependencies.items():
                    if not self._excluded_in_scope(package, version, name):
                        yield from needs

    def scoped_for(self, package: str, version: PyVersion) -> dict[str, list[Need]] | None:
        return _pick(self.scoped_overrides.get(package), version)

    def is_excluded(self, name: str, package: str | None = None, version: PyVersion | None = None) -> bool:
        if name in self.excludes:
            return True
        if package is None or version is None:
            return False
        scoped = _pick(self.scoped_excludes.get(package), version)
        return scoped is not None and name in scoped

    def _excluded_in_scope(self, package: str, version: PyVersion | None, name: str) -> bool:
        """Whether an override of a scope can never apply: a versionless one lives while any version lets it."""
        if version is not None:
            return self.is_excluded(name, package, version)
        if name in self.excludes:
            return True
        entries = self.scoped_excludes.get(package, [])
        everywhere = next((names for one, names in entries if one is None), None)
        if everywhere is None or name not in everywhere:
            return False
        own_overrides = {one for one, _ in self.scoped_overrides.get(package, []) if one is not None}
        return all(name in names for one, names in entries if one is not None and one not in own_overrides)

    def apply(
        self,
        needs: Iterable[Need],
        *,
        package: str | None = None,
        version: PyVersion | None = None,
        in_group: bool = False,
    ) -> Iterator[Need]:
        """The needs of a package version (or of the root) as the user wants them.

        Dependency groups obey global overrides and scoped excludes, but no scoped overrides.
        """
        if self.is_empty:
            yield from needs
            return
        scoped = self.scoped_for(package, version) if package and version and not in_group else None
        for need in self._overridden(needs, scoped):
            if not self.is_excluded(need.name, package, version):
                yield need

    def _overridden(self, needs: Iterable[Need], scoped: dict[str, list[Need]] | None) -> Iterator[Need]:
        names = set()
        for need in needs:
            names.add(need.name)
            replacement = scoped.get(need.name) if scoped else None
            if replacement is None:
                replacement = self.overrides.get(need.name)
            if replacement is None:
                yield need
                continue
            kept = TRUE if need.marker.is_false else need.marker.only_extras()
            for one in replacement:
                yield one if kept.is_true else one.under(kept & one.marker)
        added = [need for name, more in (scoped or {}).items() if name not in names for need in more]
        yield from sorted(added, key=lambda need: (need.name, need.extras, sort_key(need.marker)))


def _pick(entries: list[tuple[PyVersion | None, T]] | None, version: PyVersion) -> T | None:
    """The entry of that very version, else the one for all versions."""
    everywhere = None
    for one, kept in entries or ():
        if one == version:
            return kept
        if one is None and everywhere is None:
            everywhere = kept
    return everywhere


def make_modifiers(overrides: Iterable[Override], excludes: Iterable[Exclude]) -> Modifiers:
    modifiers = Modifiers()
    for entry in overrides:
        if isinstance(entry, ScopedOverride):
            version = parse_version(str(entry.scope.version)) if entry.scope.version is not None else None
            table = _scope(modifiers.scoped_overrides.setdefault(entry.scope.package, []), version, dict)
            for requirement in entry.dependencies:
                table.setdefault(requirement.name, []).append(to_need(requirement))
        else:
            modifiers.overrides.setdefault(entry.name, []).append(to_need(entry))
    for exclude in excludes:
        if isinstance(exclude, ScopedExclude):
            version = parse_version(str(exclude.scope.version)) if exclude.scope.version is not None else None
            _scope(modifiers.scoped_excludes.setdefault(exclude.scope.package, []), version, set).update(
                exclude.dependencies
            )
        else:
            modifiers.excludes.add(exclude)
    return modifiers


def _scope(entries: list[tuple[PyVersion | None, T]], version: PyVersion | None, make: Callable[[], T]) -> T:
    for one, kept in entries:
        if one == version:
            return kept
    made = make()
    entries.append((version, made))
    return made
