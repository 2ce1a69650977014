"""Exports of small repositories, whole: lockbot's against stored ones, and the stored ones against the real uv."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.export.exporting import Exported, export_with_lockbot, export_with_uv, without_chance
from tests.real_uv import find_uv

FOLDER = Path(__file__).parent / "scenarios"
SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "exports"
SCENARIOS = sorted(FOLDER.glob("*.toml"))
REFUSED = "(refused)\n"
Export = Callable[[Path, Sequence[str]], Exported]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    files: dict[str, str]
    exports: list[str]


def read_scenario(path: Path) -> Scenario:
    table = tomllib.loads(path.read_text("utf-8"))
    assert set(table) == {"why", "files", "exports"}, path
    assert table["why"].endswith("."), path
    return Scenario(files=table["files"], exports=table["exports"])


def run(scenario: Scenario, folder: Path, export: Export) -> str:
    """What all calls print, each below its command."""
    for name, text in scenario.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.removeprefix("\n"), "utf-8")
    return "\n".join(_blocks(scenario, folder, export))


def _blocks(scenario: Scenario, folder: Path, export: Export) -> Iterator[str]:
    for call in scenario.exports:
        place, colon, options = call.removeprefix("cd ").rpartition(":") if call.startswith("cd ") else ("", "", call)
        done = export(folder / place, options.split())
        text = REFUSED if done.text is None else done.text.replace(str(folder), "/repository")
        text += "".join(_written(folder)) if "--batch" in options else ""
        yield f"$ {f'cd {place} && ' if colon else ''}uv export --frozen {options.strip()}\n{text}"


def _written(folder: Path) -> Iterator[str]:
    """The files that a batch wrote, which are taken away again."""
    for path in sorted((folder / "out").glob("*")):
        yield f"== {path.relative_to(folder).as_posix()}\n{without_chance(path.read_text('utf-8'))}"
        path.unlink()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_lockbot_exports_what_is_stored(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(read_scenario(path), tmp_path, lambda folder, options: export_with_lockbot(folder, options, capsys))
    assert found == (SNAPSHOTS / f"{path.stem}.txt").read_text("utf-8")


@pytest.mark.uv
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_uv_exports_what_is_stored(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    uv = find_uv()
    assert uv is not None
    found = run(read_scenario(path), tmp_path, lambda folder, options: export_with_uv(uv, folder, options))
    snapshot = SNAPSHOTS / f"{path.stem}.txt"
    if request.config.getoption("--rewrite-snapshots"):
        snapshot.write_text(found, "utf-8")
    assert found == snapshot.read_text("utf-8")


def test_every_snapshot_has_a_scenario() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {path.stem for path in SCENARIOS}
    assert {path.name for path in FOLDER.iterdir()} - {path.name for path in SCENARIOS} == {"README.md"}
