"""Exports of every lock among the resolver's scenarios, with random options, against those of the real uv."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from bot.errors import InputError
from bot.lockfile.reader import parse_lock
from tests.export.exporting import export_with_lockbot, export_with_uv
from tests.export.random_options import random_options
from tests.laws.random_universes import random_universe
from tests.real_uv import find_uv
from tests.resolver.scenario_runs import run_lockbot
from tests.resolver.universe import FOLDER as PLACE
from tests.resolver.universe import Scenario, read_scenario

FOLDER = Path(__file__).parent.parent / "scenarios"
SCENARIOS = [
    scenario
    for scenario in (read_scenario(path) for path in sorted(FOLDER.rglob("*.toml")))
    if scenario.expected.lock is not None
]
TRIES = 6


def name_of(scenario: Scenario) -> str:
    return scenario.path.relative_to(FOLDER).with_suffix("").as_posix()


def real_uv() -> str:
    uv = find_uv()
    assert uv is not None
    return uv


def compare(folder: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    theirs = export_with_uv(real_uv(), folder, options)
    ours = export_with_lockbot(folder, options, capsys)
    assert ours.text == theirs.text, f"{folder.name}: {' '.join(options)}\n{theirs.said}\n{ours.said}"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content.replace(PLACE, str(folder)), "utf-8")


@pytest.mark.uv
@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_uv_exports_a_scenario_alike(scenario: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = scenario.expected.lock or ""
    write(tmp_path, {**scenario.now.files, scenario.lock_name: text})
    random = Random(name_of(scenario))
    try:
        lock = parse_lock(text, scenario.lock_name)
    except InputError:
        # uv can't read every lock that it writes: of conflict sets that follow from included groups.
        assert "Failed to parse `uv.lock`" in export_with_uv(real_uv(), tmp_path, []).said
        return
    folders = sorted({"."} | {str(Path(path).parent) for path in scenario.now.files if path.endswith("pyproject.toml")})
    for _ in range(TRIES):
        options = ["--script", scenario.script] if scenario.script else []
        folder = tmp_path if scenario.script else tmp_path / random.choice(folders)
        compare(folder, [*options, *random_options(random, lock)], capsys)


@pytest.mark.uv
@pytest.mark.parametrize("batch", range(10))
def test_uv_exports_random_universes_alike(batch: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        random = Random(f"export {batch} {number}")
        scenario = random_universe(random).scenario(tmp_path)
        text = run_lockbot(scenario).lock
        if text is not None:
            folder = tmp_path / str(number)
            write(folder, {**scenario.now.files, "uv.lock": text})
            compare(folder, random_options(random, parse_lock(text, "uv.lock")), capsys)
