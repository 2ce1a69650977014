"""``lockbot run`` over projects of the guide: torch moves with its family, and every build keeps its label."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bot.cli.local.committing import run_local
from bot.cli.local.repository import LocalRun
from tests.kept_errors import keep_nothing
from tests.pytorch.mirror import NEW
from tests.pytorch.test_locks import FOLDER, scenario
from tests.resolver.scenario_runs import DEFAULT_INDEX, Uv, run_lockbot
from tests.resolver.universe import Scenario, State
from tests.resolver.universe_index import UniverseIndex
from tests.runs.local_repository import NOW, LocalRepository, make_repository

#: What the guide's projects name as their default index is PyPI, which a run has no option to replace.
PYPI = f'\n[[tool.uv.index]]\nurl = "{DEFAULT_INDEX}"\ndefault = true\n'
NAMES = (
    "cpu",
    "cu128",
    "rocm",
    "xpu",
    "cpu-or-cuda-by-platform",
    "extras",
    "three-extras",
    "groups",
    "audio",
    "pinned-label",
)
FAMILY = ("torch", "torchvision", "torchaudio")


@cache
def earlier(name: str) -> Scenario:
    """The project as it is before the newest torch has come out."""
    found = scenario(name, "upgrade")
    assert found.before is not None
    return replace(found, now=with_pypi(found.before), before=None)


def with_pypi(state: State) -> State:
    return replace(state, files={"pyproject.toml": state.files["pyproject.toml"] + PYPI}, arguments=())


def run_on(name: str, folder: Path) -> LocalRepository:
    """The repository with the branches that lockbot makes when the newest torch is there."""
    lock = run_lockbot(earlier(name)).lock
    assert lock is not None
    repository = make_repository(folder / "repository")
    repository.commit({**earlier(name).now.files, "uv.lock": lock})
    index = UniverseIndex(with_pypi(scenario(name, "upgrade").now))
    result = run_local(LocalRun(path=repository.folder, environ=os.environ, now=NOW), index, keep_nothing)
    assert result.report.problems == ()
    return repository


def labels(lock: str) -> Mapping[str, Counter[str]]:
    """The labels that the lock has of each of the family, with how many entries have it."""
    found: dict[str, Counter[str]] = {}
    for package in tomllib.loads(lock)["package"]:
        if package["name"] in FAMILY:
            found.setdefault(package["name"], Counter())[package["version"].partition("+")[2]] += 1
    return found


def versions(lock: str) -> set[str]:
    return {
        package["version"].partition("+")[0] for package in tomllib.loads(lock)["package"] if package["name"] in FAMILY
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_build_keeps_its_label(name: str, tmp_path: Path) -> None:
    repository = run_on(name, tmp_path)
    before = repository.show("main", "uv.lock")
    moved = [repository.show(branch, "uv.lock") for branch in repository.branches()]
    newest = [lock for lock in moved if versions(lock) <= set(NEW)]
    assert newest, repository.branches()
    assert [labels(lock) for lock in moved] == [labels(before)] * len(moved)


def test_a_pin_keeps_its_label(tmp_path: Path) -> None:
    repository = run_on("pinned-label", tmp_path)
    moved = [repository.show(branch, "pyproject.toml") for branch in repository.branches()]
    assert any('"torch==2.9.0+cpu", ' in text or '"torch==2.9.0+cpu"' in text for text in moved)
    assert all("torch==2.9.0" not in text.replace("torch==2.9.0+cpu", "") for text in moved)


@pytest.mark.uv
@pytest.mark.parametrize("name", NAMES)
def test_uv_finds_every_branch_right(name: str, uv: Uv, tmp_path: Path) -> None:
    repository = run_on(name, tmp_path)
    for number, branch in enumerate(repository.branches()):
        state = with_pypi(scenario(name, "upgrade").now)
        state = replace(
            state, files={"pyproject.toml": repository.show(branch, "pyproject.toml")}, arguments=("--check",)
        )
        lock = repository.show(branch, "uv.lock")
        project = tmp_path / f"project-{number}"
        project.mkdir()
        run, _existing = uv.run(replace(earlier(name), now=state, existing=lock), project)
        assert run.lock == lock, run.said


def test_the_projects_are_of_the_guide() -> None:
    assert [name for name in NAMES if not (FOLDER / name).is_dir()] == []
