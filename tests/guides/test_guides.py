"""Repositories as uv's guides describe them, from a run to what their own CI would say of each branch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.guide_checks import find_checks, find_old_pins, find_pins, run_check
from bot.cli.commands.export import export_as_told
from bot.cli.local.committing import LocalResult
from bot.export.arguments import find_command, parse_arguments
from tests.guides.guide import Branch, Guide, read_guide
from tests.guides.served_index import ServedIndex
from tests.plan.memory_commit import MemoryCommit
from tests.plan.scenario_runs import is_notebook, make_commit, make_index, relock
from tests.real_uv import need_uv
from tests.resolver.stand_in_python import make_stand_in
from tests.runs.local_repository import LocalRepository, make_repository

FOLDER = Path(__file__).parent
GUIDES = [read_guide(path) for path in sorted(FOLDER.glob("*.toml"))]
PYTHONS = ("3.12", "3.13", "3.14")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A guide's repository after the run."""

    guide: Guide
    repository: LocalRepository
    result: LocalResult

    def files_of(self, branch: str) -> Mapping[str, str]:
        """All files of a branch."""
        paths = self.repository.git("ls-tree", "-r", "--name-only", branch).splitlines()
        return {path: self.repository.show(branch, path) for path in paths}


@pytest.fixture(scope="module", params=GUIDES, ids=lambda guide: guide.name)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    guide: Guide = request.param
    repository = make_repository(tmp_path_factory.mktemp("guide") / guide.name)
    repository.write(make_commit(guide.repository).files)
    for path in guide.exported:
        export(repository.folder, path)
    repository.commit({})
    return Done(guide=guide, repository=repository, result=repository.run(make_index(guide.repository)))


def export(root: Path, path: str) -> None:
    """Write a file as the command of its header does, in the folder in which it was called."""
    command = find_command((root / path).read_text("utf-8"))
    assert command is not None
    arguments = parse_arguments(command.split())
    folder = path.removesuffix(arguments.output or "").removesuffix("/").removesuffix(arguments.directory or "")
    with contextlib.chdir(root / folder):
        export_as_told(arguments, command)


def test_a_run_makes_the_branches_of_the_guide(done: Done) -> None:
    assert [one.message for one in done.result.report.problems] == list(done.guide.problems)
    found = {one.branch: tuple(file.path for file in one.files) for one in done.result.report.proposals}
    expected = {one.name: one.files for one in done.guide.branches}
    assert {name: files for name, files in found.items() if name in expected} == expected


def test_nothing_on_them_is_stale(done: Done) -> None:
    for branch in done.guide.branches:
        files = done.files_of(branch.name)
        assert lacking(branch, files) == []
        assert [(path, text) for path, body in files.items() for text in branch.gone if text in body] == []


def lacking(branch: Branch, files: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(path, text) for path, texts in branch.has.items() for text in texts if text not in files.get(path, "")]


def test_every_lock_on_them_stands(done: Done) -> None:
    index = make_index(done.guide.repository)
    for proposal in done.result.report.proposals:
        files = done.files_of(proposal.branch)
        locks = [path for path, text in files.items() if path.endswith(".lock") or has_lock(path, text)]
        for path in locks:
            locked = relock(MemoryCommit(files), path, index, done.guide.repository)
            assert locked.unchanged, f"{path} of {proposal.branch}: {locked.reason}"


def has_lock(path: str, text: str) -> bool:
    return is_notebook(path) and '"uv.lock": "version' in text


def test_files_that_nothing_moves_keep_every_byte(done: Done) -> None:
    before = done.files_of("main")
    for proposal in done.result.report.proposals:
        moved = {file.path for file in proposal.files}
        after = done.files_of(proposal.branch)
        assert {path for path, text in after.items() if before.get(path) != text} == moved


# --- the real uv ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Interpreters for every guide, and a cache for all of them."""
    place = tmp_path_factory.mktemp("uv")
    (place / "pythons").mkdir()
    for version in PYTHONS:
        make_stand_in(place / "pythons", version)
    # Who runs the tests through uv is in an environment of its own, whose Python uv would take.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV"))}
    return {
        **inherited,
        "PATH": f"{place / 'pythons'}{os.pathsep}{os.environ['PATH']}",
        "UV_CACHE_DIR": str(place / "cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "0",
    }


@pytest.fixture(scope="module")
def served(done: Done) -> Iterator[ServedIndex]:
    with ServedIndex(make_index(done.guide.repository)) as server:
        yield server


@pytest.mark.uv
def test_what_the_repository_would_ask_of_uv_holds(
    done: Done, served: ServedIndex, environ: Mapping[str, str], tmp_path: Path
) -> None:
    uv, asked = need_uv(), {**environ, "UV_DEFAULT_INDEX": f"{served.root}/simple"}
    expected = {branch.name: list(branch.checks) for branch in done.guide.branches}
    pins = find_pins(checked_out(done, "main", served, tmp_path / "before").folder)
    # What does not hold before would show nothing of what follows.
    for branch in ("main", *(one.branch for one in done.result.report.proposals)):
        copy = checked_out(done, branch, served, tmp_path / branch.replace("/", "-"))
        checks = list(find_checks(copy.folder))
        if branch in expected:
            assert [f"{one.kind} {one.path}" for one in checks] == expected[branch]
        verdicts = [run_check(one, copy.folder, uv, asked) for one in checks]
        assert [(branch, one.check.path, one.said) for one in verdicts if not one.holds] == []
        assert find_old_pins(pins, find_pins(copy.folder)) == []


def checked_out(done: Done, branch: str, served: ServedIndex, folder: Path) -> LocalRepository:
    """A branch as a repository of its own, with the server's URLs in it."""
    copy = make_repository(folder)
    copy.commit({path: served.here(text) for path, text in done.files_of(branch).items()})
    return copy
