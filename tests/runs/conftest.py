from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.github import Hub
from tests.github.held import requests_are_described
from tests.github.model import Comment, Pull, Repository
from tests.runs.server import Server, eventually, with_real_pipeline, with_small_pipeline

#: What a broken pipeline raises: for the log alone.
HUSH = "hush-hush-of-the-operator"
FIRST = {"pins.toml": "alpha==1.0\nbeta==1.0\n"}

__all__ = ["requests_are_described"]


@dataclass
class Stage:
    """A stand-in for GitHub and a server beside it, with the small pipeline. ``meant``: jobs that are to fail."""

    hub: Hub
    server: Server
    meant: set[str] = field(default_factory=set)
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def say_latest(self, *, apart: bool = False, **versions: str) -> None:
        world = {"latest": versions, "labels": ["dependencies", "python"], "apart": apart}
        (self.server.folder / "world.json").write_text(json.dumps(world))

    def break_pipeline(self) -> None:
        (self.server.folder / "world.json").write_text(json.dumps({"latest": {}, "broken": HUSH}))

    def add_repository(self, files: dict[str, str] | None = None) -> Repository:
        self.say_latest(alpha="2.0")
        return self.hub.add_repository(f"octo/app-{next(self.names)}", files or FIRST)

    def install(self, repository: Repository) -> Pull:
        """Install the App on the repository and wait for its pull request."""
        self.hub.install(repository)
        found = eventually(lambda: next(iter(repository.pulls.values()), None), "a pull request is opened")
        self.server.settle()
        return found

    def command(self, repository: Repository, pull: Pull, login: str, text: str = "/lockbot rebase") -> Comment:
        comment = self.hub.comment(repository, pull.number, text, login=login)
        self.server.settle()
        return comment

    def hold(self) -> None:
        self.server.folder.joinpath("held").unlink(missing_ok=True)
        self.server.folder.joinpath("hold").touch()

    def wait_until_held(self) -> None:
        eventually(self.server.folder.joinpath("held").exists, "a run is under way")

    def release(self) -> None:
        self.server.folder.joinpath("hold").unlink(missing_ok=True)

    def answers(self, repository: Repository, pull: Pull) -> list[str]:
        bot = self.hub.app.bot
        return [one.body for one in self.hub.comments_on(repository, pull.number) if one.author is bot]


def make_stage(folder: Path, hub: Hub) -> Stage:
    own = folder / "server"
    own.mkdir()
    stage = Stage(hub, Server(hub, own, with_small_pipeline))
    stage.say_latest()
    return stage


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with Hub(folder / "hub") as hub:
        stage = make_stage(folder, hub)
        stage.server.start()
        try:
            yield stage
        finally:
            code = stage.server.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        failures = [line for line in stage.server.log().splitlines() if "Traceback" in line]
        assert [line for line in failures if not any(name in line for name in stage.meant)] == []


@contextmanager
def own_stage(folder: Path) -> Iterator[Stage]:
    """A server of the test's own, which may be killed or left in a bad way."""
    with Hub(folder / "hub") as hub:
        one = make_stage(folder, hub)
        one.server.start()
        try:
            yield one
        finally:
            one.release()
            one.server.stop()


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    yield shared_stage
    shared_stage.release()


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``lockbot serve`` itself beside a hub; tests keep apart by their repositories and their indexes."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "server").mkdir()
    with Hub(folder / "hub") as hub:
        allowed = {"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8"}
        server = Server(hub, folder / "server", with_real_pipeline, more=allowed)
        server.start()
        try:
            yield server
        finally:
            code = server.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        assert "Traceback" not in server.log(), server.log()
