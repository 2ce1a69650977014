"""Where credentials come from: each place alone, for ``lockbot lock`` and (marked) for the real uv, and what is never sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.commands.run import run
from tests.lock_command import call_lock
from tests.loopback import Answer, Asked
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import LocalRepository, make_repository

#: What lets in: the user "u" with this password.
SECRET = "hush-hush-1"
RIGHT = f"Basic {b64encode(f'u:{SECRET}'.encode()).decode()}"
PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n'
NAMED = {"UV_INDEX_CORP_USERNAME": "u", "UV_INDEX_CORP_PASSWORD": SECRET}


class ClosedServer(IndexServer):
    """Has nothing for who shows anything but ``RIGHT``."""

    status = 401

    def answer(self, asked: Asked) -> Answer:
        found = super().answer(asked)
        return found if asked.headers.get("authorization") == RIGHT else Answer(status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``files`` and ``netrc`` have ``{url}``, ``{named}`` (with "u@" in it), ``{whole}`` and ``{host}`` for the index.

    ``keyring`` is what the program has: service and user -> password, or service -> login.

    ``asked`` are the program's arguments, one call after the other.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    netrc: str | None = None
    store: str | None = None
    keyring: Mapping[str, str] = field(default_factory=dict)
    is_let_in: bool = True
    asked: tuple[str, ...] | None = None
    of_uv: bool = True


def index(url: str = "{url}", *more: str, head: str = "[[tool.uv.index]]") -> str:
    return "\n".join([head, 'name = "corp"', f'url = "{url}"', "default = true", *more, ""])


def project(text: str = "", *, uv: str = "") -> dict[str, str]:
    return {"pyproject.toml": f"{PROJECT}{f'[tool.uv]{chr(10)}{uv}{chr(10)}' if uv else ''}{text}"}


ALWAYS = 'authenticate = "always"'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["member"]\n'
MEMBER = PROJECT.replace("app", "member")
LOGIN = {"{url} u": SECRET}
SUBPROCESS = {"UV_KEYRING_PROVIDER": "subprocess"}

CASES: Mapping[str, Case] = {
    # Variables of a named index, wherever it is declared.
    "variables-pyproject": Case(files=project(index()), environment=NAMED),
    "variables-uv-toml": Case(files={**project(), "uv.toml": index(head="[[index]]")}, environment=NAMED),
    "variables-command-line": Case(files=project(), arguments=("--default-index", "corp={url}"), environment=NAMED),
    "variables-index-argument": Case(
        files=project(), arguments=("--index", "corp={url}", "--default-index", "{url}"), environment=NAMED
    ),
    "variables-variable": Case(files=project(), environment={**NAMED, "UV_DEFAULT_INDEX": "corp={url}"}),
    "variables-root-of-a-workspace": Case(
        files={
            "pyproject.toml": WORKSPACE + index(),
            "member/pyproject.toml": MEMBER,
        },
        arguments=("--directory", "member"),
        environment=NAMED,
    ),
    "variables-member-of-a-workspace": Case(
        files={
            "pyproject.toml": f"{PROJECT}{WORKSPACE}{index('{url}', ALWAYS).replace('corp', 'root')}",
            "member/pyproject.toml": MEMBER + '[tool.uv.sources]\nalpha = { index = "corp" }\n' + index(),
        },
        environment={**NAMED, "UV_INDEX_ROOT_USERNAME": "u", "UV_INDEX_ROOT_PASSWORD": SECRET},
    ),
    "variables-of-another-name": Case(
        files=project(index().replace("corp", "other")), environment=NAMED, is_let_in=False
    ),
    # What URLs state.
    "url-pyproject": Case(files=project(index("{whole}"))),
    "url-variable": Case(files=project(), environment={"UV_DEFAULT_INDEX": "{whole}"}),
    "url-legacy": Case(files=project(), environment={"UV_INDEX_URL": "{whole}"}),
    "url-escaped": Case(files=project(index("{escaped}"))),
    "url-wrong": Case(files=project(index("{wrong}")), is_let_in=False),
    "url-wins-over-variables": Case(files=project(index("{wrong}")), environment=NAMED, is_let_in=False),
    "variables-for-the-user-in-the-url": Case(files=project(index("{named}")), environment=NAMED),
    "variables-of-another-user-than-in-the-url": Case(
        files=project(index("{named}")), environment={**NAMED, "UV_INDEX_CORP_USERNAME": "v"}, is_let_in=False
    ),
    # netrc.
    "netrc": Case(files=project(index()), netrc="machine {host} login u password " + SECRET),
    "netrc-default": Case(files=project(index()), netrc="default login u password " + SECRET),
    "netrc-home": Case(files=project(index()), netrc="home:machine {host} login u password " + SECRET),
    "netrc-of-the-user-in-the-url": Case(files=project(index("{named}")), netrc="default login u password " + SECRET),
    "netrc-of-another-user": Case(
        files=project(index("{named}")), netrc="default login v password " + SECRET, is_let_in=False
    ),
    "netrc-always": Case(files=project(index("{url}", ALWAYS)), netrc="default login u password " + SECRET),
    "netrc-never": Case(
        files=project(index("{url}", 'authenticate = "never"')),
        netrc="default login u password " + SECRET,
        is_let_in=False,
    ),
    "netrc-broken": Case(files=project(index()), netrc="host {host} login u", is_let_in=False),
    "netrc-and-a-user-by-variable": Case(
        files=project(index()),
        environment={"UV_INDEX_CORP_USERNAME": "u"},
        netrc="default login u password " + SECRET,
    ),
    # keyring.
    "keyring-user-in-url": Case(
        files=project(index("{named}")), environment=SUBPROCESS, keyring=LOGIN, asked=("get {url} u",)
    ),
    "keyring-by-host": Case(
        files=project(index("{named}")),
        arguments=("--keyring-provider", "subprocess"),
        keyring={"{host}:{port} u": SECRET},
        asked=("get {url} u", "get {host}:{port} u"),
    ),
    "keyring-by-scheme-and-host": Case(
        files=project(index("{named}")),
        environment=SUBPROCESS,
        keyring={"http://{host}:{port} u": SECRET},
        asked=("get {url} u", "get {host}:{port} u", "get http://{host}:{port} u"),
    ),
    "keyring-user-by-variable": Case(
        files=project(index()),
        environment={**SUBPROCESS, "UV_INDEX_CORP_USERNAME": "u"},
        keyring=LOGIN,
        asked=("get {url} u",),
    ),
    "keyring-in-pyproject": Case(
        files=project(index("{named}"), uv='keyring-provider = "subprocess"'), keyring=LOGIN, asked=("get {url} u",)
    ),
    "keyring-in-uv-toml": Case(
        files={**project(), "uv.toml": 'keyring-provider = "subprocess"\n' + index("{named}", head="[[index]]")},
        keyring=LOGIN,
        asked=("get {url} u",),
    ),
    "keyring-argument-wins": Case(
        files=project(index("{named}"), uv='keyring-provider = "subprocess"'),
        arguments=("--keyring-provider", "disabled"),
        keyring=LOGIN,
        is_let_in=False,
        asked=(),
    ),
    "keyring-is-off": Case(files=project(index("{named}")), keyring=LOGIN, is_let_in=False, asked=()),
    "keyring-always-without-user": Case(
        files=project(index("{url}", ALWAYS)),
        environment=SUBPROCESS,
        keyring={"{url} --mode creds": f"u\n{SECRET}"},
        asked=("get {url} --mode creds",),
    ),
    "keyring-without-user": Case(
        files=project(index()),
        environment=SUBPROCESS,
        keyring={"{url} --mode creds": f"u\n{SECRET}"},
        is_let_in=False,
        asked=(),
    ),
    "keyring-knows-nothing": Case(
        files=project(index("{named}")),
        environment=SUBPROCESS,
        is_let_in=False,
        asked=("get {url} u", "get {host}:{port} u", "get http://{host}:{port} u"),
    ),
    "keyring-before-what-another-index-of-the-host-has": Case(
        files=project(
            index("{named}")
            + '\n[[tool.uv.index]]\nname = "other"\nurl = "http://u:wrong@{host}:{port}/other/simple"\n'
            "explicit = true\n"
        ),
        environment=SUBPROCESS,
        keyring=LOGIN,
        asked=("get {url} u",),
    ),
    "keyring-after-netrc": Case(
        files=project(index("{named}")),
        environment=SUBPROCESS,
        netrc="default login u password " + SECRET,
        keyring=LOGIN,
        asked=(),
    ),
    # uv's own file.
    "uv-store": Case(files=project(index()), store='service = "{url}"\nusername = "u"\npassword = "{secret}"'),
    "uv-store-of-the-host": Case(
        files=project(index()), store='service = "http://{host}:{port}"\nusername = "u"\npassword = "{secret}"'
    ),
    "uv-store-of-another-user": Case(
        files=project(index("{named}")),
        store='service = "{url}"\nusername = "v"\npassword = "{secret}"',
        is_let_in=False,
    ),
    "uv-store-of-a-folder-beside": Case(
        files=project(index()), store='service = "{url}r"\nusername = "u"\npassword = "{secret}"', is_let_in=False
    ),
    "uv-store-with-two-as-near": Case(
        files=project(index()),
        store='service = "{url}"\nusername = "u"\npassword = "{secret}"\n\n[[credential]]\n'
        'service = "{url}"\nusername = "v"\npassword = "x"',
        is_let_in=False,
    ),
    "uv-store-that-is-broken": Case(
        files=project(index()),
        store='service = "{url}"\nusername = "u"\npassword = "{secret}"\n\n[[credential]]\nservice = "ftp://x"',
        is_let_in=False,
    ),
    "uv-store-after-netrc": Case(
        files=project(index()),
        netrc="default login u password " + SECRET,
        store='service = "{url}"\nusername = "v"\npassword = "x"',
    ),
    # What only lockbot has.
    "file": Case(
        files=project(index()),
        environment={"LOCKBOT_INDEX_CREDENTIALS": 'username = "u"\nvariable = "TOKEN"'},
        of_uv=False,
    ),
    "file-command": Case(
        files=project(index()),
        environment={"LOCKBOT_INDEX_CREDENTIALS": 'username = "u"\ncommand = ["keyring", "get", "x", "u"]'},
        keyring={"x u": SECRET},
        of_uv=False,
    ),
    "file-of-a-repository": Case(
        files=project(index()),
        environment={"LOCKBOT_INDEX_CREDENTIALS": 'username = "u"\nvariable = "TOKEN"\nrepositories = ["acme/*"]'},
        is_let_in=False,
        of_uv=False,
    ),
}

_PROGRAM = """\
#!{python} -I
import json, sys
log, known = {log!r}, json.loads({known!r})
with open(log, "a") as stream:
    stream.write(" ".join(sys.argv[1:]) + "\\n")
found = known.get(" ".join(sys.argv[2:]))
sys.exit(1) if found is None else print(found)
"""


@pytest.fixture
def server() -> Iterator[ClosedServer]:
    with ClosedServer() as running:
        running.release("alpha", "1.0")
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


class Caller:
    """Sets a case up in a repository and calls programs there."""

    def __init__(self, case: Case, repository: LocalRepository, server: ClosedServer) -> None:
        self.case = case
        self.repository = repository
        self.home = repository.folder.parent
        self.log = self.home / "keyring.log"
        self.server = server
        repository.write({path: self.fill(text) for path, text in case.files.items()})
        self._install_keyring()

    def fill(self, text: str) -> str:
        url, (host, port) = self.server.url, self.server.root.removeprefix("http://").split(":")
        for name, value in {
            "{url}": url,
            "{named}": url.replace("://", "://u@"),
            "{whole}": url.replace("://", f"://u:{SECRET}@"),
            "{escaped}": url.replace("://", f"://u:{SECRET.replace('-', '%2D')}@"),
            "{wrong}": url.replace("://", "://u:wrong@"),
            "{secret}": SECRET,
            "{host}": host,
            "{port}": port,
        }.items():
            text = text.replace(name, value)
        return text

    def _install_keyring(self) -> None:
        program = self.home / "bin" / "keyring"
        program.parent.mkdir()
        known = json.dumps({self.fill(key): text for key, text in self.case.keyring.items()})
        program.write_text(_PROGRAM.format(python=sys.executable, log=str(self.log), known=known))
        program.chmod(0o755)

    def environment(self) -> dict[str, str]:
        stated = {key: self.fill(text) for key, text in self.case.environment.items()}
        if "LOCKBOT_INDEX_CREDENTIALS" in stated:
            file = self.home / "credentials.toml"
            file.write_text(f'[[credentials]]\nprefix = "{self.server.root}/"\n{stated["LOCKBOT_INDEX_CREDENTIALS"]}\n')
            stated["LOCKBOT_INDEX_CREDENTIALS"] = str(file)
        if self.case.netrc is not None:
            _before, is_home, text = self.case.netrc.rpartition("home:")
            file = self.home / (".netrc" if is_home else "logins")
            file.write_text(self.fill(text) + "\n")
            stated |= {} if is_home else {"NETRC": str(file)}
        if self.case.store is not None:
            folder = self.home / ".local" / "share" / "uv" / "credentials"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "credentials.toml").write_text(f"[[credential]]\n{self.fill(self.case.store)}\n")
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LOCKBOT_CACHE_DIR": str(self.home / "cache"),
            "UV_CACHE_DIR": str(self.home / "uv"),
            "TOKEN": SECRET,
            **stated,
        }

    def lock(self, program: str) -> subprocess.CompletedProcess[str]:
        arguments = list(map(self.fill, self.case.arguments))
        if program == "lockbot":
            return call_lock(self.repository.folder, arguments, self.environment())
        return subprocess.run(
            [need_uv(), "lock", "--python", sys.executable, *arguments],
            cwd=self.repository.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


def expect(caller: Caller, done: subprocess.CompletedProcess[str]) -> None:
    case = caller.case
    assert (done.returncode == 0) == case.is_let_in, done.stderr
    assert (RIGHT in caller.server.authorizations) == case.is_let_in
    if case.asked is not None:
        assert caller.asked == [caller.fill(one) for one in case.asked]
    lock = caller.repository.folder / "uv.lock"
    texts = [done.stdout, done.stderr, lock.read_text() if lock.exists() else ""]
    assert [text for text in texts if SECRET in text] == []


@pytest.mark.parametrize("name", CASES)
def test_each_place_lets_lockbot_in(repository: LocalRepository, server: ClosedServer, name: str) -> None:
    caller = Caller(CASES[name], repository, server)
    expect(caller, caller.lock("lockbot"))


@pytest.mark.uv
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.of_uv])
def test_each_place_lets_uv_in(repository: LocalRepository, server: ClosedServer, name: str) -> None:
    caller = Caller(CASES[name], repository, server)
    expect(caller, caller.lock("uv"))


RUNS = [
    name
    for name, case in CASES.items()
    # What proposals are made of is the repository's word alone, so a run knows no arguments and no variables with indexes.
    if not case.arguments and not any(one.endswith(("INDEX", "INDEX_URL")) for one in case.environment)
]


@pytest.mark.parametrize("name", RUNS)
def test_each_place_lets_a_run_in(repository: LocalRepository, server: ClosedServer, name: str) -> None:
    caller = Caller(CASES[name], repository, server)
    repository.write({"uv.lock": LOCK.replace("{url}", server.url)})
    repository.commit({})
    server.release("alpha", "1.1")
    done = CliRunner(env=caller.environment()).invoke(run, [str(repository.folder)])
    assert (RIGHT in server.authorizations) == caller.case.is_let_in, done.output
    assert ("1.1" in done.output) == caller.case.is_let_in, done.output
    branches = "".join(repository.git("show", branch) for branch in repository.branches())
    assert [text for text in (done.output, branches) if SECRET in text] == []


LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "alpha"
version = "1.0"
source = { registry = "{url}" }

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "alpha" },
]

[package.metadata]
requires-dist = [{ name = "alpha" }]
"""
