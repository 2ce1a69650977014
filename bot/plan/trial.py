"""A unit on trial: the solver is asked "what if", and what it says is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import BuildRequiredError, IndexFailure, InputError, NoSolutionError, ResolutionError
from bot.lockfile.model import Lock, RegistryRequirement
from bot.plan.available import find_variants, is_own_label
from bot.plan.loosening import (
    Loosened,
    Specifiers,
    range_from,
    registry_sources,
    with_everything_upgraded,
    with_specifiers,
    with_upgrade,
)
from bot.plan.solver import Solver
from bot.plan.unit import LockedVersions, Unit
from bot.plan.worlds import Holdings
from bot.ports.run import Problem
from bot.resolver.lock import Locked
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest

_REMEMBERED = 8

#: Edited texts, packages that may move, bounds.
Question: TypeAlias = tuple[frozenset[tuple[str, str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """There is no lock; ``reason`` is the solver's explanation, ``packages`` those that take part in it."""

    reason: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The question had no answer: an index was down, a search took too long. It proves nothing about ``unit``.

    ``problem``: what is told of it, where that is more than the reason.
    """

    unit: str
    reason: str
    problem: Problem | None = None


NoLock: TypeAlias = Impossible | Unanswered
Answer: TypeAlias = Locked | NoLock


def unanswered(*answers: Answer) -> tuple[Unanswered, ...]:
    """Those of the answers that are none."""
    return tuple(answer for answer in answers if isinstance(answer, Unanswered))


@dataclass(frozen=True, slots=True)
class AnswerMemo:
    """What was asked a moment ago: a proposal that needs no edit asks for its lock what the search asked already.

    A handful, because locks are large.
    """

    _answers: dict[Question, Answer] = field(default_factory=dict, repr=False)

    def get(self, question: Question, ask: Callable[[], Answer]) -> Answer:
        """The answer, asked for where it isn't remembered."""
        if question not in self._answers:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[question] = ask()
        return self._answers[question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A unit on its base: ``request`` as the repository states it, ``base`` its lock as it stands (re-solved).

    ``floors`` keep every direct package from going back: no update is worth another one's loss. ``variants`` keep every
    package that is built in variants to the labels that the lock has of it.
    """

    unit: Unit
    tree: Tree
    solve: Solver = field(repr=False)
    request: LockRequest = field(repr=False)
    base: Locked = field(repr=False)
    floors: Specifiers = field(repr=False)
    variants: Specifiers = field(default_factory=dict, repr=False)
    holdings: Holdings = field(repr=False)
    memo: AnswerMemo = field(default_factory=AnswerMemo, repr=False)

    @property
    def current(self) -> LockedVersions:
        return self.holdings.versions

    def holdings_of(self, lock: Lock) -> Holdings:
        """What another lock of the unit holds where."""
        return Holdings(lock=lock, folder=self.unit.folder)

    def what_if(self, names: Iterable[str], *, loosened: Loosened, bounds: Specifiers) -> Answer:
        """Let some packages move: ``loosened`` replace specifiers, ``bounds`` are added to them."""
        bounds = self._bounded(bounds)
        request = with_upgrade(with_specifiers(self.request, loosened), names, bounds)
        if loosened:
            return self._ask(request, self.tree)
        return self.memo.get(_question({}, names, bounds), lambda: self._ask(request, self.tree))

    def after_edit(self, texts: Mapping[str, str], names: Iterable[str], bounds: Specifiers) -> Answer:
        """The lock of the repository with these texts, letting ``names`` move inside ``bounds``."""
        tree, bounds = self._edited(texts), self._bounded(bounds)

        def ask() -> Answer:
            return self._ask(with_upgrade(self.unit.lower(tree), names, bounds), tree)

        return self.memo.get(_question(texts, names, bounds), ask)

    def refreshed(self, texts: Mapping[str, str]) -> Answer:
        """The same, letting everything move."""
        tree = self._edited(texts)
        locked = [package.name for package in self.base.lock.packages]
        return self._ask(with_everything_upgraded(self.unit.lower(tree), locked, self._bounded({})), tree)

    def relocked(self, texts: Mapping[str, str]) -> Answer:
        """The same, letting nothing move that need not."""
        tree = self._edited(texts)
        return self._ask(self.unit.lower(tree), tree)

    def _bounded(self, bounds: Specifiers) -> Specifiers:
        found = {**self.floors, **bounds}
        return found | {name: found.get(name, SpecifierSet()) & bound for name, bound in self.variants.items()}

    def _edited(self, texts: Mapping[str, str]) -> Tree:
        return EditedTree(tree=self.tree, texts=texts) if texts else self.tree

    def _ask(self, request: LockRequest, tree: Tree) -> Answer:
        lock = self.unit.lock or self.base.lock
        text = self.unit.lock_text if self.unit.lock else self.base.text
        try:
            return self.solve(request, tree=tree, folder=self.unit.folder, existing=lock, existing_text=text)
        except NoSolutionError as error:
            return Impossible(reason=_without_heading(str(error)), packages=error.packages)
        except BuildRequiredError as error:
            return Impossible(reason=str(error))
        except (ResolutionError, IndexFailure, InputError) as error:
            return Unanswered(unit=self.unit.name, reason=str(error))


def make_trial(unit: Unit, tree: Tree, solve: Solver) -> Trial:
    """Solve the unit as it stands; raises ``ResolutionError``, ``InputError`` or ``IndexFailure`` where that fails."""
    request = unit.lower(tree)
    base = solve(request, tree=tree, folder=unit.folder, existing=unit.lock, existing_text=unit.lock_text)
    holdings = Holdings(lock=base.lock, folder=unit.folder)
    return Trial(
        unit=unit,
        tree=tree,
        solve=solve,
        request=request,
        base=base,
        floors=_floors(request, holdings.versions),
        variants=_variants(request, holdings.versions, solve.index),
        holdings=holdings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedTree:
    """What the repository would be after an edit: ``texts`` by normalized path, everything else read through."""

    tree: Tree
    texts: Mapping[str, str]

    def read_text(self, path: str) -> str | None:
        replaced = self.texts.get(path.removeprefix("./"))
        return self.tree.read_text(path) if replaced is None else replaced

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return self.tree.exists(path)


def _floors(request: LockRequest, current: LockedVersions) -> Specifiers:
    direct = registry_sources(request)
    return {name: range_from(versions[0]) for name, versions in current.items() if name in direct}


def _variants(request: LockRequest, current: LockedVersions, index: IndexPort) -> Specifiers:
    """For every package of which the lock has labelled versions, those of other labels shut out."""
    direct = registry_sources(request)
    labelled = {name: found for name, found in current.items() if any(one.local for one in found)}
    return {name: _of_other_labels(request, index, name, direct.get(name), found) for name, found in labelled.items()}


def _of_other_labels(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement] | None,
    locked: Sequence[Version],
) -> SpecifierSet:
    anywhere = [RegistryRequirement(specifier=SpecifierSet(), index=url) for url in (None, *_urls(request))]
    found = set(find_variants(request, index, name, sources or anywhere, locked[0]))
    labels = {one.local for one in locked if one.local}
    beside = {one for one in found if one.local is None and any(_labelled(one, label) in found for label in labels)}
    foreign = sorted(one for one in found - beside if not is_own_label(one, locked))
    return SpecifierSet(",".join(f"!={one}" for one in foreign))


def _urls(request: LockRequest) -> Sequence[str]:
    return [place.url for place in request.indexes if place.explicit]


def _labelled(version: Version, label: str) -> Version:
    return Version(f"{version.public}+{label}")


def _question(texts: Mapping[str, str], names: Iterable[str], bounds: Specifiers) -> Question:
    return (
        frozenset(texts.items()),
        frozenset((name, "") for name in names),
        frozenset((name, str(bound)) for name, bound in bounds.items()),
    )


def _without_heading(explanation: str) -> str:
    """The explanation where its heading is already said; which fork it speaks of stays."""
    heading, _, rest = explanation.partition("\n")
    if not heading.startswith("No solution"):
        return explanation
    return f"{heading.removeprefix('No solution').removeprefix(':').strip()}\n{rest}".strip()
