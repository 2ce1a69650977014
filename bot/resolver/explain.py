"""Why there is no solution, in words: the solver's proof without the machinery of proxies (habit: what, where, who).

Proxies and nodes of one package are told as that package; steps that only tie them together are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.pubgrub.derivation import (
    DerivationTree,
    Derived,
    External,
    ExternalCustom,
    ExternalDependency,
    ExternalNotRoot,
    ExternalNoVersions,
    derivation_tree,
)
from bot.pubgrub.report import explain
from bot.pubgrub.sentences import PlainSentences
from bot.pubgrub.term import Term
from bot.pubgrub.version_set import VersionSet
from bot.resolver.environment import Environment
from bot.resolver.fork_state import Reason
from bot.resolver.package import Role, SolverPackage
from bot.resolver.resolution import NodeKind
from bot.resolver.universal import Contradiction
from bot.resolver.versions import decode_key, parse_version

Tree = DerivationTree[SolverPackage, Reason]
KnownKeys = Callable[[SolverPackage], Sequence[bytes] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The story of a contradiction. ``packages`` are the names that take part, in the order in which they appear."""

    text: str
    packages: tuple[str, ...]


def explain_contradiction(found: Contradiction, root: str, members: frozenset[str], known: KnownKeys) -> Explained:
    """Tell why a fork has no solution; ``root`` is how the project is called, ``members`` are its own packages."""
    fork = found.fork
    tree = _without_proxies(derivation_tree(fork.solver, found.incompatibility))
    story = explain(tree, Sentences(root, members, known))
    where = _where(fork.environment)
    text = f"No solution{where}:\n" + "\n".join(f"  {line}" for line in story.splitlines())
    return Explained(text=text, packages=_names_in(tree, members))


def _where(environment: Environment) -> str:
    parts = [] if environment.marker.is_true else [str(environment.marker)]
    parts += sorted(f"{item.package}[{item.name}] included" for item in environment.included if item.name)
    return f" for {' with '.join(parts)}" if parts else ""


def _names_in(tree: Tree, members: frozenset[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Derived):
            stack += (node.cause2, node.cause1)
            continue
        names.setdefault(node.package.name)
        if isinstance(node, ExternalDependency):
            names.setdefault(node.dependency.name)
    return tuple(name for name in names if name and name not in members)


# --- leaving out what people need not know -------------------------------------------------------------------------


def _without_proxies(tree: Tree) -> Tree:
    """The tree without the steps that tie a package to its own proxies; iterative, as a proof may be deep."""
    done: dict[int, Tree] = {}
    stack: list[Tree] = [tree]
    while stack:
        node = stack[-1]
        if id(node) in done or not isinstance(node, Derived):
            done.setdefault(id(node), node)
            stack.pop()
            continue
        waiting = [cause for cause in (node.cause1, node.cause2) if id(cause) not in done]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        done[id(node)] = _simplified(node, done[id(node.cause1)], done[id(node.cause2)])
    return done[id(tree)]


def _simplified(node: Derived[SolverPackage, Reason], first: Tree, second: Tree) -> Tree:
    if _is_tie(first) and not _is_tie(second):
        return _with_terms(second, node)
    if _is_tie(second):
        return _with_terms(first, node)
    return Derived(terms=node.terms, shared_id=node.shared_id, cause1=first, cause2=second)


def _with_terms(tree: Tree, node: Derived[SolverPackage, Reason]) -> Tree:
    if not isinstance(tree, Derived):
        return tree
    return Derived(terms=node.terms, shared_id=node.shared_id or tree.shared_id, cause1=tree.cause1, cause2=tree.cause2)


def _is_tie(tree: Tree) -> bool:
    return (
        isinstance(tree, ExternalDependency) and bool(tree.package.name) and tree.package.name == tree.dependency.name
    )


# --- wording --------------------------------------------------------------------------------------------------------


class Sentences(PlainSentences[SolverPackage, Reason]):
    """Plain sentences about packages as people write them."""

    def __init__(self, root: str, members: frozenset[str], known: KnownKeys) -> None:
        super().__init__(_Names(root, members, known))
        self._root = root
        self._members = members

    def external(self, external: External[SolverPackage, Reason]) -> str:
        match external:
            case ExternalNotRoot():
                return f"{self._root} is to be locked"
            case ExternalNoVersions(package=package, versions=versions):
                if package.role is Role.PYTHON:
                    return f"the project supports Pythons outside {self._names.versions(package, versions)}"
                if versions.is_full():
                    return f"there are no usable versions of {self._names.package(package)}"
                return (
                    f"no usable version of {self._names.package(package)} is {self._names.versions(package, versions)}"
                )
            case ExternalCustom(package=package, versions=versions, reason=reason):
                return f"{self._ranged(package, versions)} {reason.text}"
            case _:
                return super().external(external)

    def conclusion(self, terms: Mapping[SolverPackage, Term]) -> str:
        told = {package: term for package, term in terms.items() if package.name or package.role is Role.PYTHON}
        match list(told.items()):
            case []:
                return f"{self._root} cannot be locked"
            case [(package, term)] if package.name in self._members and term.is_positive:
                return f"the requirements of {self._names.package(package)} cannot be met"
            case [(package, term)]:
                verdict = "cannot be used" if term.is_positive else "is needed"
                return f"{self._ranged(package, term.versions)} {verdict}"
            case _:
                return super().conclusion(told)

    def _depends(
        self, package: SolverPackage, versions: VersionSet, dependency: SolverPackage, wanted: VersionSet
    ) -> str:
        if dependency.role is Role.PYTHON:
            return f"{self._ranged(package, versions)} needs Python {self._names.versions(dependency, wanted)}"
        if package.role is Role.ROOT:
            return f"{self._root} has the member {self._names.package(dependency)}"
        return f"{self._ranged(package, versions)} requires {self._ranged(dependency, wanted)}"

    def _ranged(self, package: SolverPackage, versions: VersionSet) -> str:
        if package.name in self._members:
            return self._names.package(package)
        if versions.is_full():
            name = self._names.package(package)
            return name if package.is_proxy or not package.name else f"{name} (any version)"
        return f"{self._names.package(package)} {self._names.versions(package, versions)}"


class _Names:
    def __init__(self, root: str, members: frozenset[str], known: KnownKeys) -> None:
        self._root = root
        self._members = members
        self._known = known

    def package(self, package: SolverPackage) -> str:
        match package.role:
            case Role.ROOT:
                return self._root
            case Role.PYTHON:
                return "Python"
            case _:
                text = package.name
        if package.kind is NodeKind.EXTRA:
            text += f"[{package.kind_name}]"
        if package.kind is NodeKind.GROUP:
            text += f" (group {package.kind_name})"
        return text if package.marker.is_true else f"{text} (where {package.marker})"

    def version(self, package: SolverPackage, key: bytes) -> str:
        del package
        return decode_key(key)

    def versions(self, package: SolverPackage, versions: VersionSet) -> str:
        known = self._known(package)
        return render_versions(versions.simplify(known) if known else versions)

    def reason(self, reason: Reason) -> str:
        return reason.text


def render_versions(versions: VersionSet) -> str:
    """A version set as specifiers: ``>=1,<2``; alternatives are joined by ``or``."""
    if versions.is_empty():
        return "(none)"
    if versions.is_full():
        return "(any)"
    return " or ".join(_interval(low, high) for low, high in versions.intervals())


def _interval(low: bytes | None, high: bytes | None) -> str:
    if low is not None and high is not None:
        only = _only_version(low, high)
        if only is not None:
            return f"=={only}"
    parts = []
    if low is not None:
        parts.append(_lower(low))
    if high is not None:
        parts.append(_upper(high))
    return ",".join(parts)


def _is_after(cut: bytes) -> bool:
    return cut[-1:] == b"\xff"


def _only_version(low: bytes, high: bytes) -> str | None:
    """The version that the interval is about, with its local variants or without."""
    if low[:-1] == high[:-1] and not _is_after(low) and _is_after(high):
        return decode_key(low[:-1])
    text = decode_key(low[:-1])
    if _is_after(low) or _is_after(high):
        return None
    return text if decode_key(high[:-1]) in (f"{text}.post0.dev0", _next_dev(text)) else None


def _next_dev(text: str) -> str:
    head, dev, number = text.rpartition(".dev")
    return f"{head}.dev{int(number) + 1}" if dev and number.isdigit() else text + "?"


def _lower(cut: bytes) -> str:
    text = decode_key(cut[:-1])
    if _is_after(cut) or text.endswith(".post0.dev0"):
        return f">{text.removesuffix('.post0.dev0')}"
    version = parse_version(text)
    return f">={text.removesuffix('.dev0')}" if version.dev == 0 and version.pre is None else f">={text}"


def _upper(cut: bytes) -> str:
    text = decode_key(cut[:-1])
    if _is_after(cut):
        return f"<={text}"
    if text.endswith(".post0.dev0"):
        return f"<={text.removesuffix('.post0.dev0')}"
    return f"<{text.removesuffix('.dev0')}"
