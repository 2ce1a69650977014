"""What the closure finds is what the search finds, on random universes that went on since they were locked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from packaging.specifiers import SpecifierSet

from bot.errors import LockbotError
from bot.lockfile.model import Lock, RegistryRequirement, Requirement
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.markers import TRUE, parse_marker
from bot.resolver.lock import LockTask, lock_project
from bot.resolver.lowering import lower_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.environment import Environment
from bot.resolver.model.request import LockRequest, Upgrade
from bot.resolver.search.closure import Closure
from bot.resolver.search.shared import FactsCache
from bot.resolver.search.solution import SolvedFork
from tests.laws.random_universes import Universe, random_universe
from tests.resolver.scenario_runs import command_settings
from tests.resolver.trees import MemoryTree
from tests.resolver.universe_index import UniverseIndex


@dataclass(frozen=True, slots=True)
class World:
    """A universe as the resolver sees it."""

    request: LockRequest
    index: UniverseIndex
    sources: TreeLowering

    @staticmethod
    def of(universe: Universe, folder: Path) -> World:
        state = universe.scenario(folder).now
        tree, settings, index = MemoryTree(state.files), command_settings((), "3.12"), UniverseIndex(state)
        request = lower_project(tree, root=".", settings=settings)
        return World(request, index, TreeLowering(tree, ".", settings, index))

    def lock(self, upgrade: Upgrade, existing: str | None, cache: FactsCache) -> str:
        """The lock's text, or what is said instead."""
        try:
            return lock_project(self.task(upgrade, existing, cache)).text
        except LockbotError as problem:
            return str(problem)

    def task(self, upgrade: Upgrade, existing: str | None, cache: FactsCache) -> LockTask:
        return LockTask(
            request=replace(self.request, upgrade=upgrade),
            index=self.index,
            sources=self.sources,
            existing=None if existing is None else parse_lock(existing, "uv.lock"),
            existing_text=existing,
            cache=cache,
        )

    def attempt(self, upgrade: Upgrade, existing: str, cache: FactsCache) -> Lock | str:
        """The lock of a trial, or what is said instead."""
        try:
            return lock_project(replace(self.task(upgrade, existing, cache), is_trial=True)).lock
        except LockbotError as problem:
            return str(problem)


def changed_since(universe: Universe, random: Random) -> Universe:
    """The universe as it was: fewer versions, and perhaps other requirements of the project."""
    packages = {
        name: {version: releases[version] for version in sorted(releases)[: random.randint(1, len(releases))]}
        for name, releases in universe.packages.items()
    }
    requires = universe.requires if random.random() < 0.7 else universe.requires[:-1] or universe.requires
    return replace(universe, packages=packages, requires=requires)


def upgrades(universe: Universe, random: Random) -> Sequence[Upgrade]:
    """Nothing, each package alone, and several at once within bounds, of the whole or of some forks."""
    names = sorted(universe.packages)
    several = frozenset(random.sample(names, random.randint(1, len(names))))
    bounds = (bound(random.choice(names), random.choice(("<3", ">=2", "!=2", "==1"))),)
    return [
        Upgrade(),
        *(Upgrade(packages=frozenset({name})) for name in names),
        Upgrade(packages=several),
        Upgrade(packages=several, constraints=bounds),
        Upgrade(packages=several, constraints=tuple(replace(one, marker=random.choice(_MARKERS)) for one in bounds)),
    ]


_MARKERS = [
    parse_marker(text) for text in ("python_version < '3.13'", "sys_platform == 'win32'", "sys_platform != 'win32'")
]


def bound(name: str, specifier: str) -> Requirement:
    return Requirement(name=name, marker=TRUE, source=RegistryRequirement(specifier=SpecifierSet(specifier)))


class Watch:
    """Counts the closure's answers, and withholds them while ``only_search`` is set."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.answers: Counter[bool] = Counter()
        self.only_search = False
        original = Closure.solve

        def solve(closure: Closure, environment: Environment) -> SolvedFork | None:
            if self.only_search:
                return None
            found = original(closure, environment)
            self.answers[found is not None] += 1
            return found

        patch.setattr(Closure, "solve", solve)


@pytest.mark.parametrize("batch", range(6))
def test_the_closure_is_what_the_search_finds(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    for number in range(25):
        random = Random(f"closure {batch} {number}")
        universe = random_universe(random)
        before = World.of(changed_since(universe, random), tmp_path).lock(Upgrade(), None, FactsCache())
        if before.startswith("version = "):
            check(World.of(universe, tmp_path), before, upgrades(universe, random), watch)
    assert min(watch.answers[True], watch.answers[False]) >= 5


@pytest.mark.parametrize("batch", range(4))
def test_a_cache_that_is_emptied_on_the_way_changes_nothing(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    watch.only_search = True
    small = FactsCache(files=3, pages=2)
    for number in range(25):
        random = Random(f"emptied {batch} {number}")
        universe = random_universe(random)
        world = World.of(universe, tmp_path)
        before = world.lock(Upgrade(), None, small)
        assert before == world.lock(Upgrade(), None, FactsCache())
        if before.startswith("version = "):
            for upgrade in upgrades(universe, random):
                assert world.lock(upgrade, before, small) == world.lock(upgrade, before, FactsCache())


@pytest.mark.parametrize("batch", range(3))
def test_what_one_project_leaves_out_is_nothing_to_another(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projects of a run share a cache, and not what they exclude."""
    watch = Watch(monkeypatch)
    for number in range(20):
        random = Random(f"excludes {batch} {number}")
        universe = random_universe(random)
        plain, shared = World.of(universe, tmp_path), FactsCache()
        name = random.choice(sorted(universe.packages))
        other = replace(plain, request=replace(plain.request, excludes=(name,)))
        for world in random.sample((plain, other), 2):
            before = world.lock(Upgrade(), None, shared)
            if before.startswith("version = "):
                for upgrade in upgrades(universe, random):
                    assert world.lock(upgrade, before, shared) == world.lock(upgrade, before, FactsCache())
    assert watch.answers[True] >= 5


@pytest.mark.parametrize("batch", range(4))
def test_a_trial_finds_a_solution_where_there_is_one(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    found: Counter[str] = Counter()
    for number in range(25):
        random = Random(f"trial {batch} {number}")
        universe = random_universe(random)
        before = World.of(changed_since(universe, random), tmp_path).lock(Upgrade(), None, FactsCache())
        if before.startswith("version = "):
            cache, world = FactsCache(), World.of(universe, tmp_path)
            found.update(check_trial(world, before, upgrade, cache) for upgrade in upgrades(universe, random))
    assert watch.answers[True] >= 5
    assert found["as locked"] > 20 * found["another"]


def check_trial(world: World, before: str, upgrade: Upgrade, cache: FactsCache) -> str:
    """A lock of a trial needs no change to be one; what it can't have, nobody can."""
    locked, tried = world.lock(upgrade, before, cache), world.attempt(upgrade, before, cache)
    if isinstance(tried, str):
        assert tried == locked
        return "refused"
    assert locked.startswith("version = ")
    again = world.lock(Upgrade(constraints=upgrade.constraints), render_lock(tried), cache)
    assert versions(parse_lock(again, "uv.lock")) == versions(tried)
    return "as locked" if versions(tried) == versions(parse_lock(locked, "uv.lock")) else "another"


def versions(lock: Lock) -> set[tuple[str, str]]:
    return {(package.name, str(package.version)) for package in lock.packages}


def check(world: World, before: str, proposals: Sequence[Upgrade], watch: Watch) -> None:
    shared = FactsCache()
    watch.only_search = False
    quick = {upgrade: world.lock(upgrade, before, shared) for upgrade in proposals}
    watch.only_search = True
    for upgrade, text in quick.items():
        assert text == world.lock(upgrade, before, FactsCache())
