"""Whole searches, step by step, against traces recorded from pubgrub-rs (the fork uv uses, release 0.5.0).

Each file in ``traces/`` holds a universe and, after ``--``, what the reference did when driven the way uv drives it:
conflict counters that change priorities and backtrack, virtual packages tied to their bases, decided versions widened
to the gap around them. Lines of a universe: ``U`` options (oldest first, widen, tie virtual packages, conflict
threshold); ``V`` package version, then dependencies or ``!`` for unavailable. Lines of a trace: ``C`` conflict of
propagation, ``B`` package backtracked and decisions undone, ``V`` packages that changed, ``P`` pick, ``D`` decision,
``R`` version rejected by its dependencies, ``S`` solution, ``F`` no solution and then the proof (``Y`` derived and
whether shared, ``X`` external). After a second ``--`` comes the explanation, with the terms of a line sorted by name.
Wherever a package depends on itself, it meets that dependency: since that release the reference learned to rule out
versions that do not, which ``test_solver`` has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from bot.pubgrub import version_set as vs
from bot.pubgrub.derivation import (
    DerivationTree,
    Derived,
    ExternalCustom,
    ExternalDependency,
    ExternalNotRoot,
    ExternalNoVersions,
    derivation_tree,
)
from bot.pubgrub.incompatibility import IncompatibilityId
from bot.pubgrub.search import Conflicts, packages_to_decide
from bot.pubgrub.solver import NoSolution, State
from bot.pubgrub.term import Term
from bot.pubgrub.version_set import VersionSet, after, before
from tests.pubgrub.linear_report import explain
from tests.pubgrub.proofs import shared_conclusions
from tests.pubgrub.sentences import PlainSentences
from tests.pubgrub.sets import from_intervals
from tests.pubgrub.universes import IntNames

TRACES = sorted((Path(__file__).parent / "traces").glob("*.txt"))

Dependencies = list[tuple[str, VersionSet]]


def key(version: int) -> bytes:
    return b"%05d" % version


def parse_set(text: str) -> VersionSet:
    if text == "*":
        return vs.FULL
    if text == "0":
        return vs.EMPTY
    return from_intervals(parse_interval(part) for part in text.split("|"))


def parse_interval(text: str) -> tuple[bytes | None, bytes | None]:
    low, high = text.split(",")
    opening = None if low[1:] == "-" else (before if low[0] == "[" else after)(key(int(low[1:])))
    closing = None if high[:-1] == "-" else (after if high[-1] == "]" else before)(key(int(high[:-1])))
    return opening, closing


def set_text(versions: VersionSet) -> str:
    return "|".join(f"{low_text(low)},{high_text(high)}" for low, high in versions.intervals())


def low_text(cut: bytes | None) -> str:
    return "(-" if cut is None else f"{'[' if cut[-1] == 0 else '('}{int(cut[:-1])}"


def high_text(cut: bytes | None) -> str:
    return "-)" if cut is None else f"{int(cut[:-1])}{')' if cut[-1] == 0 else ']'}"


def term_text(term: Term) -> str:
    return ("P" if term.is_positive else "N") + set_text(term.versions)


@dataclass
class Universe:
    oldest_first: bool = False
    widen: bool = False
    tie_virtual: bool = False
    threshold: int = 5
    packages: dict[str, dict[int, Dependencies | None]] = field(default_factory=dict)


def parse_universe(text: str) -> Universe:
    universe = Universe()
    for line in text.splitlines():
        match line.split():
            case ["U", oldest_first, widen, tie_virtual, threshold]:
                universe = Universe(oldest_first == "1", widen == "1", tie_virtual == "1", int(threshold))
            case ["V", package, version, "!"]:
                universe.packages.setdefault(package, {})[int(version)] = None
            case ["V", package, version, *rest]:
                found = [(name, parse_set(wanted)) for name, wanted in zip(rest[::2], rest[1::2], strict=True)]
                universe.packages.setdefault(package, {})[int(version)] = found
    return universe


class SortedSentences(PlainSentences[str, str]):
    """The plain wording, but independent of the order of terms, which the reference leaves to hashing."""

    def conclusion(self, terms: Mapping[str, Term]) -> str:
        return super().conclusion(dict(sorted(terms.items())))


class Search:
    """Drives the state as uv does, and notes what happens."""

    def __init__(self, universe: Universe, copy_every: int) -> None:
        self.universe = universe
        self.copy_every = copy_every
        self.state: State[str, str] = State("root", key(1))
        self.next = "root"
        self.classes: dict[str, int] = {}
        self.found_at: dict[str, int] = {}
        self.affected: Counter[str] = Counter()
        self.culprit: Counter[str] = Counter()
        self.early: list[str] = []
        self.late: list[str] = []
        self.added: set[tuple[str, int]] = set()
        self.lines: list[str] = []
        self.explanation = ""

    def run(self) -> list[str]:
        try:
            while self.take(self.copy_every or None):
                self.state = self.state.clone()
        except NoSolution as failure:
            self.lines.append("F")
            proof = derivation_tree(self.state, failure.incompatibility)
            self.lines += proof_lines(proof)
            self.explanation = explain(proof, SortedSentences(IntNames()))
            return self.lines
        decisions = self.state.partial_solution.decisions()
        self.lines.append("S " + " ".join(f"{package}={int(one)}" for package, one in decisions))
        return self.lines

    def take(self, most: int | None) -> bool:
        """Decide up to ``most`` packages; whether there may be more."""
        packages = packages_to_decide(self.state, self.next, self.propagated, self.rank)
        decided = 0
        for package, versions in islice(packages, most):
            self.next = package
            self.lines.append(f"P {package} {set_text(versions)}")
            self.decide(package, versions)
            decided += 1
        return decided == most

    def propagated(self, conflicts: Conflicts[str]) -> None:
        for package, learned in conflicts:
            self.lines.append(f"C {package} | {self.text(learned)}")
            self.record(package, learned)
        self.reprioritize()
        prioritized = self.state.partial_solution.prioritized_packages()
        changed = sorted(f"{package} {set_text(versions)}" for package, versions in prioritized)
        self.lines.append(f"V {'; '.join(changed)}")

    def rank(self, package: str, versions: VersionSet) -> tuple[int, ...]:
        return (-self.classes.get(package, 9), self.found_at.get(package, 0))

    def decide(self, package: str, versions: VersionSet) -> None:
        known = sorted(self.universe.packages.get(package, {}))
        usable = [version for version in known if versions.contains(key(version))]
        if not usable:
            self.state.add_no_versions(package, versions)
            return
        version = usable[0 if self.universe.oldest_first else -1]
        if (package, version) in self.added:
            self.state.partial_solution.add_decision(package, key(version))
            self.lines.append(f"D {package} {version}")
            return
        widen = self.universe.widen and package != "root"
        covered = vs.gap_around(key(version), [key(one) for one in known]) if widen else vs.singleton(key(version))
        dependencies = self.universe.packages[package][version]
        if dependencies is None:
            self.state.add_unavailable(package, covered, "bad")
        else:
            self.expand(package, version, covered, dependencies)

    def expand(self, package: str, version: int, covered: VersionSet, dependencies: Dependencies) -> None:
        self.added.add((package, version))
        for name, wanted in dependencies:
            self.discover(name)
            base = name.split("[")[0]
            self.discover(base)
            if base != name and self.universe.tie_virtual:
                self.state.add_dependency(name, wanted, base, wanted)
        rejecting = self.state.add_incompatibilities_from_dependencies(package, key(version), covered, dependencies)
        if rejecting is None:
            self.lines.append(f"D {package} {version}")
        else:
            self.lines.append(f"R {package} {version} | {self.text(rejecting)}")
            self.record(package, rejecting)

    def discover(self, package: str) -> None:
        self.classes.setdefault(package, 0)
        self.found_at.setdefault(package, len(self.found_at))

    def record(self, package: str, learned: IncompatibilityId) -> None:
        culprits = sorted(one for one in self.state.conflict_packages(learned) if one != package)
        for one in culprits:
            self.culprit[one] += 1
            if self.culprit[one] == self.universe.threshold:
                self.late.append(one)
        if culprits:
            self.affected[self.next] += 1
            if self.affected[self.next] == self.universe.threshold:
                self.early.append(self.next)

    def reprioritize(self) -> None:
        for package in self.early:
            if package in self.classes:
                self.classes[package] = 2
        for package in self.late:
            if self.classes.get(package) == 0:
                self.classes[package] = 1
                undone = self.state.backtrack_package(package) or 0
                self.lines.append(f"B {package} {undone}")
        self.early, self.late = [], []

    def text(self, incompatibility: IncompatibilityId) -> str:
        terms = self.state.incompatibilities[incompatibility].terms
        return "; ".join(sorted(f"{self.state.packages[package]} {term_text(term)}" for package, term in terms))


def proof_lines(tree: DerivationTree[str, str]) -> list[str]:
    lines: list[str] = []
    shared = shared_conclusions(tree)
    seen: set[int] = set()
    stack = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, Derived):
            lines.append(external_line(node))
        elif id(node) in seen:
            lines.append("again")
        else:
            seen.add(id(node))
            terms = sorted(f"{package} {term_text(term)}" for package, term in node.terms.items())
            lines.append(f"Y {int(id(node) in shared)} {'; '.join(terms)}")
            stack += [node.cause2, node.cause1]
    return lines


def external_line(
    node: ExternalNotRoot[str] | ExternalNoVersions[str] | ExternalDependency[str] | ExternalCustom[str, str],
) -> str:
    match node:
        case ExternalNotRoot():
            return f"X root {node.package} {int(node.key)}"
        case ExternalNoVersions():
            return f"X none {node.package} {set_text(node.versions)}"
        case ExternalCustom():
            return f"X custom {node.package} {set_text(node.versions)} {node.reason}"
        case ExternalDependency():
            wanted = set_text(node.dependency_versions)
            return f"X dep {node.package} {set_text(node.versions)} {node.dependency} {wanted}"


def trimmed(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("copy_every", [0, 1], ids=["one-state", "copied-each-step"])
@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_every_step_is_that_of_the_reference(path: Path, copy_every: int) -> None:
    universe, expected, *explanation = path.read_text().split("--\n")
    search = Search(parse_universe(universe), copy_every)
    assert trimmed(search.run()) == expected.splitlines()
    assert search.explanation == "".join(explanation).removesuffix("\n")


def test_the_traces_cover_every_kind_of_step() -> None:
    steps = {line.split()[0] for path in TRACES for line in path.read_text().split("--\n")[1].splitlines()}
    assert steps == {*"CBVPDRSFXY", "again"}
