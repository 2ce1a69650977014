"""Why there is no solution, as a tree of plain values that no longer refer to the solver.

Nodes that occur more than once are one object. Simplification of a tree is left to the
caller, who knows its packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, assert_never

from bot.pubgrub.incompatibility import Custom, DerivedFrom, FromDependency, IncompatibilityId, NotRoot, NoVersions
from bot.pubgrub.solver import State
from bot.pubgrub.term import Term
from bot.pubgrub.version_set import VersionSet

P = TypeVar("P")
M = TypeVar("M")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalNotRoot(Generic[P]):
    """The root is what we are solving for."""

    package: P
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalNoVersions(Generic[P]):
    """There is no version of the package in the set."""

    package: P
    versions: VersionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalDependency(Generic[P]):
    """The package in ``versions`` depends on ``dependency``."""

    package: P
    versions: VersionSet
    dependency: P
    dependency_versions: VersionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCustom(Generic[P, M]):
    """The versions cannot be used for ``reason``."""

    package: P
    versions: VersionSet
    reason: M


External = ExternalNotRoot[P] | ExternalNoVersions[P] | ExternalDependency[P] | ExternalCustom[P, M]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Derived(Generic[P, M]):
    """Follows from two causes."""

    terms: Mapping[P, Term]
    cause1: DerivationTree[P, M]
    cause2: DerivationTree[P, M]


DerivationTree = External[P, M] | Derived[P, M]


def derivation_tree(state: State[P, M], incompatibility: IncompatibilityId) -> DerivationTree[P, M]:
    """The proof of ``incompatibility``; a cause always has a smaller id than what follows from it."""
    built: dict[IncompatibilityId, DerivationTree[P, M]] = {}
    for one in sorted(_ancestors(state, incompatibility)):
        built[one] = _node(state, one, built)
    return built[incompatibility]


def _ancestors(state: State[Any, Any], incompatibility: IncompatibilityId) -> set[IncompatibilityId]:
    """All that the incompatibility rests on, itself included."""
    used: set[IncompatibilityId] = set()
    stack = [incompatibility]
    while stack:
        one = stack.pop()
        cause = state.incompatibilities[one].cause
        if isinstance(cause, DerivedFrom) and one not in used:
            stack += cause
        used.add(one)
    return used


def _node(
    state: State[P, M],
    incompatibility: IncompatibilityId,
    built: Mapping[IncompatibilityId, DerivationTree[P, M]],
) -> DerivationTree[P, M]:
    names = state.packages
    known = state.incompatibilities[incompatibility]
    match known.cause:
        case NotRoot(package, key):
            return ExternalNotRoot(package=names[package], key=key)
        case NoVersions(package, versions):
            return ExternalNoVersions(package=names[package], versions=versions)
        case FromDependency(package, versions, dependency, wanted):
            return ExternalDependency(
                package=names[package], versions=versions, dependency=names[dependency], dependency_versions=wanted
            )
        case Custom(package, versions, reason):
            return ExternalCustom(package=names[package], versions=versions, reason=reason)
        case DerivedFrom(cause1, cause2):
            terms = {names[package]: term for package, term in known.terms}
            return Derived(terms=terms, cause1=built[cause1], cause2=built[cause2])
        case _:
            assert_never(known.cause)
