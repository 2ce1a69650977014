"""Incompatibilities: terms over different packages that must never all hold, each with the cause it was made for.

Packages are the small integers a ``State`` gives them (in order of first mention); the causes keep what an explanation
needs. Incompatibilities are immutable, so states that are copies of one another share them.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, NewType, TypeVar

from bot.pubgrub.term import ANYTHING, Term, negative, positive
from bot.pubgrub.version_set import EMPTY, VersionSet, singleton

M = TypeVar("M")

PackageId = NewType("PackageId", int)
IncompatibilityId = NewType("IncompatibilityId", int)

Terms = tuple[tuple[PackageId, Term], ...]


class NotRoot(NamedTuple):
    """The root must be selected: what makes the search begin."""

    package: PackageId
    key: bytes


class NoVersions(NamedTuple):
    """No usable version of the package lies in the set."""

    package: PackageId
    versions: VersionSet


class FromDependency(NamedTuple):
    """Every version of the package in ``versions`` depends on ``dependency`` in ``dependency_versions``."""

    package: PackageId
    versions: VersionSet
    dependency: PackageId
    dependency_versions: VersionSet


class Custom(NamedTuple, Generic[M]):
    """The versions cannot be used, for a reason the caller knows."""

    package: PackageId
    versions: VersionSet
    reason: M


class DerivedFrom(NamedTuple):
    """Follows from two others by the rule of resolution."""

    cause1: IncompatibilityId
    cause2: IncompatibilityId


Cause = NotRoot | NoVersions | FromDependency | Custom[M] | DerivedFrom


class Incompatibility(Generic[M]):
    """``terms``, one for each package, must not all hold; none of them is trivially true."""

    __slots__ = ("cause", "terms")

    def __init__(self, terms: Terms, cause: Cause[M]) -> None:
        self.terms = terms
        self.cause = cause

    def __repr__(self) -> str:
        return f"Incompatibility({dict(self.terms)!r}, {self.cause!r})"

    def term(self, package: PackageId) -> Term | None:
        for one, term in self.terms:
            if one == package:
                return term
        return None


def not_root(package: PackageId, key: bytes) -> Incompatibility[M]:
    return Incompatibility(((package, negative(singleton(key))),), NotRoot(package, key))


def no_versions(package: PackageId, versions: VersionSet) -> Incompatibility[M]:
    return Incompatibility(((package, positive(versions)),), NoVersions(package, versions))


def custom(package: PackageId, versions: VersionSet, reason: M) -> Incompatibility[M]:
    return Incompatibility(((package, positive(versions)),), Custom(package, versions, reason))


def from_dependency(
    package: PackageId, versions: VersionSet, dependency: PackageId, dependency_versions: VersionSet
) -> Incompatibility[M]:
    """``package`` in ``versions`` without ``dependency`` in ``dependency_versions``.

    A dependency that no version can meet forbids ``versions`` outright: it leaves a single term. So does one on the
    package itself, which forbids those of ``versions`` that do not meet it.
    """
    cause = FromDependency(package, versions, dependency, dependency_versions)
    if package == dependency:
        return Incompatibility(((package, positive(versions.difference(dependency_versions))),), cause)
    own = (package, positive(versions))
    if dependency_versions is EMPTY:
        return Incompatibility((own,), cause)
    return Incompatibility((own, (dependency, negative(dependency_versions))), cause)


def merge_dependents(left: FromDependency, right: FromDependency) -> Incompatibility[M]:
    """One incompatibility for two with the same package, dependency and dependency versions."""
    versions = left.versions.union(right.versions)
    return from_dependency(left.package, versions, left.dependency, left.dependency_versions)


def prior_cause(first: Terms, second: Terms, package: PackageId, cause: DerivedFrom) -> Incompatibility[M]:
    """The rule of resolution: what must not hold, whatever ``package`` does, given both incompatibilities.

    Terms of other packages are intersected; those of ``package`` are united and vanish if that says nothing.
    """
    merged = dict(first)
    united = merged.pop(package)
    for other, term in second:
        if other == package:
            united = united.union(term)
        else:
            held = merged.get(other)
            merged[other] = term if held is None else held.intersection(term)
    if united is not ANYTHING:
        merged[package] = united
    return Incompatibility(tuple(merged.items()), cause)
