"""Which indexes ``lockbot lock`` and ``lockbot run`` send credentials to, wherever they are named; held against uv."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.commands.run import run
from tests.loopback import Answer, Asked
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import LocalRepository, make_repository

SECRETS = {"UV_INDEX_CORP_USERNAME": "u", "UV_INDEX_CORP_PASSWORD": "1"}
CORP = "Basic dTox"
PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n'
SCRIPT = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["alpha"]\n%s# ///\n'


class ClosedServer(IndexServer):
    """Has nothing for who sends no credentials."""

    def answer(self, asked: Asked) -> Answer:
        found = super().answer(asked)
        return found if asked.headers.get("authorization") else Answer(status=401)


@pytest.fixture
def server() -> Iterator[ClosedServer]:
    with ClosedServer() as running:
        running.release("alpha", "1.0")
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


def index_table(head: str, url: str, *lines: str) -> str:
    return "\n".join([head, 'name = "corp"', f'url = "{url}"', "default = true", *lines, ""])


def commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def environment(folder: Path, more: Mapping[str, str] = SECRETS) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LOCKBOT_CACHE_DIR": str(folder / "cache"), "UV_CACHE_DIR": str(folder / "uv"), **more}


def lock(folder: Path, *arguments: str, program: str = "lockbot", more: Mapping[str, str] = SECRETS) -> int:
    uv = [need_uv(), "lock", "--python", sys.executable]
    command = uv if program == "uv" else [sys.executable, "-m", "bot", "lock"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=environment(folder.parent, more), capture_output=True, check=False
    )
    return done.returncode


@pytest.mark.parametrize("place", ["pyproject.toml", "uv.toml", "script"])
def test_a_run_sends_them_to_an_index_wherever_it_is_named(
    repository: LocalRepository, server: ClosedServer, place: str
) -> None:
    files = {
        "pyproject.toml": {"pyproject.toml": PROJECT + index_table("[[tool.uv.index]]", server.url)},
        "uv.toml": {"pyproject.toml": PROJECT, "uv.toml": index_table("[[index]]", server.url)},
        "script": {"tool.py": SCRIPT % commented(index_table("[[tool.uv.index]]", server.url))},
    }[place]
    repository.write(files)
    assert lock(repository.folder, *(["--script", "tool.py"] if place == "script" else [])) == 0
    server.release("alpha", "1.1")
    server.authorizations.clear()
    repository.commit({})
    (repository.folder.parent / "cache").rename(repository.folder.parent / "old")
    done = CliRunner(env=environment(repository.folder.parent)).invoke(run, [str(repository.folder)])
    assert done.exit_code == 0, done.output
    assert "1.1" in done.output
    assert server.authorizations == {CORP}


@pytest.mark.parametrize("program", ["lockbot", pytest.param("uv", marks=pytest.mark.uv)])
@pytest.mark.parametrize(
    ("line", "more", "is_let_in"),
    [
        ("", SECRETS, True),
        ('authenticate = "always"', SECRETS, True),
        ('authenticate = "never"', SECRETS, False),
        ('authenticate = "always"', {}, False),
        ("", {}, False),
    ],
)
def test_authentication_is_as_uv_has_it(
    repository: LocalRepository, server: ClosedServer, program: str, line: str, more: dict[str, str], is_let_in: bool
) -> None:
    repository.write({"pyproject.toml": PROJECT + index_table("[[tool.uv.index]]", server.url, line)})
    assert (lock(repository.folder, program=program, more=more) == 0) == is_let_in
    assert (CORP in server.authorizations) == is_let_in
    # With "always", nothing is asked without.
    assert server.authorizations <= ({CORP} if "always" in line else {CORP, ""})


@pytest.mark.parametrize("program", ["lockbot", pytest.param("uv", marks=pytest.mark.uv)])
def test_what_the_url_of_an_index_states_is_used(
    repository: LocalRepository, server: ClosedServer, program: str
) -> None:
    url = server.url.replace("://", "://u:1@")
    repository.write({"pyproject.toml": PROJECT + index_table("[[tool.uv.index]]", url)})
    assert lock(repository.folder, program=program, more={}) == 0
    assert "u:1@" not in (repository.folder / "uv.lock").read_text()


class PickyServer(IndexServer):
    """Answers with ``status`` to who asks for what it does not have."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self._status = status

    def answer(self, asked: Asked) -> Answer:
        found = super().answer(asked)
        return Answer(status=self._status) if found.status == 404 else found


@pytest.mark.parametrize("program", ["lockbot", pytest.param("uv", marks=pytest.mark.uv)])
@pytest.mark.parametrize(
    ("status", "ignored", "goes_on"),
    [
        (404, "[]", True),
        (403, "[]", False),
        (403, "[403]", True),
        (401, "[]", False),
        (401, "[401, 403]", True),
        (403, "[401]", False),
        (404, "[403]", True),
    ],
)
def test_what_a_status_means_is_as_uv_has_it(
    repository: LocalRepository, server: ClosedServer, program: str, status: int, ignored: str, goes_on: bool
) -> None:
    """The company's index has nothing of alpha, PyPI has it."""
    with PickyServer(status) as company, IndexServer() as pypi:
        pypi.release("alpha", "1.0")
        tables = [
            f'[[tool.uv.index]]\nname = "company"\nurl = "{company.url}"\nignore-error-codes = {ignored}\n',
            f'[[tool.uv.index]]\nname = "pypi"\nurl = "{pypi.url}"\ndefault = true\n',
        ]
        repository.write({"pyproject.toml": PROJECT + "".join(tables)})
        assert (lock(repository.folder, program=program, more={}) == 0) == goes_on
