"""``serve`` and ``work`` as a person meets them who has set something up wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
