"""Whole runs over requirements files: on every branch the commands of their headers find nothing to change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.compile.arguments import find_command
from tests.compile.compiling import CompilingUv, Repository, compile_with_lockbot
from tests.real_uv import need_uv
from tests.resolver.index_host import IndexHost
from tests.resolver.universe import site_of
from tests.runs.local_repository import LocalRepository, Releases, make_repository, proposals

OLD: Releases = {
    "flask": {"3.0.3": ["werkzeug", "click"]},
    "werkzeug": {"3.1.3": ["markupsafe"]},
    "click": {"8.1.0": []},
    "markupsafe": {"3.0.0": []},
    "pytest": {"8.3.0": ["click"]},
    "gunicorn": {"21.0": []},
    "winonly": {"1.0": []},
}
NEW: Releases = {
    "flask": {"3.0.3": ["werkzeug", "click"], "3.1.3": ["werkzeug", "click>=8.2", "blinker"]},
    "werkzeug": {"3.1.3": ["markupsafe"], "3.1.9": ["markupsafe"]},
    "click": {"8.1.0": [], "8.2.0": []},
    "markupsafe": {"3.0.0": [], "3.0.4": []},
    "pytest": {"8.3.0": ["click"], "8.4.2": ["click", "pygments"], "9.0": ["pygments"]},
    "pygments": {"2.19": []},
    "blinker": {"1.9": []},
    "gunicorn": {"21.0": [], "23.0": []},
    "winonly": {"1.0": [], "1.1": []},
}
#: Inputs, and the commands whose outputs are made of them.
INPUTS = {
    "requirements/base.in": "# all of us\nflask==3.0.3  # the site\n",
    "requirements/dev.in": "-r base.in\n-c base.txt\npytest==8.3.0\n",
    "requirements/prod.in": "-r base.in\n-c base.txt\ngunicorn<22\n",
    "tools/main.in": "click\nwinonly==1.0 ; sys_platform == 'win32'\n",
    "app/pyproject.toml": '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["flask<3.1"]\n',
}
COMMANDS = {
    "requirements/base.txt": ("requirements/base.in", "-o", "requirements/base.txt"),
    "requirements/dev.txt": ("requirements/dev.in", "-o", "requirements/dev.txt", "--annotation-style=line"),
    "requirements/prod.txt": ("requirements/prod.in", "-o", "requirements/prod.txt"),
    "tools/linux.txt": ("main.in", "-o", "linux.txt", "--python-platform", "linux"),
    "tools/windows.txt": ("main.in", "-o", "windows.txt", "--python-platform", "windows", "--no-annotate"),
    "tools/all.txt": ("main.in", "-o", "all.txt", "--universal"),
    "app/requirements.txt": ("pyproject.toml", "-o", "requirements.txt"),
}


def universe(files: Mapping[str, str], releases: Releases) -> Repository:
    packages = {
        name: {"versions": {version: {"requires": requires} for version, requires in versions.items()}}
        for name, versions in releases.items()
    }
    return Repository(files=files, site=site_of({"packages": packages}, Path("releases")))


def folder_of(path: str) -> str:
    return "." if path.startswith("requirements/") else os.path.dirname(path)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = make_repository(tmp_path / "repository")
    files = dict(INPUTS)
    for path, words in COMMANDS.items():
        done = compile_with_lockbot(universe(files, OLD), words, folder_of(path))
        assert done.text is not None, done.said
        files[path] = done.text
    repository.commit(files)
    return repository


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompilingUv]:
    program = need_uv()
    with IndexHost() as host:
        yield CompilingUv(program, host, tmp_path_factory.mktemp("uv"))


def test_outputs_move_with_their_inputs_and_with_each_other(repository: LocalRepository) -> None:
    found = proposals(repository.run(NEW))
    assert sorted(found) == ["lock-maintenance", "major-gunicorn", "major-pytest", "non-major"]
    files = {name: {one.path for one in proposal.files} for name, proposal in found.items()}
    requirements = {path for path in COMMANDS if path.startswith("requirements/")}
    assert files["non-major"] == {
        "requirements/base.in",
        "requirements/dev.in",
        "tools/main.in",
        "app/pyproject.toml",
        *COMMANDS,
    }
    assert files["major-pytest"] == {"requirements/dev.in", "requirements/dev.txt"}
    assert files["major-gunicorn"] == {"requirements/prod.in", "requirements/prod.txt"}
    assert requirements <= files["lock-maintenance"]


def test_an_edit_leaves_every_other_character(repository: LocalRepository) -> None:
    repository.run(NEW)
    assert repository.show("lockbot/non-major", "requirements/base.in") == "# all of us\nflask==3.1.3  # the site\n"
    assert repository.show("lockbot/major-gunicorn", "requirements/prod.in") == INPUTS["requirements/prod.in"].replace(
        "<22", "<24"
    )


def test_refreshing_again_changes_nothing(repository: LocalRepository) -> None:
    repository.run(NEW)
    before = repository.git("for-each-ref", "--format=%(refname) %(tree)", "refs/heads")
    repository.run(NEW)
    assert repository.git("for-each-ref", "--format=%(refname) %(tree)", "refs/heads") == before


@pytest.mark.uv
def test_no_command_finds_anything_to_change(repository: LocalRepository, uv: CompilingUv, tmp_path: Path) -> None:
    repository.run(NEW)
    for number, branch in enumerate(["main", *repository.branches()]):
        listed = repository.git("ls-tree", "-r", "--name-only", branch).split()
        files = {path: repository.show(branch, path) for path in listed}
        for path in COMMANDS:
            command = find_command(files[path])
            assert command is not None
            where = tmp_path / f"{number}-{path.replace('/', '-')}"
            done = uv.compile(universe(files, NEW), command.split()[3:], where, folder_of(path))
            assert done.text == files[path], (branch, path, done.said)
