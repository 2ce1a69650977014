"""A repository without a configuration, from the installation to its first updates; one server that asks first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from tests.github import Hub
from tests.github.model import Pull, Repository
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, with_real_pipeline

MANIFEST = '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["alpha==1.0"]\n'
INDEX = '\n[[tool.uv.index]]\nurl = "{url}"\ndefault = true\n'
RENOVATE = '{\n  "extends": ["config:recommended"],\n  "labels": ["fresh"],\n  "registryAliases": { "x": "y" }\n}\n'


@dataclass
class Scene:
    hub: Hub
    server: Server
    index: IndexServer
    numbers: Iterator[int] = field(default_factory=count)

    def install(self, **files: str) -> Repository:
        manifest = MANIFEST + INDEX.format(url=self.index.url)
        found = {"pyproject.toml": manifest, **{name.replace("__", "."): text for name, text in files.items()}}
        repository = self.hub.add_repository(f"octo/asked-{next(self.numbers)}", found)
        self.hub.install(repository)
        self.server.settle()
        return repository

    def push(self, repository: Repository, **files: str) -> None:
        self.hub.push(repository, {name.replace("__", "."): text for name, text in files.items()})
        self.server.settle()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("asking")
    (folder / "server").mkdir()
    more = {"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8", "LOCKBOT_ONBOARDING": "1"}
    with Hub(folder / "hub") as hub, IndexServer() as index:
        for version in ("1.0", "1.2"):
            index.release("alpha", version)
        server = Server(hub, folder / "server", with_real_pipeline, more=more)
        server.start()
        try:
            yield Scene(hub, server, index)
        finally:
            assert server.stop() == 0
        assert hub.find_mentioned() == ()
        assert "Traceback" not in server.log()


def asked(repository: Repository) -> Pull:
    (one,) = repository.open_pulls()
    assert (one.head, one.title) == ("lockbot/configure", "Configure lockbot")
    return one


def test_it_is_asked_and_begins_when_it_is_answered(scene: Scene) -> None:
    repository = scene.install()
    pull = asked(repository)
    assert "Update alpha to 1.2" in pull.body
    assert repository.git.diff(pull.base_sha, pull.head_sha) == [("A", ".lockbot.json")]
    scene.hub.merge(repository, pull.number, login="octo")
    scene.server.settle()
    assert [one.title for one in repository.open_pulls()] == ["Update alpha to 1.2"]
    assert repository.git.branch("lockbot/configure") is None


def test_renovates_words_come_over_and_what_does_not_is_told(scene: Scene) -> None:
    pull = asked(repository := scene.install(renovate__json=RENOVATE))
    text = repository.git.files(pull.head_sha)[".lockbot.json"]
    assert '"labels": ["fresh"]' in text
    assert "It was translated from `renovate.json`" in pull.body
    assert "registryAliases" in pull.body


def test_closed_it_is_not_asked_again(scene: Scene) -> None:
    repository = scene.install()
    scene.hub.close(repository, asked(repository).number, login="octo")
    scene.push(repository, README__md="x")
    scene.hub.uninstall(next(one for one in scene.hub.installations.values() if repository.id in one.repositories))
    scene.hub.install(repository)
    scene.server.settle()
    assert repository.open_pulls() == []
    assert repository.git.branch("lockbot/configure") is None


def test_what_somebody_writes_into_it_is_planned_with(scene: Scene) -> None:
    repository = scene.install()
    pull = asked(repository)
    scene.hub.push(repository, {".lockbot.json": '{"ignoreDeps": ["alpha"]}\n'}, branch=pull.head, login="ada")
    scene.server.settle()
    now = asked(repository)
    assert repository.git.files(now.head_sha)[".lockbot.json"] == '{"ignoreDeps": ["alpha"]}\n'
    assert "People have changed the file on this branch" in now.body
    assert "Update alpha" not in now.body
    scene.hub.comment(repository, pull.number, "/lockbot rebase", login="octo")
    scene.server.settle()
    again = asked(repository)
    assert "config:recommended" in repository.git.files(again.head_sha)[".lockbot.json"]
    assert "Update alpha to 1.2" in again.body


def test_a_repository_that_has_one_is_not_asked(scene: Scene) -> None:
    repository = scene.install(**{".lockbot.json": "{}"})
    assert [one.title for one in repository.open_pulls()] == ["Update alpha to 1.2"]


def test_where_there_is_nothing_for_lockbot_nobody_is_asked(scene: Scene) -> None:
    repository = scene.hub.add_repository("octo/words-alone", {"README.md": "x"})
    scene.hub.install(repository)
    scene.server.settle()
    assert repository.open_pulls() == []
