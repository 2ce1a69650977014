from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.forge.github.app import GitHubApp
from bot.forge.github.client import GitHubAccess
from bot.ports.forge import RepositoryRef
from tests.forge.worlds import FIRST, GitHubWorld, MemoryWorld, World
from tests.github import Hub
from tests.github.held import requests_are_described

__all__ = ["requests_are_described"]


def access_to(hub: Hub) -> GitHubAccess:
    return GitHubAccess(web_url=hub.url, api_url=f"{hub.url}/api/v3", app_id=hub.app.id, private_key=hub.private_key)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as one:
        yield one


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, GitHubApp]]:
    with Hub(tmp_path_factory.mktemp("shared") / "hub") as one:
        yield one, GitHubApp(access_to(one))


@pytest.fixture
def github_world(shared_app: tuple[Hub, GitHubApp]) -> Iterator[GitHubWorld]:
    """A repository and an installation of the test's own; they are all that the hub has."""
    hub, app = shared_app
    repository = hub.add_repository("octo/app", FIRST)
    installation = hub.install(repository)
    ref = RepositoryRef(installation=installation.id, id=repository.id, owner="octo", name="app")
    yield GitHubWorld(app, app.open_repository(ref), hub, repository)
    hub.forget_all()


@pytest.fixture(params=["memory", "github"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return MemoryWorld.make()
    found: GitHubWorld = request.getfixturevalue("github_world")
    return found
