"""``lockbot run`` as a user calls it: exit codes, what is printed where, and (with PyPI) locks that uv accepts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.run import run
from tests.runs.local_repository import LocalRepository, make_repository, project


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


def call(repository: LocalRepository, *arguments: str) -> Result:
    cache = str(repository.folder.parent / "cache")
    return CliRunner(env={"LOCKBOT_CACHE_DIR": cache}).invoke(run, [str(repository.folder), *arguments])


def test_nothing_to_do_is_a_success(repository: LocalRepository) -> None:
    repository.commit({"readme": "x"})
    done = call(repository)
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "Nothing to propose")


def test_a_name_that_nothing_has_is_told(repository: LocalRepository) -> None:
    repository.commit({"readme": "x"})
    assert call(repository, "--only", "zope").stdout.startswith("Nothing to propose: this commit has no pyproject.toml")


def test_json_stands_alone_on_standard_output(repository: LocalRepository) -> None:
    repository.commit({"pyproject.toml": "broken ["})
    done = call(repository, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["problems"][0]["path"] == "pyproject.toml"
    assert "pyproject.toml:1: not valid TOML" in done.stderr


def test_a_broken_configuration_is_bad_input(repository: LocalRepository) -> None:
    repository.commit({".lockbot.json": '{"label": []}'})
    done = call(repository)
    assert done.exit_code == 2
    assert "did you mean labels?" in done.output


def test_a_folder_that_is_no_repository_is_bad_input(tmp_path: Path) -> None:
    done = CliRunner().invoke(run, [str(tmp_path)])
    assert done.exit_code == 2
    assert "not a git repository" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.pypi
@pytest.mark.uv
def test_real_updates_are_accepted_by_uv(repository: LocalRepository, tmp_path: Path) -> None:
    old = project(
        "idna==3.4", "packaging>=23,<24", "requests==2.31.0", extra='\n[dependency-groups]\ndev = ["pytest~=7.4"]\n'
    )
    repository.write({"pyproject.toml": old})
    uv = Path(sys.executable).with_name("uv")
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    frozen = [str(uv), "lock", "-q", "--python", sys.executable]
    subprocess.run([*frozen, "--exclude-newer", "2024-01-01"], cwd=repository.folder, env=environ, check=True)
    repository.commit({})
    done = call(repository, "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert {"lockbot/non-major", "lockbot/major-packaging", "lockbot/major-pytest"} <= set(repository.branches())
    for proposal in shown["proposals"]:
        checkout = tmp_path / proposal["branch"].replace("/", "-")
        repository.git("worktree", "add", "-q", str(checkout), proposal["branch"])
        subprocess.run([*frozen, "--check"], cwd=checkout, env=environ, check=True)
