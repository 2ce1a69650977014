"""``outdated``, ``why`` and ``upgrade`` as a user calls them: exit codes, what is written, what stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot.cli.group import cli
from bot.cli.local.surveying import choose_units
from bot.detect.model import LockUnit
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import project


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    index: IndexServer

    def call(self, *arguments: str, **environment: str) -> Result:
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            cache = str(self.folder.parent / "cache")
            return CliRunner(env={"LOCKBOT_CACHE_DIR": cache, **environment}).invoke(cli, list(arguments))
        finally:
            os.chdir(here)

    def write(self, *dependencies: str, name: str = "pyproject.toml", extra: str = "") -> None:
        table = f'[[tool.uv.index]]\nurl = "{self.index.url}"\ndefault = true\n'
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(project(*dependencies, extra=f"{extra}{table}"))

    def lock(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "lock", *arguments], cwd=self.folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("LOCKBOT_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    with IndexServer() as index:
        index.release("iris", "1.0")
        index.release("rose", "1.0", "iris<2")
        index.release("fern", "1.0")
        made = Bench(folder, index)
        made.write("rose==1.0", "fern==1.0")
        made.lock()
        index.release("iris", "1.1")
        index.release("iris", "2.0")
        index.release("rose", "1.1", "iris<2")
        index.release("rose", "2.0", "iris>=2")
        index.release("fern", "1.2")
        index.release("fern", "2.0", "iris<2")
        yield made


def test_the_group_answers_to_short_help_and_version(bench: Bench) -> None:
    assert bench.call("-h").exit_code == 0
    assert bench.call("run", "-h").exit_code == 0
    assert bench.call("--version").output.startswith("lockbot ")


def test_every_command_says_its_exit_codes_where_it_has_them() -> None:
    context = click.Context(cli)
    for name in ("run", "outdated", "why", "upgrade"):
        command = cli.get_command(context, name)
        assert command is not None
        assert "Ends with 0" in (command.help or "")


# --- outdated -----------------------------------------------------------------------------------------


def test_what_is_outdated_is_listed_and_nothing_changes(bench: Bench) -> None:
    before = {name: bench.text(name) for name in ("pyproject.toml", "uv.lock")}
    done = bench.call("outdated", "--json")
    rows = {row["package"]: row for row in json.loads(done.stdout)["outdated"]}
    assert done.exit_code == 0
    assert {name: (row["locked"], row["newest"], row["kind"]) for name, row in rows.items()} == {
        "fern": (["1.0"], "2.0", "major"),
        "rose": (["1.0"], "2.0", "major"),
    }
    assert rows["fern"]["held_by"] == "its requirement fern==1.0 (pyproject.toml:7)"
    assert rows["rose"]["newest_at"] == "2026-01-01T00:00:00+00:00"
    assert {name: bench.text(name) for name in before} == before


def test_where_nothing_is_outdated_that_is_said(bench: Bench) -> None:
    bench.write("iris")
    bench.lock("-U")
    assert bench.call("outdated").stdout.startswith("Nothing is outdated: ")
    assert bench.call("outdated", "-q").stdout == ""


def test_what_is_wrong_goes_to_standard_error(bench: Bench) -> None:
    bench.write("rose=>1", name="other/pyproject.toml")
    done = bench.call("outdated")
    assert done.exit_code == 1
    assert "other/pyproject.toml:6: " in done.stderr
    assert "other/pyproject.toml" not in done.stdout
    assert bench.call("outdated", "pyproject.toml").exit_code == 0


@pytest.mark.parametrize("command", [["outdated"], ["why", "iris"], ["upgrade"]])
def test_where_there_is_nothing_to_look_at_it_is_bad_input(bench: Bench, command: list[str]) -> None:
    for name in ("pyproject.toml", "uv.lock"):
        (bench.folder / name).unlink()
    done = bench.call(*command)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: .: nothing here has a lock or bounds a version")


@pytest.mark.parametrize("command", [["outdated"], ["why", "iris"], ["upgrade"]])
def test_a_broken_configuration_is_bad_input(bench: Bench, command: list[str]) -> None:
    (bench.folder / ".lockbot.json").write_text('{"label": []}')
    done = bench.call(*command)
    assert done.exit_code == 2
    assert "did you mean labels?" in done.stderr


# --- why ----------------------------------------------------------------------------------------------


def test_why_tells_who_asks_and_what_helps(bench: Bench) -> None:
    done = bench.call("why", "Iris")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "iris 1.0  (uv.lock)",
            "  asked for by:",
            "    rose 1.0: iris<2",
            "  by way of: app -> rose -> iris",
            "  why this version: rose 1.0 requires iris <2",
            "  for 2.0: move rose to 2.0 with it",
        ],
    )


def test_a_package_that_no_lock_has_is_told(bench: Bench) -> None:
    done = bench.call("why", "tulip")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: tulip is in none of the locks here: uv.lock\n"


# --- upgrade ------------------------------------------------------------------------------------------


def accepted_by_uv(bench: Bench) -> bool:
    command = [str(need_uv()), "lock", "--check", "--python", sys.executable]
    return subprocess.run(command, cwd=bench.folder, capture_output=True, check=False).returncode == 0


def test_requirements_and_lock_move_together_inside_majors(bench: Bench) -> None:
    done = bench.call("upgrade")
    assert done.exit_code == 0
    assert '"rose==1.1"' in bench.text("pyproject.toml")
    assert '"fern==1.2"' in bench.text("pyproject.toml")
    assert "Wrote pyproject.toml, uv.lock" in done.stdout
    assert "it is a major step, which --major allows" in done.stdout
    bench.lock("--check")
    assert bench.call("upgrade").stdout.startswith("Nothing can be upgraded as asked.")


def test_over_majors_what_must_follow_follows_and_what_can_not_is_told(bench: Bench) -> None:
    done = bench.call("upgrade", "rose", "--major", "--json")
    shown = json.loads(done.stdout)
    assert (done.exit_code, shown["written"], shown["files"]) == (0, True, ["pyproject.toml", "uv.lock"])
    assert [(row["package"], row["to"]) for row in shown["updates"]] == [("rose", "2.0")]
    assert '"fern==1.0"' in bench.text("pyproject.toml")
    bench.lock("--check")
    held = json.loads(bench.call("upgrade", "fern", "--major", "--json").stdout)["held_back"]
    assert [(row["package"], row["current"], row["latest"]) for row in held] == [("fern", "1.0", "2.0")]


def test_a_package_that_is_required_indirectly_moves_in_the_lock_alone(bench: Bench) -> None:
    before = bench.text("pyproject.toml")
    assert bench.call("upgrade", "iris").exit_code == 0
    assert bench.text("pyproject.toml") == before
    assert 'name = "iris"\nversion = "1.1"' in bench.text("uv.lock")


def test_a_dry_run_and_a_patch_of_it(bench: Bench) -> None:
    before = {name: bench.text(name) for name in ("pyproject.toml", "uv.lock")}
    patch = bench.call("upgrade", "--dry-run", "--diff").stdout
    assert {name: bench.text(name) for name in before} == before
    subprocess.run(["git", "apply"], cwd=bench.folder, input=patch.encode(), check=True)
    bench.lock("--check")
    assert '"fern==1.2"' in bench.text("pyproject.toml")


def test_a_name_that_no_lock_has_is_bad_input_and_nothing_is_written(bench: Bench) -> None:
    before = bench.text("uv.lock")
    done = bench.call("upgrade", "rose", "tulip")
    assert (done.exit_code, bench.text("uv.lock")) == (2, before)
    assert done.stderr == "error: no lock here has tulip (check the name, or --directory)\n"


def test_of_several_projects_the_one_here_is_meant(bench: Bench) -> None:
    bench.write("fern==1.0", name="other/pyproject.toml")
    bench.lock("--project", "other", "--exclude-newer-package", "fern=false")
    before = bench.text("other/pyproject.toml")
    assert bench.call("upgrade").exit_code == 0
    assert bench.text("other/pyproject.toml") == before
    assert bench.call("upgrade", "--all").exit_code == 0
    assert '"fern==1.2"' in bench.text("other/pyproject.toml")


@pytest.mark.uv
def test_uv_accepts_what_was_upgraded(bench: Bench) -> None:
    for arguments in ([], ["--major"]):
        assert bench.call("upgrade", *arguments).exit_code == 0
        assert accepted_by_uv(bench)


# --- which projects are meant -------------------------------------------------------------------------


def unit(*manifests: str, lock: str | None = None) -> LockUnit:
    return LockUnit(kind="project", root=".", manifests=manifests, lock=lock)


UNITS = [
    unit("pyproject.toml", "packages/a/pyproject.toml", lock="uv.lock"),
    unit("services/b/pyproject.toml", lock="services/b/uv.lock"),
    unit("tools/c.py"),
]


@pytest.mark.parametrize(
    ("here", "wide", "narrow"),
    [
        (".", [0, 1, 2], [0]),
        ("packages/a", [0], [0]),
        ("packages/a/src", [0], [0]),
        ("services", [1], [0]),
        ("services/b", [1], [1]),
        ("services/b/src/x", [1], [1]),
        ("tools", [2], [0]),
        ("tools/c.py", [2], [2]),
        ("services/b/uv.lock", [1], [1]),
        ("docs", [0], [0]),
    ],
)
def test_which_projects_a_path_means(here: str, wide: list[int], narrow: list[int]) -> None:
    assert [UNITS.index(one) for one in choose_units(UNITS, here)] == wide
    assert [UNITS.index(one) for one in choose_units(UNITS, here, is_wide=False)] == narrow
