"""A path that is not UTF-8: a problem that shows it escaped, and the rest of the repository gets its updates."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bot.app.commits import open_commit
from bot.cli.local.committing import LocalResult
from bot.git.checkout import GitCloner
from bot.ports.forge import CloneSource
from bot.ports.run import RunReport, Sha
from bot.report.checks import problems_summary
from bot.report.run_json import render_json
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen
from tests.runs.local_repository import LocalRepository, make_repository, project

NEW: dict[str, dict[str, list[str]]] = {"left": {"1.0": [], "1.1": []}}
SHOWN = "caf\\xe9/pyproject.toml"
WORDS = "the path is not UTF-8: neither a lock nor GitHub has a name for it"
WORKSPACE = (
    '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.12"\n[tool.uv.workspace]\nmembers = ["*"]\n'
)


def add(repository: LocalRepository, path: bytes, text: str) -> None:
    """Put a file into the index under a path that no Python text is encoded to."""
    git: list[str | bytes] = ["git", "-C", os.fsencode(repository.folder)]
    oid = subprocess.run([*git, "hash-object", "-w", "--stdin"], input=text.encode(), capture_output=True, check=True)
    row = b"100644 " + oid.stdout.strip() + b"\t" + path + b"\0"
    subprocess.run([*git, "update-index", "--add", "-z", "--index-info"], input=row, check=True)
    repository.git("commit", "-q", "-m", "odd")


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    made = make_repository(tmp_path / "r")
    made.commit({"app/pyproject.toml": project("left==1.0")})
    made.lock({"left": {"1.0": []}}, root="app")
    made.commit({})
    return made


def problems(result: LocalResult) -> list[tuple[str | None, str]]:
    return [(one.path, one.message) for one in result.report.problems]


def test_the_rest_of_the_repository_goes_on(repository: LocalRepository) -> None:
    add(repository, b"caf\xe9/pyproject.toml", project("left==1.0"))
    add(repository, b"caf\xe9/uv.lock", "version = 1\n")

    result = repository.run(NEW)

    assert problems(result) == [(SHOWN, WORDS)]
    assert result.exit_code == 1
    assert [[change.path for change in one.files] for one in result.report.proposals] == [
        ["app/pyproject.toml", "app/uv.lock"]
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"caf\xe9/pyproject.toml", "broken ="),
        (b"caf\xe9/uv.lock", "version = 1\n"),
        (b"caf\xe9/uv.toml", "broken ="),
        (b"caf\xe9.py", '# /// script\n# dependencies = ["left==1.0"]\n# ///\n'),
        (b"caf\xe9.py", "# /// script\n"),
        (b"caf\xe9.py.lock", "version = 1\n"),
        (b"app/caf\xe9", "just a file"),
        (b".github/\xff.json", "{}"),
    ],
)
def test_every_writer_survives_such_a_path(repository: LocalRepository, path: bytes, text: str) -> None:
    add(repository, path, text)

    result = repository.run(NEW)

    report = TypeAdapter(RunReport)
    assert report.validate_json(report.dump_json(result.report)) == result.report
    render_json(result.report).encode()
    problems_summary(result.report.problems).encode()
    "\n".join(render_plan(result.report, result.outcomes, Screen())).encode()
    assert len(result.report.proposals) == 1


def test_a_workspace_with_such_a_member_is_left_alone(repository: LocalRepository) -> None:
    add(repository, b"space/pyproject.toml", WORKSPACE)
    add(repository, b"space/caf\xe9/pyproject.toml", project("left==1.0", name="odd"))

    result = repository.run(NEW)

    assert problems(result) == [("space/" + SHOWN, WORDS)]
    assert len(result.report.proposals) == 1


def test_such_a_repository_is_cloned(repository: LocalRepository, tmp_path: Path) -> None:
    add(repository, b"caf\xe9/pyproject.toml", project("left==1.0"))
    commit = Sha(repository.git("rev-parse", "HEAD").strip())
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("config", "uploadpack.allowFilter", "true")
    cloner = GitCloner(environ=os.environ, protocols=("file",))

    with (
        cloner.clone(CloneSource(url=f"file://{repository.folder}"), commit) as root,
        open_commit(root, commit, environ=os.environ) as tree,
    ):
        assert tree.read_text("caf\udce9/pyproject.toml") == project("left==1.0")
