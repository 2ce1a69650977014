"""The index as a worker opens it: through the operator's proxy, under the guard, with a git that can be held to addresses."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.diagnosis import check_index_credentials
from bot.app.solving import open_index
from bot.errors import IndexFailure, LockbotError
from bot.git.command import GitError
from bot.resolver.model.index import Index
from bot.settings import Settings
from tests.index.server import IndexServer

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return Settings(cache_dir=tmp_path / "cache")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """Answers for ``index.invalid``, a name that nobody else knows."""
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: object, **named: object) -> object:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return real(host, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with IndexServer() as server:
        server.replies["http://index.invalid/simple/a/"] = server.page("a", [])
        monkeypatch.setenv("HTTP_PROXY", server.root)
        yield server


def test_a_worker_goes_through_the_proxy_of_the_environment(settings: Settings, proxy: IndexServer) -> None:
    with open_index(settings) as index:
        assert index.get_page(Index(url="http://index.invalid/simple"), "a") is not None
    assert proxy.paths == ["http://index.invalid/simple/a/"]


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "localhost"])
@pytest.mark.parametrize("direct", ["", "127.0.0.1,169.254.169.254,localhost"])
def test_a_worker_asks_no_proxy_and_nobody_for_what_is_private(
    settings: Settings, proxy: IndexServer, monkeypatch: pytest.MonkeyPatch, host: str, direct: str
) -> None:
    monkeypatch.setenv("NO_PROXY", direct)
    with open_index(settings) as index, pytest.raises(IndexFailure, match="not a public address"):
        index.get_page(Index(url=f"http://{host}/simple"), "a")
    assert proxy.paths == []


def test_a_worker_does_not_begin_with_a_git_that_can_not_be_held_to_addresses(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.36.1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(GitError, match=r"install git 2\.37 or newer"), open_index(settings):
        pass


def test_the_doctor_obtains_every_secret_once(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush-hush")
    entries = [
        f'[[credentials]]\nprefix = "https://{name}.invalid/"\nusername = "u"\nfile = "{tmp_path}/{name}"\n'
        for name in ("token", "gone")
    ]
    file = tmp_path / "credentials.toml"
    file.write_text(entries[0])
    settings = Settings(index_credentials=file)
    assert check_index_credentials(settings) == "1"
    file.write_text("".join(entries))
    with pytest.raises(
        LockbotError, match=r"number 2 of LOCKBOT_INDEX_CREDENTIALS: .*/gone can't be read: No such file"
    ):
        check_index_credentials(settings)
    assert check_index_credentials(Settings(index_credentials=None)) == "none"
