"""What is compiled of small repositories, whole: lockbot's against stored texts, and the stored ones against the real uv."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.compile.compiling import CompilingUv, Outcome, Repository, compile_with_lockbot, repository_of

FOLDER = Path(__file__).parent / "scenarios"
SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "compiles"
SCENARIOS = sorted(FOLDER.glob("*.toml"))
KEYS = {"why", "files", "packages", "indexes", "variables", "compiles"}
Compile = Callable[[Repository, Sequence[str], str], Outcome]


def run(path: Path, compile_one: Compile) -> str:
    """What all calls write, each below its command."""
    table = tomllib.loads(path.read_text("utf-8"))
    assert set(table) <= KEYS
    assert table["why"].endswith("."), path
    return "\n".join(_blocks(repository_of(table, path), table["compiles"], compile_one))


def _blocks(repository: Repository, calls: Sequence[str], compile_one: Compile) -> Iterator[str]:
    for call in calls:
        place, colon, words = call.removeprefix("cd ").partition(": ") if call.startswith("cd ") else ("", "", call)
        done = compile_one(repository, shlex.split(words), place or ".")
        text = f"(refused, {done.code})\n" if done.text is None else done.text
        yield f"$ {f'cd {place} && ' if colon else ''}uv pip compile {words}\n{text}"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_lockbot_compiles_what_is_stored(path: Path) -> None:
    assert run(path, compile_with_lockbot) == (SNAPSHOTS / f"{path.stem}.txt").read_text("utf-8")


@pytest.mark.uv
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_uv_compiles_what_is_stored(
    path: Path, compiling_uv: CompilingUv, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = iter(range(1000))

    def compile_one(repository: Repository, words: Sequence[str], folder: str) -> Outcome:
        return compiling_uv.compile(repository, words, tmp_path / str(next(count)), folder)

    found = run(path, compile_one)
    snapshot = SNAPSHOTS / f"{path.stem}.txt"
    if request.config.getoption("--rewrite-snapshots"):
        snapshot.write_text(found, "utf-8")
    assert found == snapshot.read_text("utf-8")


def test_every_snapshot_has_a_scenario() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {path.stem for path in SCENARIOS}
    assert {path.name for path in FOLDER.iterdir()} - {path.name for path in SCENARIOS} == {"README.md"}
