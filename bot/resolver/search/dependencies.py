"""From declared requirements to the solver's dependencies: activation, filtering, constraints, lowering (spec 4.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from bot.lockfile.model import ConflictItem, ConflictKind, RequirementSource
from bot.markers import FALSE, TRUE, Marker
from bot.pubgrub.version_set import full
from bot.resolver.model.environment import Environment
from bot.resolver.model.lookups import Lookups
from bot.resolver.model.modifiers import Modifiers
from bot.resolver.model.needs import Facts, Need
from bot.resolver.model.resolution import NodeKind
from bot.resolver.model.specifiers import VersionRange
from bot.resolver.model.versions import PyVersion
from bot.resolver.search.package import PackageFactory, SolverPackage
from bot.values import value


@value(kw_only=False, eq=False)
class SolverDependency:
    """One dependency edge to be.

    ``parent`` is the plain package that declares it, if one does: the project itself is only filtered from a fork
    where the root asks for it. ``url`` is the source of a dependency that names one.
    """

    package: SolverPackage
    range: VersionRange
    parent: str | None = None
    url: RequirementSource | None = None


#: Needs by the facts that declare them and the extra that is active, with their conditions on extras decided.
ActivatedNeeds: TypeAlias = dict[tuple[Facts, str | None], tuple[Need, ...]]


class UnsatisfiableNeed(Exception):
    """A requirement whose specifiers admit no version; its parent cannot be used."""

    def __init__(self, need: Need) -> None:
        super().__init__(need.name)
        self.need = need


@value
class Declarer:
    """Whose requirements are expanded: the root's (no name), a package's, its extra's or its group's."""

    name: str | None = None
    version: PyVersion | None = None
    kind: NodeKind = NodeKind.BASE
    kind_name: str = ""

    @property
    def extra(self) -> str | None:
        return self.kind_name if self.kind is NodeKind.EXTRA else None


class Expander:
    """Turns what a package declares into what a fork must solve. There is one for each run.

    ``unversioned`` names sources whose version only a build would tell: what is said about it bounds nothing.
    ``memory`` gives the table that remembers what facts activate, this run's or one that later runs have too. In
    ``lookups`` is noted which settings were asked about.
    """

    def __init__(
        self,
        factory: PackageFactory,
        modifiers: Modifiers,
        constraints: Mapping[str, Sequence[Need]],
        conflicts: Sequence[Sequence[ConflictItem]],
        unversioned: frozenset[str],
        memory: Callable[[Facts], ActivatedNeeds],
        lookups: Lookups | None = None,
    ) -> None:
        self._lookups = lookups
        self._unversioned = unversioned
        self._factory = factory
        self._modifiers = modifiers
        self._constraints = constraints
        self._conflicting = {item for one in conflicts for item in one}
        self._memory = memory

    def dependencies(
        self, needs: Iterable[Need], environment: Environment, declarer: Declarer, parent: SolverPackage
    ) -> list[SolverDependency]:
        """The dependencies of the root or of a group; raises ``UnsatisfiableNeed``."""
        in_group = declarer.kind is NodeKind.GROUP
        applied = self._applied(needs, declarer, in_group=in_group)
        activated = (need.under(_active_where(need.marker, None)) for need in applied)
        return self._lower(self._in_fork(activated, environment, None), parent)

    def package_dependencies(
        self, facts: Facts, environment: Environment, declarer: Declarer, parent: SolverPackage
    ) -> list[SolverDependency]:
        """The dependencies of a package version or of one of its extras; raises ``UnsatisfiableNeed``."""
        if declarer.kind is NodeKind.GROUP:
            return self.dependencies(facts.groups.get(declarer.kind_name, ()), environment, declarer, parent)
        needs = list(self._in_fork(self._activate_all(facts, declarer.extra, declarer), environment, declarer.extra))
        if self._mentions_itself(facts, declarer):
            needs = self._flatten(facts, declarer, environment, needs)
        return self._lower(needs, parent)

    def _mentions_itself(self, facts: Facts, declarer: Declarer) -> bool:
        if any(need.extras and need.name == declarer.name for need in facts.needs):
            return True
        if not self._modifiers.scoped_overrides or declarer.name is None or declarer.version is None:
            return False
        scoped = self._modifiers.scoped_for(declarer.name, declarer.version) or {}
        return any(need.extras for need in scoped.get(declarer.name, ()))

    def _activate_all(self, facts: Facts, extra: str | None, declarer: Declarer) -> tuple[Need, ...]:
        known = self._memory(facts)
        found = known.get((facts, extra))
        if found is None:
            applied = self._applied(facts.needs, declarer)
            found = known[facts, extra] = _activated(applied, extra)
        return found

    def _applied(self, needs: Iterable[Need], declarer: Declarer, *, in_group: bool = False) -> Iterable[Need]:
        """The needs as the user wants them."""
        modify = partial(self._modifiers.apply, package=declarer.name, version=declarer.version, in_group=in_group)
        if self._lookups is None:
            return modify(needs)
        needs = tuple(needs)
        kept = tuple(modify(needs))
        names = {need.name for need in needs}
        self._lookups.note_needs(names, names.union(need.name for need in kept), declarer.name, in_group=in_group)
        return kept

    def _in_fork(self, needs: Iterable[Need], environment: Environment, extra: str | None) -> Iterator[Need]:
        """What applies in the fork, each followed by the constraints on it."""
        python = environment.python.marker()
        for need in needs:
            if not _applies(need, environment, python, extra):
                continue
            if self._lookups is not None:
                self._lookups.note_applying(need.name)
            yield need
            for constraint in self._constraints.get(need.name, ()):
                active = {} if extra is None else {extra: TRUE}
                marker = constraint.marker.replace_extras(active) & need.marker
                if not marker.is_false and _applies(one := constraint.under(marker), environment, python, extra):
                    yield one

    def _flatten(self, facts: Facts, declarer: Declarer, environment: Environment, needs: list[Need]) -> list[Need]:
        """Replace requirements of a package on its own extras by what those extras require, however deep."""
        python = environment.python.marker()
        seen: set[tuple[str, Marker]] = set()
        queue = deque((extra, need.marker) for need in needs if need.name == declarer.name for extra in need.extras)
        while queue:
            extra, marker = queue.popleft()
            if (extra, marker) in seen:
                continue
            seen.add((extra, marker))
            for need in self._in_fork(self._activate_all(facts, extra, declarer), environment, extra):
                reached = need.under(marker & need.marker)
                if python.is_disjoint(reached.marker) or not environment.admits(reached.marker):
                    continue
                if reached.name == declarer.name:
                    queue.extend((one, reached.marker) for one in reached.extras)
                needs.append(reached)
        own = [need for need in needs if need.name == declarer.name and need.extras and need.constrains]
        kept = [need for need in needs if need.name != declarer.name or not need.extras]
        return kept + [need.without_extras() for need in own]

    def _lower(self, needs: Iterable[Need], parent: SolverPackage) -> list[SolverDependency]:
        lowered: list[SolverDependency] = []
        for need in needs:
            if need.is_registry and need.range.versions.is_empty():
                raise UnsatisfiableNeed(need)
            lowered.extend(self._edges(need, parent))
        return lowered

    def _edges(self, need: Need, parent: SolverPackage) -> Iterator[SolverDependency]:
        plain_parent = parent.name if parent.kind is NodeKind.BASE and parent.name else None
        url = None if need.is_registry else need.source
        versions = _ANY if need.name in self._unversioned else need.range
        for kind, kind_name in self._targets(need):
            package = self._factory.for_requirement(need.name, kind, kind_name, need.marker)
            yield SolverDependency(package, versions, plain_parent if kind is NodeKind.BASE else None, url)

    def _targets(self, need: Need) -> Iterator[tuple[NodeKind, str]]:
        """The extras or groups asked for, and the base first where one of them takes part in a conflict."""
        kind = NodeKind.EXTRA if need.extras else NodeKind.GROUP
        names = need.extras or need.groups
        if not names:
            yield NodeKind.BASE, ""
            return
        item_kind = ConflictKind.EXTRA if need.extras else ConflictKind.GROUP
        items = (ConflictItem(package=need.name, kind=item_kind, name=name) for name in names)
        if any(item in self._conflicting for item in items):
            yield NodeKind.BASE, ""
        for name in names:
            yield kind, name


def _activated(needs: Iterable[Need], extra: str | None) -> tuple[Need, ...]:
    decided = ((need, _active_where(need.marker, extra)) for need in needs)
    return tuple(need.under(marker) for need, marker in decided if not marker.is_false)


_ANY = VersionRange(full(), pinned=False)


def _active_where(marker: Marker, extra: str | None) -> Marker:
    """The marker with its conditions on extras decided: none is active, or just this one.

    What holds without any extra belongs to the package itself, so an extra's share leaves it out.
    """
    names = marker.extras()
    if extra is None:
        return marker.assume_extras(_inactive) if names else marker
    if extra not in names:
        return FALSE
    return marker.assume_extras(lambda name: name == extra) & ~marker.assume_extras(_inactive)


def _inactive(_: str) -> bool:
    return False


def _applies(need: Need, environment: Environment, python: Marker, extra: str | None) -> bool:
    marker = need.marker
    if marker.is_false:
        return False
    if extra is not None and not environment.admits_item(
        ConflictItem(package=need.name, kind=ConflictKind.EXTRA, name=extra)
    ):
        return False
    return not python.is_disjoint(marker) and environment.admits(marker)
