"""``lockbot serve`` itself, with the real pipeline, an index on loopback and the stand-in for GitHub."""

from __future__ import annotations

import os
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.github import Hub
from tests.github.model import Pull, Repository
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually

MANIFEST = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "alpha==1.0",  # the comment stays
    "beta>=1.0,<2",
]

[[tool.uv.index]]
url = "{url}"
default = true
"""

HEAD = """\
version = 1
revision = 3
requires-python = ">=3.11"

"""

LOCKED = """\
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "{url}" }}
{more}wheels = [
    {wheel},
]

"""

APP = """\
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "alpha" },
    { name = "beta" },
]

[package.metadata]
requires-dist = [
    { name = "alpha", specifier = "==1.0" },
    { name = "beta", specifier = ">=1.0,<2" },
]

"""


@dataclass
class Scene:
    hub: Hub
    index: IndexServer
    server: Server

    def add_repository(self, name: str) -> Repository:
        files = {"pyproject.toml": MANIFEST.format(url=self.index.url), "uv.lock": self.make_lock()}
        return self.hub.add_repository(f"octo/{name}", files)

    def make_lock(self) -> str:
        packages = [
            LOCKED.format(
                url=self.index.url, name=name, version="1.0", wheel=self.index.describe(name, "1.0"), more=more
            )
            for name, more in (("alpha", 'dependencies = [\n    { name = "gamma" },\n]\n'), ("beta", ""), ("gamma", ""))
        ]
        return HEAD + packages[0] + APP + packages[1] + packages[2].rstrip("\n") + "\n"

    def install(self, repository: Repository) -> dict[str, Pull]:
        self.hub.install(repository)
        self.server.settle()
        return {one.head: one for one in repository.open_pulls()}


@pytest.fixture
def scene(real_server: Server) -> Iterator[Scene]:
    with IndexServer() as index:
        for name, version, *requirements in (("alpha", "1.0", "gamma>=1"), ("beta", "1.0"), ("gamma", "1.0")):
            index.release(name, version, *requirements)
        yield Scene(real_server.hub, index, real_server)


def test_from_installation_to_pull_requests_and_on(scene: Scene) -> None:
    repository = scene.add_repository("app")
    scene.index.release("alpha", "1.2", "gamma>=1")
    pulls = scene.install(repository)
    pull = pulls["lockbot/non-major"]
    files = repository.git.files(pull.head_sha)
    assert '"alpha==1.2",  # the comment stays' in files["pyproject.toml"]
    assert 'name = "alpha"\nversion = "1.2"' in files["uv.lock"]
    assert (pull.title, pull.labels) == ("Update alpha to 1.2", ["dependencies"])
    assert "`1.0` → `1.2`" in pull.body
    assert repository.git.diff(pull.base_sha, pull.head_sha) == [("M", "pyproject.toml"), ("M", "uv.lock")]

    base = scene.hub.push(repository, {"readme.md": "hello"})
    scene.server.settle()
    assert repository.git.read_commit(pull.head_sha).parents == (base,)

    scene.index.release("alpha", "1.3", "gamma>=1")
    comment = scene.hub.comment(repository, pull.number, "/lockbot rebase", login="octo")
    scene.server.settle()
    assert "alpha==1.3" in repository.git.files(pull.head_sha)["pyproject.toml"]
    assert pull.title == "Update alpha to 1.3"
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]

    scene.hub.merge(repository, pull.number, login="octo")
    scene.server.settle()
    assert repository.git.branch("lockbot/non-major") is None
    assert len([one for one in repository.pulls.values() if one.head == "lockbot/non-major"]) == 1


@pytest.mark.uv
def test_uv_accepts_every_lock_that_is_proposed(scene: Scene, tmp_path: Path) -> None:
    repository = scene.add_repository("checked")
    scene.index.release("alpha", "1.2", "gamma>=1.1")
    scene.index.release("gamma", "1.1")
    scene.index.release("beta", "2.0")
    pulls = scene.install(repository)
    assert len(pulls) >= 2
    for number, one in enumerate(pulls.values()):
        project = tmp_path / f"checked-{number}"
        project.mkdir()
        for path, text in repository.git.files(one.head_sha).items():
            (project / path).write_text(text)
        uv = Path(sysconfig.get_path("scripts")) / "uv"
        command = [str(uv), "lock", "--check", "--no-cache", "--project", str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_broken_file_does_not_stop_the_rest(scene: Scene) -> None:
    repository = scene.add_repository("partly")
    scene.hub.push(repository, {"other/pyproject.toml": "[project\n"}, quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    assert "lockbot/non-major" in scene.install(repository)
    (check,) = repository.checks.values()
    assert check.conclusion == "neutral"
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [("other/pyproject.toml", 1)]


def test_a_configuration_with_a_mistake_is_reported_with_its_line(scene: Scene) -> None:
    repository = scene.add_repository("config")
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.hub.push(repository, {".lockbot.json": '{\n  "enabledd": true\n}\n'}, quiet=True)
    assert scene.install(repository) == {}
    (check,) = eventually(lambda: list(repository.checks.values()), "a check run")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 2)]
    assert "enabledd" in check.summary


@pytest.mark.crash
def test_a_worker_killed_while_it_publishes_finishes_after_its_restart(scene: Scene) -> None:
    repository = scene.add_repository("killed")
    scene.index.release("alpha", "1.2", "gamma>=1")
    (worker,) = eventually(scene.server.worker_ids, "the worker is there")
    scene.hub.after(r"POST .*/pulls$", lambda: os.kill(worker, signal.SIGKILL))
    scene.hub.install(repository)
    eventually(lambda: scene.server.worker_ids() not in ([], [worker]), "the worker is started again")
    scene.server.settle()
    assert [(one.head, one.labels) for one in repository.pulls.values()] == [("lockbot/non-major", ["dependencies"])]
