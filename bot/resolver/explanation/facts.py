"""The facts that contradict each other: the leaves of the solver's proof, in terms of packages as people know them.

A proof may take a thousand steps through proxies, gaps between versions and one version after the other. Its leaves
are a contradiction by themselves, and most of them say the same of neighbouring versions, so they are gathered:
``boto3 1.35.0 requires botocore >=1.35.0``, ``boto3 1.35.1 requires …`` become one fact on both versions, with the
union of what they require.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from bot.markers import TRUE, Marker
from bot.pubgrub.derivation import (
    DerivationTree,
    Derived,
    ExternalCustom,
    ExternalDependency,
    ExternalNoVersions,
)
from bot.pubgrub.version_set import FULL, VersionSet, before
from bot.resolver.model.resolution import NodeKind
from bot.resolver.search.fork_state import Reason
from bot.resolver.search.package import Role, SolverPackage
from bot.values import field, replace, value

Tree = DerivationTree[SolverPackage, Reason]


@value
class Subject:
    """A package, one of its extras or one of its groups; no name: the project as a whole."""

    name: str
    kind: NodeKind = NodeKind.BASE
    kind_name: str = ""


class Origin(Enum):
    """Whose word a requirement is: a package's (or the project's) own, or what bends all of them."""

    PACKAGE = "package"
    CONSTRAINT = "constraint"
    OVERRIDE = "override"
    #: A constraint of this run alone (``--upgrade-package name==version``).
    SESSION = "session"


@value
class Requires:
    """``versions`` of ``subject`` require ``target`` in ``wanted``; ``parts`` is how many different ranges that joins,
    ``text`` the specifiers as written, where that is known and one range."""

    subject: Subject
    versions: VersionSet
    target: Subject
    wanted: VersionSet
    marker: Marker = TRUE
    origin: Origin = Origin.PACKAGE
    text: str = ""
    parts: int = 1


@value
class NeedsPython:
    subject: Subject
    versions: VersionSet
    wanted: VersionSet


@value
class Barred:
    """``reason`` is a predicate: "was yanked"."""

    subject: Subject
    versions: VersionSet
    reason: str


@value
class Missing:
    """There is no version of the package in the set."""

    subject: Subject
    versions: VersionSet


Fact = Requires | NeedsPython | Barred | Missing

#: Whose word (package, versions, dependency, wanted) is, and its specifiers as written.
FindOrigin = Callable[[str, VersionSet, str, VersionSet], tuple[Origin, str]]

#: Keys of the versions of a package that an index lists, ascending.
KnownKeys = Callable[[str], Sequence[bytes]]


@value(frozen=False)
class Gathering:
    """Collects ``facts``. ``members`` are the project's own packages, whose requirements are never joined: each has
    its line. ``positions`` are those of the facts with a key in common, ``points`` the known versions as cuts."""

    members: frozenset[str]
    origin: FindOrigin
    known: KnownKeys
    facts: list[Fact] = field(default_factory=list)
    positions: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    points: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        alike = self.positions.setdefault(_key(fact), [])
        for position in alike:
            joined = self._joined(self.facts[position], fact)
            if joined is not None:
                self.facts[position] = joined
                return
        alike.append(len(self.facts))
        self.facts.append(fact)

    def _joined(self, known: Fact, fact: Fact) -> Fact | None:
        match known, fact:
            case Requires(), Requires():
                return self._joined_requirement(known, fact)
            case NeedsPython(), NeedsPython():
                return replace(
                    known, versions=known.versions.union(fact.versions), wanted=known.wanted.union(fact.wanted)
                )
            case Barred(), Barred():
                return replace(known, versions=known.versions.union(fact.versions))
            case Missing(), Missing():
                return replace(known, versions=known.versions.union(fact.versions))
            case _:
                return None

    def _joined_requirement(self, known: Requires, fact: Requires) -> Requires | None:
        versions = known.versions.union(fact.versions)
        if known.wanted is fact.wanted:
            return replace(known, versions=versions, marker=known.marker | fact.marker)
        own = not fact.subject.name or fact.subject.name in self.members
        if own or known.marker is not fact.marker or self._overlap(known, fact):
            return None
        return replace(known, versions=versions, wanted=known.wanted.union(fact.wanted), parts=known.parts + 1, text="")

    def _overlap(self, one: Requires, other: Requires) -> bool:
        """Whether a version is meant by both: the solver widens its facts into the gaps around versions."""
        both = one.versions.intersection(other.versions)
        keys = self.known(one.subject.name)
        if both.is_empty() or not keys:
            return not both.is_empty()
        points = self.points.get(one.subject.name)
        if points is None:
            points = self.points[one.subject.name] = [before(key) for key in keys]
        return any(both.slices(points))


def _key(fact: Fact) -> tuple[object, ...]:
    """What facts have in common that may be joined."""
    match fact:
        case Requires():
            return fact.subject, fact.target, fact.origin
        case Barred():
            return fact.subject, fact.reason
        case _:
            return fact.subject, type(fact)


def gather_facts(tree: Tree, members: frozenset[str], origin: FindOrigin, known: KnownKeys) -> list[Fact]:
    """The facts of a proof, each once, without those that only the solver needs."""
    gathering = Gathering(members=members, origin=origin, known=known)
    for leaf in _leaves(tree):
        match leaf:
            case ExternalDependency():
                _add_dependency(gathering, leaf)
            case ExternalCustom(package=package, versions=versions, reason=reason):
                gathering.add(Barred(subject=_subject(package), versions=versions, reason=reason.text))
            case ExternalNoVersions(package=package, versions=versions):
                if package.name and package.name not in members:
                    gathering.add(Missing(subject=Subject(name=package.name), versions=versions))
            case _:
                pass
    return [fact for fact in gathering.facts if not isinstance(fact, Missing) or _says_something(fact, gathering.facts)]


def _leaves(tree: Tree) -> Iterator[Tree]:
    seen: set[int] = set()
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Derived):
            stack += (node.cause2, node.cause1)
        else:
            yield node


def _add_dependency(gathering: Gathering, leaf: ExternalDependency[SolverPackage]) -> None:
    package, dependency = leaf.package, leaf.dependency
    if dependency.role is Role.PYTHON:
        gathering.add(NeedsPython(subject=_subject(package), versions=leaf.versions, wanted=leaf.dependency_versions))
        return
    is_member = package.role is Role.ROOT and dependency.name in gathering.members
    if is_member or package.name == dependency.name:
        return
    origin, text = gathering.origin(package.name, leaf.versions, dependency.name, leaf.dependency_versions)
    is_own_word = origin is Origin.PACKAGE
    gathering.add(
        Requires(
            subject=_subject(package) if is_own_word else Subject(name=""),
            versions=leaf.versions if is_own_word else FULL,
            target=_subject(dependency),
            wanted=leaf.dependency_versions,
            marker=dependency.marker,
            origin=origin,
            text=text,
        )
    )


def _subject(package: SolverPackage) -> Subject:
    return Subject(name=package.name, kind=package.kind, kind_name=package.kind_name)


def _says_something(missing: Missing, facts: list[Fact]) -> bool:
    """Whether somebody wants what is missing, alone or where two wishes meet; else it only fills a gap."""
    wanted = [fact.wanted for fact in facts if isinstance(fact, Requires) and fact.target.name == missing.subject.name]
    if any(one.is_subset(missing.versions) for one in wanted):
        return True
    meets = (one.intersection(other) for one in wanted for other in wanted if one is not other)
    return any(not meet.is_empty() and meet.is_subset(missing.versions) for meet in meets)
