"""A unit on trial: the solver is asked "what if", and what it says is believed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import BuildRequiredError, IndexFailure, InputError, NoSolutionError, ResolutionError
from bot.lockfile.model import Lock, Requirement
from bot.plan.available import find_newest, find_withdrawn, shut_out_variants
from bot.plan.index.locked import LockedSources
from bot.plan.index.permitted import PermittedIndex, find_dated, find_held
from bot.plan.loosening import (
    Bounds,
    Loosened,
    Specifiers,
    range_from,
    registry_sources,
    with_everything_upgraded,
    with_specifiers,
    with_upgrade,
)
from bot.plan.rules import Rule, as_locked, find_rules, fork_bounds, majors_of_forks
from bot.plan.solver import Solver
from bot.plan.standings import Permits, Standings, find_pins, forbids_anything
from bot.plan.unit import Unit
from bot.plan.worlds.holdings import Holdings, LockedVersions, locked_versions
from bot.ports.run import Problem
from bot.repoconfig.model import RepoConfig
from bot.resolver.lock import Locked
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest

_REMEMBERED = 8
#: How often what was solved is solved again until it stands.
_SETTLING = 3

#: Edited texts, packages that may move, bounds.
Question: TypeAlias = tuple[frozenset[tuple[str, str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """There is no lock; ``reason`` is the solver's explanation, ``packages`` those that take part in it.

    ``asked`` are those of them that the question itself bounds. ``build``: what would have to be built first.
    """

    reason: str
    packages: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    build: BuildRequiredError | None = None


def to_be_built(error: BuildRequiredError) -> str:
    what = f"{error.package} {error.version or ''}".rstrip()
    return f"{what} would have to be built: {error.why}"


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

    ``rules`` hold in every question, but for the packages that it is about. ``floors`` keep packages from going back,
    ``variants`` those that are built in variants to the labels that the lock has of them. ``sources`` takes the lock's
    word for what can't be read. ``permitted`` hides versions; None: nothing is hidden. ``keeps_forks``: where a package
    is to stay in its major, forks in an older one stay in that.
    """

    unit: Unit
    tree: Tree
    solve: Solver = field(repr=False)
    request: LockRequest = field(repr=False)
    base: Locked = field(repr=False)
    rules: Mapping[str, Rule] = field(repr=False)
    floors: Specifiers = field(repr=False)
    sources: LockedSources = field(repr=False)
    standings: Standings = field(repr=False)
    config: RepoConfig = field(repr=False)
    permitted: PermittedIndex | None = field(default=None, repr=False)
    variants: Specifiers = field(default_factory=dict, repr=False)
    holdings: Holdings = field(repr=False)
    memo: AnswerMemo = field(default_factory=AnswerMemo, repr=False)
    keeps_forks: bool = True

    @property
    def current(self) -> LockedVersions:
        return self.holdings.versions

    def holdings_of(self, lock: Lock) -> Holdings:
        """What another lock of the unit holds where."""
        return Holdings(lock=lock, folder=self.unit.folder)

    @property
    def direct(self) -> LockedVersions:
        """The part of ``current`` that the unit's own requirements name."""
        named = registry_sources(self.request)
        return {name: versions for name, versions in self.current.items() if name in named}

    def withdrawn(self, versions: LockedVersions) -> Mapping[str, str]:
        """Those of these locked versions that are no longer to be had, with the reason."""
        return find_withdrawn(self.request, self.solve.index, versions, registry_sources(self.request))

    def newest(self, name: str) -> Version:
        """The newest version that its index has of a locked package."""
        current = self.current[name][-1]
        sources = registry_sources(self.request).get(name, ())
        found = find_newest(self.request, self.solve.index, name, sources, [current])
        return found.overall or found.in_major or current

    def going_back(self) -> Trial:
        """The same trial where packages may go back."""
        return replace(self, floors={})

    def leaving_forks(self) -> Trial:
        """The same trial where forks may leave the older major that they are in."""
        return replace(self, keeps_forks=False)

    def letting(self, names: Iterable[str], age: timedelta | None = None) -> Trial:
        """The same trial where these packages need only be so old, whatever the configuration asks of others."""
        if self.permitted is None:
            return self
        permitted = self.permitted.letting(names, age)
        sources = replace(self.sources, port=permitted)
        solve = replace(self.solve, index=sources)
        return replace(self, permitted=permitted, sources=sources, solve=solve, memo=AnswerMemo())

    def tied_to(self, name: str) -> frozenset[str]:
        """The indirect packages of an index that the locked versions of a package require, and others that require those."""
        indirect = frozenset(self.current) - frozenset(self.direct)
        needs = {package.name: {edge.name for edge in package.dependencies} for package in self.base.lock.packages}
        needed = indirect & needs.get(name, set())
        return needed | {one for one, edges in needs.items() if one in indirect and edges & needed}

    def what_if(
        self,
        names: Sequence[str],
        *,
        loosened: Loosened,
        bounds: Specifiers,
        about: Sequence[str] | None = None,
        forked: Sequence[Requirement] = (),
    ) -> Answer:
        """Let some packages move: ``loosened`` replace specifiers, ``bounds`` are added to them, ``forked`` in some forks.

        ``about`` are those of them that the question is about (all, unless said).
        """
        bounded = self._bounds(bounds, names if about is None else about, forked)
        request = with_upgrade(with_specifiers(self.request, loosened), names, bounded)
        if loosened:
            # What comes of it is looked at for versions, and locked once more when the requirements are written.
            return self._ask(request, self.tree, is_trial=True)
        return self.memo.get(_question({}, names, bounded), lambda: self._ask(request, self.tree))

    def after_edit(
        self,
        texts: Mapping[str, str],
        names: Sequence[str],
        bounds: Specifiers,
        about: Iterable[str],
        forked: Sequence[Requirement] = (),
    ) -> Answer:
        """The lock of the repository with these texts, letting ``names`` move inside ``bounds``."""
        tree, bounded = self._edited(texts), self._bounds(bounds, about, forked)

        def ask() -> Answer:
            request = self.unit.lower(tree)
            return self._lasting(self._ask(with_upgrade(request, names, bounded), tree), request, tree, bounded)

        # What was asked "what if" does for the lock only where it lasts.
        mark = () if self.unit.form.is_lasting else ("!",)
        return self.memo.get(_question(texts, (*names, *mark), bounded), ask)

    def refreshed(self, bounds: Specifiers, kept: Iterable[str], texts: Mapping[str, str]) -> Answer:
        """Everything may move but ``kept``; ``texts`` are new ones of other files."""
        locked = [package.name for package in self.base.lock.packages]
        still = {name: as_locked(self.current[name]) for name in kept if name in self.current}
        bounded = self._bounds({**bounds, **still}, ())
        tree = self._edited(texts)

        def ask() -> Answer:
            request = self.unit.lower(tree) if texts else self.request
            answer = self._ask(with_everything_upgraded(request, locked, kept, bounded), tree)
            return self._lasting(answer, request, tree, bounded)

        return self.memo.get(_question(texts, [*locked, *(f"!{one}" for one in kept)], bounded), ask)

    def _bounds(self, bounds: Specifiers, about: Iterable[str], forked: Sequence[Requirement] = ()) -> Bounds:
        """``bounds`` with the floors, and with the rules of all packages but those that the question is about."""
        free = frozenset(about)
        ruled = {name: rule for name, rule in self.rules.items() if rule.bound is not None and name not in free}
        stated = [
            self.floors,
            self.variants,
            bounds,
            {name: rule.bound for name, rule in ruled.items() if rule.bound is not None},
        ]
        names = dict.fromkeys(name for one in stated for name in one)
        told = dict.fromkeys(names, "") | {name: one.told(name) for name, one in ruled.items()}
        return Bounds(
            specifiers={name: _joined(one[name] for one in stated if name in one) for name in names},
            told=told,
            forked=(
                *fork_bounds(self.rules, self.holdings),
                *(majors_of_forks(bounds, self.holdings) if self.keeps_forks else ()),
                *forked,
            ),
        )

    def relocked(self, texts: Mapping[str, str]) -> Answer:
        """The same, letting nothing move that need not."""
        tree, free = self._edited(texts), Bounds(specifiers={}, told={})

        def ask() -> Answer:
            request = self.unit.lower(tree)
            return self._lasting(self._ask(request, tree), request, tree, free)

        return self.memo.get(_question(texts, (), free), ask)

    def _lasting(self, answer: Answer, request: LockRequest, tree: Tree, bounds: Bounds) -> Answer:
        """What the answer becomes once nothing is asked for: who runs the command then is to find nothing to change."""
        for _ in range(0 if self.unit.form.is_lasting else _SETTLING):
            if not isinstance(answer, Locked):
                return answer
            again = self._ask(request, tree, answer)
            if isinstance(again, Locked) and again.text == answer.text:
                return answer
            answer = again
        lost = _find_outside(answer.lock, bounds.specifiers) if isinstance(answer, Locked) else None
        if lost is None:
            return answer
        return Impossible(reason=f"{lost} would not stay where it is to stay when it is solved again", packages=(lost,))

    def _edited(self, texts: Mapping[str, str]) -> Tree:
        return EditedTree(tree=self.tree, texts=texts) if texts else self.tree

    def _ask(self, request: LockRequest, tree: Tree, held: Locked | None = None, *, is_trial: bool = False) -> Answer:
        """``held`` is the lock to begin with, the unit's own unless said."""
        lock = held.lock if held else self.unit.lock or self.base.lock
        text = held.text if held else self.unit.lock_text if self.unit.lock else self.base.text
        try:
            return _solve(self.unit, tree, self.solve, request, lock, text, is_trial=is_trial)
        except NoSolutionError as error:
            reason = self.sources.tell(error.packages) or _without_heading(str(error))
            reason = "\n".join([reason, *(self.permitted.tell(error.packages) if self.permitted else ())])
            return Impossible(reason=reason, packages=error.packages, asked=error.asked)
        except BuildRequiredError as error:
            if self.sources.believe(error.package, to_be_built(error)):
                return self._ask(request, tree, held, is_trial=is_trial)
            return Impossible(reason=str(error), build=error)
        except (ResolutionError, IndexFailure, InputError) as error:
            return Unanswered(unit=self.unit.name, reason=str(error))


def make_trial(unit: Unit, tree: Tree, solve: Solver, config: RepoConfig) -> Trial:
    """Solve the unit as it stands; raises ``ResolutionError``, ``InputError`` or ``IndexFailure`` where that fails."""
    based = find_environment(unit, tree, solve, config)
    unit, request, base = based.unit, based.request, based.base
    solve, sources = based.solve, based.sources
    holdings = Holdings(lock=base.lock, folder=unit.folder)
    standings = Standings(unit=unit, lock=base.lock, now=solve.settings.now)
    return Trial(
        unit=unit,
        tree=tree,
        solve=solve,
        request=request,
        base=base,
        rules=find_rules(base.lock, config, standings),
        floors=_floors(request, holdings.versions),
        sources=sources,
        standings=standings,
        config=config,
        permitted=based.permitted,
        variants=shut_out_variants(request, solve.index, holdings.versions, registry_sources(request)),
        holdings=holdings,
    )


def _permitted(unit: Unit, solve: Solver, config: RepoConfig) -> PermittedIndex | None:
    """By what the repository's lock holds, not by what it would have to hold today."""
    if not forbids_anything(config):
        return None
    standings = Standings(unit=unit, lock=unit.lock, now=solve.settings.now)
    return PermittedIndex(
        port=solve.index,
        permits=Permits(config=config, standings=standings),
        held=find_held(unit.lock, find_pins(unit)),
        dated=find_dated(unit.lock),
        now=solve.settings.now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Based:
    """A unit that was solved as it stands."""

    unit: Unit
    request: LockRequest
    base: Locked
    solve: Solver
    sources: LockedSources
    permitted: PermittedIndex | None


def find_environment(unit: Unit, tree: Tree, solve: Solver, config: RepoConfig, free: Collection[str] = ()) -> Based:
    """The unit in the environment in which its lock comes out as it is; in the likeliest one where there is none.

    The packages that are ``free`` need not wait until they are old enough. Raises as ``make_trial``.
    """
    found: Based | ResolutionError
    try:
        found = _based(unit, tree, solve, config, free)
    except ResolutionError as error:
        if not unit.alternatives:
            raise
        found = error
    if isinstance(found, Based) and found.base.unchanged:
        return found
    for other in unit.alternatives:
        with suppress(ResolutionError):
            based = _based(other, tree, solve, config, free)
            if based.base.unchanged:
                return based
    if isinstance(found, Based):
        return found
    raise found


def _based(unit: Unit, tree: Tree, solve: Solver, config: RepoConfig, free: Collection[str]) -> Based:
    request = unit.lower(tree)
    permitted = _permitted(unit, solve, config)
    if permitted is not None and free:
        permitted = permitted.letting(free)
    sources = LockedSources(port=permitted or solve.index, lock=unit.lock)
    solve = replace(solve, index=sources)
    try:
        base = _solve_base(unit, tree, solve, request, sources)
    except NoSolutionError as error:
        told = list(permitted.tell(error.packages)) if permitted is not None else []
        raise NoSolutionError("\n".join([str(error), *told]), packages=error.packages, asked=error.asked) from error
    return Based(unit=unit, request=request, base=base, solve=solve, sources=sources, permitted=permitted)


def _solve_base(unit: Unit, tree: Tree, solve: Solver, request: LockRequest, sources: LockedSources) -> Locked:
    try:
        return _solve(unit, tree, solve, request, unit.lock, unit.lock_text)
    except BuildRequiredError as error:
        if not sources.believe(error.package, to_be_built(error)):
            raise
        return _solve_base(unit, tree, solve, request, sources)


def _solve(
    unit: Unit,
    tree: Tree,
    solve: Solver,
    request: LockRequest,
    existing: Lock | None,
    text: str | None,
    *,
    is_trial: bool = False,
) -> Locked:
    return solve(
        request,
        tree=tree,
        folder=unit.folder,
        existing=existing,
        existing_text=text,
        form=unit.form,
        is_trial=is_trial,
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


def _find_outside(lock: Lock, bounds: Specifiers) -> str | None:
    """A package that a lock holds outside of its bound."""
    versions = locked_versions(lock)
    outside = (
        name
        for name, bound in bounds.items()
        if not all(bound.contains(one, prereleases=True) for one in versions.get(name, ()))
    )
    return next(outside, None)


def _floors(request: LockRequest, current: LockedVersions) -> Specifiers:
    """An indirect package on a pre-release has none: a bound that names one would let in others."""
    direct = registry_sources(request)
    return {
        name: range_from(versions[0])
        for name, versions in current.items()
        if name in direct or not versions[0].is_prerelease
    }


def _joined(specifiers: Iterable[SpecifierSet]) -> SpecifierSet:
    return reduce(and_, specifiers)


def _question(texts: Mapping[str, str], names: Iterable[str], bounds: Bounds) -> Question:
    return (
        frozenset(texts.items()),
        frozenset((name, "") for name in names),
        frozenset((name, str(bound)) for name, bound in bounds.specifiers.items()),
        frozenset((f"{one.name} ; {one.marker}", str(one.source)) for one in bounds.forked),
    )


def _without_heading(explanation: str) -> str:
    """The explanation where its heading is already said; which fork it speaks of stays."""
    heading, _, rest = explanation.partition("\n")
    if not heading.startswith("No solution"):
        return explanation
    return f"{heading.removeprefix('No solution').removeprefix(':').strip()}\n{rest}".strip()
