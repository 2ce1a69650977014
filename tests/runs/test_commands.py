"""``serve``, ``work`` and ``doctor`` as a person meets them who has set something up wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.diagnosis import diagnose_server
from bot.cli.doctor import report
from bot.settings import read_settings
from tests.github import Hub
from tests.runs.server import Server


def run(server: Server, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in (server.environment | changes).items() if value}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["serve", "work"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"LOCKBOT_APP_ID": ""}, "error: LOCKBOT_APP_ID is not set"),
        ({"LOCKBOT_PRIVATE_KEY": "hello"}, "error: LOCKBOT_PRIVATE_KEY: not a PEM private key"),
        ({"LOCKBOT_DATABASE_URL": "mysql://x"}, "error: LOCKBOT_DATABASE_URL: must start with"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, command: str, changes: dict[str, str], words: str) -> None:
    with Hub(tmp_path / "hub") as hub:
        done = run(Server(hub, tmp_path, lambda _: []), command, **changes)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(words)


@pytest.mark.parametrize("url", ["sqlite:////proc/none/x.sqlite", "postgresql://me:hush-hush@127.0.0.1:9/none"])
def test_a_database_that_can_not_be_opened_is_one_sentence(tmp_path: Path, url: str) -> None:
    with Hub(tmp_path / "hub") as hub:
        done = run(Server(hub, tmp_path, lambda _: []), "serve", LOCKBOT_DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: the job database: ")
    assert "hush-hush" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        for name, value in Server(hub, tmp_path, lambda _: []).environment.items():
            if name.startswith("LOCKBOT_"):
                monkeypatch.setenv(name, value)
        yield hub


def test_the_doctor_finds_all_well(hub: Hub) -> None:
    lines: list[str] = []
    assert report(read_settings(), diagnose_server, lines.append) == 0
    assert [line.split(":")[0] for line in lines] == [
        "ok   credentials", "ok   data folder", "ok   forge", "ok   permissions", "ok   installations",
        "ok   database", "ok   git",
    ]  # fmt: skip


def test_the_doctor_names_what_the_app_lacks(hub: Hub) -> None:
    lines: list[str] = []
    hub.app.permissions = {"metadata": "read", "contents": "read"}
    hub.app.events = ("push",)
    assert report(read_settings(), diagnose_server, lines.append) == 1
    (bad,) = [line for line in lines if line.startswith("FAIL")]
    assert "permission contents: write" in bad
    assert "permission workflows: write" in bad
    assert "event issue_comment" in bad
    assert "settings page" in bad


def test_the_doctor_names_who_has_not_accepted_what(hub: Hub) -> None:
    lines: list[str] = []
    hub.install(hub.add_repository("octo/app", {}))
    hub.install(hub.add_repository("acme/app", {}), without="issues")
    assert report(read_settings(), diagnose_server, lines.append) == 0
    assert "ok   installations: 2; acme has not accepted issues: write" in lines


def test_the_doctor_goes_on_when_the_forge_is_away(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setenv("LOCKBOT_GITHUB_URL", "http://127.0.0.1:9")
    assert report(read_settings(), diagnose_server, lines.append) == 3
    assert lines[-1].startswith("ok   git: git version")
