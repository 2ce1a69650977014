"""Laws of locking on random universes: what a lock promises holds in every environment, whatever the order of the input.

``random_universes`` has the generator and an oracle that searches each environment by itself. The lock is read with
``tomllib`` and its markers with ``packaging``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from packaging.markers import Marker

from bot.resolver.model.effort import EffortLimits
from tests.laws.random_universes import (
    Environment,
    Universe,
    environments,
    faults,
    find_installation,
    parsed,
    random_universe,
)
from tests.resolver.scenario_runs import run_lockbot
from tests.resolver.universe import Expected

BATCHES = range(10)
_PER_BATCH = 8

Entry = Mapping[str, Any]


def universes(batch: int) -> list[Universe]:
    return [random_universe(Random(f"{batch} {number}")) for number in range(_PER_BATCH)]


def installed(lock: str, environment: Environment) -> dict[str, set[str]]:
    """The versions by name that the lock gives in one environment, with all extras and groups of the project."""
    entries: list[Entry] = tomllib.loads(lock)["package"]
    project = next(entry for entry in entries if entry["name"] == "project")
    sections = [
        project,
        *project.get("optional-dependencies", {}).values(),
        *project.get("dev-dependencies", {}).values(),
    ]
    waiting = [edge for one in sections for edge in (one if isinstance(one, list) else one.get("dependencies", ()))]
    found: dict[str, set[str]] = {}
    seen: set[tuple[str, str, str]] = set()
    while waiting:
        edge = waiting.pop()
        if "marker" in edge and not Marker(edge["marker"]).evaluate(dict(environment)):
            continue
        entry = next(
            one for one in entries if one["name"] == edge["name"] and edge.get("version") in (None, one["version"])
        )
        found.setdefault(entry["name"], set()).add(entry["version"])
        for part in {"", *edge.get("extra", ())}:
            if (entry["name"], entry["version"], part) not in seen:
                seen.add((entry["name"], entry["version"], part))
                waiting += (
                    entry.get("optional-dependencies", {}).get(part, ()) if part else entry.get("dependencies", ())
                )
    return found


def locked(universe: Universe, folder: Path) -> Expected:
    return run_lockbot(universe.scenario(folder))


@pytest.mark.parametrize("batch", BATCHES)
def test_a_lock_is_a_valid_installation_in_every_environment(batch: int, tmp_path: Path) -> None:
    for universe in universes(batch):
        lock = locked(universe, tmp_path).lock
        for environment in environments(universe) if lock is not None else ():
            assert lock is not None
            versions = installed(lock, environment)
            assert [name for name, several in versions.items() if len(several) > 1] == []
            assert faults(universe, environment, {name: min(several) for name, several in versions.items()}) == []


@pytest.mark.parametrize("batch", BATCHES)
def test_what_cannot_be_installed_somewhere_is_refused(batch: int, tmp_path: Path) -> None:
    for universe in universes(batch):
        if any(find_installation(universe, environment) is None for environment in environments(universe)):
            assert locked(universe, tmp_path).no_solution is not None


def test_the_universes_hold_locks_refusals_forks_and_reasons_to_refuse(tmp_path: Path) -> None:
    found = [locked(universe, tmp_path) for batch in BATCHES for universe in universes(batch)]
    assert sum(one.lock is not None for one in found) > 30
    assert sum(one.no_solution is not None for one in found) > 10
    assert sum("resolution-markers" in (one.lock or "") for one in found) > 10
    assert all(one.refusal is None for one in found)


@pytest.mark.parametrize("batch", BATCHES)
def test_requirements_of_different_packages_may_be_declared_in_any_order(batch: int, tmp_path: Path) -> None:
    random = Random(batch)
    for universe in universes(batch):
        turned = replace(
            universe,
            requires=_reordered(random, universe.requires),
            optional={name: _reordered(random, listed) for name, listed in universe.optional.items()},
            groups={name: _reordered(random, listed) for name, listed in universe.groups.items()},
        )
        assert locked(turned, tmp_path).lock == locked(universe, tmp_path).lock


def _reordered(random: Random, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements in another order of names; those of one name keep theirs, which has a meaning."""
    names = [parsed(one).name for one in requirements]
    random.shuffle(names)
    waiting = {name: [one for one in requirements if parsed(one).name == name] for name in names}
    return tuple(waiting[name].pop(0) for name in names)


@pytest.mark.parametrize("batch", BATCHES)
def test_packages_out_of_reach_change_nothing(batch: int, tmp_path: Path) -> None:
    for universe in universes(batch):
        reached = _reached(universe)
        fewer = {name: releases for name, releases in universe.packages.items() if name in reached}
        if len(fewer) < len(universe.packages):
            assert locked(replace(universe, packages=fewer), tmp_path) == locked(universe, tmp_path)


def _reached(universe: Universe) -> set[str]:
    waiting = [parsed(one).name for one in universe.roots()]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for release in universe.packages[name].values():
                lists = (release.requires, *release.extras.values())
                waiting += [parsed(one).name for listed in lists for one in listed]
    return found


@pytest.mark.parametrize("batch", BATCHES)
def test_locking_again_changes_nothing(batch: int, tmp_path: Path) -> None:
    for universe in universes(batch):
        scenario = universe.scenario(tmp_path)
        first = run_lockbot(scenario)
        if first.lock is not None:
            assert run_lockbot(replace(scenario, existing=first.lock)).unchanged


@pytest.mark.parametrize("batch", BATCHES)
def test_an_upgrade_of_a_fresh_lock_changes_nothing(batch: int, tmp_path: Path) -> None:
    for universe in universes(batch):
        scenario = universe.scenario(tmp_path)
        first = run_lockbot(scenario)
        if first.lock is not None:
            upgrade = replace(scenario.now, arguments=("--upgrade",))
            assert run_lockbot(replace(scenario, now=upgrade, existing=first.lock)).unchanged


@pytest.mark.parametrize("batch", BATCHES)
def test_a_limit_of_effort_is_no_contradiction(batch: int, tmp_path: Path) -> None:
    limits = EffortLimits(decisions=2, forks=60, seconds=60.0)
    for universe in universes(batch):
        scenario = universe.scenario(tmp_path)
        first = run_lockbot(scenario)
        found = run_lockbot(replace(scenario, effort=limits))
        if found != first:
            assert found.no_solution is None
            assert (found.refusal or "").startswith("gave up after 2 decisions")
