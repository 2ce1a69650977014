"""The wording of an explanation: the protocol that the report speaks through, and a plain wording.

The plain wording leaves names, version ranges and reasons to the caller's ``Names``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar, assert_never

from bot.pubgrub.derivation import (
    Derived,
    External,
    ExternalCustom,
    ExternalDependency,
    ExternalNotRoot,
    ExternalNoVersions,
)
from bot.pubgrub.term import Term
from bot.pubgrub.version_set import VersionSet

P = TypeVar("P")
M = TypeVar("M")
P_contra = TypeVar("P_contra", contravariant=True)
M_contra = TypeVar("M_contra", contravariant=True)


class Sentences(Protocol[P, M]):
    """The wording of an explanation. ``terms`` is what a line concludes; a ``ref`` is the number of an earlier line."""

    def external(self, external: External[P, M]) -> str:
        """A fact by itself."""
        ...

    def both_external(self, first: External[P, M], second: External[P, M], terms: Mapping[P, Term]) -> str:
        """Two facts."""
        ...

    def both_ref(
        self, ref1: int, first: Derived[P, M], ref2: int, second: Derived[P, M], terms: Mapping[P, Term]
    ) -> str:
        """Two conclusions that have lines of their own."""
        ...

    def ref_and_external(
        self, ref: int, derived: Derived[P, M], external: External[P, M], terms: Mapping[P, Term]
    ) -> str:
        """A conclusion that has a line, and a fact."""
        ...

    def and_external(self, external: External[P, M], terms: Mapping[P, Term]) -> str:
        """The line before, and a fact."""
        ...

    def and_ref(self, ref: int, derived: Derived[P, M], terms: Mapping[P, Term]) -> str:
        """The line before, and a conclusion that has a line."""
        ...

    def and_prior_and_external(self, prior: External[P, M], external: External[P, M], terms: Mapping[P, Term]) -> str:
        """The line before, and two facts."""
        ...


class Names(Protocol[P_contra, M_contra]):
    """How the caller writes packages, versions and reasons."""

    def package(self, package: P_contra) -> str: ...

    def version(self, package: P_contra, key: bytes) -> str: ...

    def versions(self, package: P_contra, versions: VersionSet) -> str: ...

    def reason(self, reason: M_contra) -> str: ...


class PlainSentences(Generic[P, M]):
    """The default wording; a caller with a wording of its own overrides ``external`` or ``conclusion``."""

    def __init__(self, names: Names[P, M]) -> None:
        self._names = names

    def external(self, external: External[P, M]) -> str:
        match external:
            case ExternalNotRoot():
                text = f"{self._names.package(external.package)} {self._names.version(external.package, external.key)}"
                return f"we are solving dependencies of {text}"
            case ExternalNoVersions():
                name = self._names.package(external.package)
                if external.versions.is_full():
                    return f"there is no available version for {name}"
                return f"there is no version of {name} in {self._names.versions(external.package, external.versions)}"
            case ExternalCustom():
                name = self._names.package(external.package)
                if not external.versions.is_full():
                    name += f" at version {self._names.versions(external.package, external.versions)}"
                return f"dependencies of {name} are unavailable {self._names.reason(external.reason)}"
            case ExternalDependency():
                return self._depends(
                    external.package, external.versions, external.dependency, external.dependency_versions
                )
            case _:
                assert_never(external)

    def conclusion(self, terms: Mapping[P, Term]) -> str:
        match list(terms.items()):
            case []:
                return "version solving failed"
            case [(package, term)]:
                verdict = "is forbidden" if term.is_positive else "is mandatory"
                return f"{self._term(package, term)} {verdict}"
            case [(one, first), (other, second)] if first.is_positive and not second.is_positive:
                return self._depends(one, first.versions, other, second.versions)
            case [(one, first), (other, second)] if second.is_positive and not first.is_positive:
                return self._depends(other, second.versions, one, first.versions)
            case several:
                return ", ".join(self._statement(package, term) for package, term in several) + " are incompatible"

    def both_external(self, first: External[P, M], second: External[P, M], terms: Mapping[P, Term]) -> str:
        return f"Because {self.external(first)} and {self.external(second)}, {self.conclusion(terms)}."

    def both_ref(
        self, ref1: int, first: Derived[P, M], ref2: int, second: Derived[P, M], terms: Mapping[P, Term]
    ) -> str:
        facts = f"{self.conclusion(first.terms)} ({ref1}) and {self.conclusion(second.terms)} ({ref2})"
        return f"Because {facts}, {self.conclusion(terms)}."

    def ref_and_external(
        self, ref: int, derived: Derived[P, M], external: External[P, M], terms: Mapping[P, Term]
    ) -> str:
        facts = f"{self.conclusion(derived.terms)} ({ref}) and {self.external(external)}"
        return f"Because {facts}, {self.conclusion(terms)}."

    def and_external(self, external: External[P, M], terms: Mapping[P, Term]) -> str:
        return f"And because {self.external(external)}, {self.conclusion(terms)}."

    def and_ref(self, ref: int, derived: Derived[P, M], terms: Mapping[P, Term]) -> str:
        return f"And because {self.conclusion(derived.terms)} ({ref}), {self.conclusion(terms)}."

    def and_prior_and_external(self, prior: External[P, M], external: External[P, M], terms: Mapping[P, Term]) -> str:
        return f"And because {self.external(prior)} and {self.external(external)}, {self.conclusion(terms)}."

    def _term(self, package: P, term: Term) -> str:
        return f"{self._names.package(package)} {self._names.versions(package, term.versions)}"

    def _statement(self, package: P, term: Term) -> str:
        if term.is_positive:
            return self._term(package, term)
        return f"{self._names.package(package)} Not ( {self._names.versions(package, term.versions)} )"

    def _depends(self, package: P, versions: VersionSet, dependency: P, wanted: VersionSet) -> str:
        return f"{self._ranged(package, versions)} depends on {self._ranged(dependency, wanted)}"

    def _ranged(self, package: P, versions: VersionSet) -> str:
        name = self._names.package(package)
        return name if versions.is_full() else f"{name} {self._names.versions(package, versions)}"
