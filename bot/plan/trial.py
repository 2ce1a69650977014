"""Asks the solver "what if", for one unit: what the planner's questions have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from packaging.version import Version

from bot.errors import BuildRequiredError, IndexFailure, InputError, NoSolutionError, ResolutionError
from bot.plan.loosening import (
    Windows,
    floor_window,
    registry_specifiers,
    with_everything_upgraded,
    with_upgrade,
    with_windows,
)
from bot.plan.overlay import OverlayTree
from bot.plan.unit import Solve, Unit, locked_versions
from bot.resolver.lock import Locked
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest

_REMEMBERED = 8

#: Edited texts, packages that may move, bounds.
Question: TypeAlias = tuple[frozenset[tuple[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Impossible:
    """There is no lock; ``reason`` is the solver's explanation, ``packages`` those that take part in it."""

    reason: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A unit on its base: ``request`` as the repository states it, ``base`` its lock as it stands (re-solved).

    ``floors`` keep every direct package from going back: no update is worth another one's loss.
    ``failures`` collects what kept a question from being answered at all: then a missing proposal proves nothing.
    ``answers`` remembers: a proposal that needs no edit asks for its lock what the search asked already.
    """

    unit: Unit
    tree: Tree
    solve: Solve = field(repr=False)
    request: LockRequest = field(repr=False)
    base: Locked = field(repr=False)
    floors: Windows = field(repr=False)
    failures: list[str] = field(default_factory=list, repr=False)
    answers: dict[Question, Locked | Impossible] = field(default_factory=dict, repr=False)

    @property
    def current(self) -> Mapping[str, tuple[Version, ...]]:
        return locked_versions(self.base.lock)

    def what_if(self, names: Iterable[str], *, windows: Windows, bounds: Windows) -> Locked | Impossible:
        """Let some packages move: ``windows`` replace specifiers, ``bounds`` are added to them."""
        bounds = {**self.floors, **bounds}
        request = with_upgrade(with_windows(self.request, windows), names, bounds)
        if windows:
            return self._ask(request, self.tree)
        return self._remember(_question({}, names, bounds), lambda: self._ask(request, self.tree))

    def after_edit(self, texts: Mapping[str, str], names: Iterable[str], bounds: Windows) -> Locked | Impossible:
        """The lock of the repository with these texts, letting ``names`` move inside ``bounds``."""
        tree, bounds = self._edited(texts), {**self.floors, **bounds}

        def ask() -> Locked | Impossible:
            return self._ask(with_upgrade(self.unit.lower(tree), names, bounds), tree)

        return self._remember(_question(texts, names, bounds), ask)

    def refreshed(self, texts: Mapping[str, str]) -> Locked | Impossible:
        """The same, letting everything move."""
        tree = self._edited(texts)
        locked = [package.name for package in self.base.lock.packages]
        return self._ask(with_everything_upgraded(self.unit.lower(tree), locked, self.floors), tree)

    def relocked(self, texts: Mapping[str, str]) -> Locked | Impossible:
        """The same, letting nothing move that need not."""
        tree = self._edited(texts)
        return self._ask(self.unit.lower(tree), tree)

    def _remember(self, question: Question, ask: Callable[[], Locked | Impossible]) -> Locked | Impossible:
        """A handful: locks are large, and only what was asked a moment ago is asked again."""
        if question not in self.answers:
            if len(self.answers) >= _REMEMBERED:
                self.answers.clear()
            self.answers[question] = ask()
        return self.answers[question]

    def _edited(self, texts: Mapping[str, str]) -> Tree:
        return OverlayTree(tree=self.tree, texts=texts) if texts else self.tree

    def _ask(self, request: LockRequest, tree: Tree) -> Locked | Impossible:
        lock = self.unit.lock or self.base.lock
        text = self.unit.lock_text if self.unit.lock else self.base.text
        try:
            return self.solve(request, tree=tree, folder=self.unit.folder, existing=lock, existing_text=text)
        except NoSolutionError as error:
            return Impossible(_without_heading(str(error)), error.packages)
        except BuildRequiredError as error:
            return Impossible(str(error))
        except (ResolutionError, IndexFailure, InputError) as error:
            self.failures.append(str(error))
            return Impossible(str(error))


def make_bench(unit: Unit, tree: Tree, solve: Solve) -> Bench:
    """Solve the unit as it stands; raises ``ResolutionError``, ``InputError`` or ``IndexFailure`` where that fails."""
    request = unit.lower(tree)
    base = solve(request, tree=tree, folder=unit.folder, existing=unit.lock, existing_text=unit.lock_text)
    return Bench(unit=unit, tree=tree, solve=solve, request=request, base=base, floors=_floors(request, base))


def _floors(request: LockRequest, base: Locked) -> Windows:
    current = locked_versions(base.lock)
    direct = registry_specifiers(request)
    return {name: floor_window(versions[0], ()) for name, versions in current.items() if name in direct}


def _question(texts: Mapping[str, str], names: Iterable[str], bounds: Windows) -> Question:
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
