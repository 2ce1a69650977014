"""``lockbot run --pull-requests`` and ``--push``: the server's own publishing, without a server, with each kind of token."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.github import Hub
from tests.github.model import Repository
from tests.github.tokens import give_app_token, give_person_token, give_workflow_token
from tests.github.world import PERMISSIONS
from tests.runs.index_server import IndexServer
from tests.runs.publishing import Desk, open_pulls

NON_MAJOR, MAJOR = "lockbot/non-major", "lockbot/major-alpha-2"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with Hub(folder / "hub") as hub, IndexServer() as index:
        for name, version, *needed in (("alpha", "1.0", "gamma>=1"), ("beta", "1.0"), ("gamma", "1.0")):
            index.release(name, version, *needed)
        index.release("beta", "1.1")
        yield Desk(hub, index, folder)
        assert hub.find_mentioned() == (), "lockbot notified somebody"


def of_workflow(desk: Desk, repository: Repository) -> tuple[str, str]:
    return give_workflow_token(desk.hub, repository), "github-actions[bot]"


def of_person(desk: Desk, repository: Repository) -> tuple[str, str]:
    desk.hub.add_collaborator(repository, "ada", "write")
    return give_person_token(desk.hub, repository, "ada"), "ada"


def of_app(desk: Desk, repository: Repository) -> tuple[str, str]:
    return give_app_token(desk.hub, repository, PERMISSIONS), desk.hub.app.bot.login


@pytest.mark.parametrize("kind", [of_workflow, of_person, of_app])
def test_each_token_opens_one_verified_commit_and_twice_changes_nothing(
    desk: Desk, kind: Callable[[Desk, Repository], tuple[str, str]]
) -> None:
    repository = desk.add_repository()
    token, login = kind(desk, repository)
    first = desk.run(repository, token, "--json")
    assert first.code == 0, first.err
    assert set(first.outcomes.values()) == {"opened"}
    pull = open_pulls(repository)[NON_MAJOR]
    assert pull.author.login == login
    git = repository.git
    commit = git.read_commit(pull.head_sha)
    assert (pull.head_sha in repository.verified, commit.author.name) == (True, login)
    assert list(commit.parents) == [git.branch("main")]
    assert "1.1" in (git.read_blob(git.find(f"{pull.head_sha}:uv.lock") or "")).decode()
    before = dict(git.refs("refs/heads/"))
    assert set(before) == {"refs/heads/main", f"refs/heads/{NON_MAJOR}"}
    bodies = {one.number: (one.title, one.body) for one in (*repository.pulls.values(), *repository.issues.values())}
    second = desk.run(repository, token, "--json")
    assert (second.code, set(second.outcomes.values())) == (0, {"unchanged"}), second.err
    assert git.refs("refs/heads/") == before
    assert {
        one.number: (one.title, one.body) for one in (*repository.pulls.values(), *repository.issues.values())
    } == bodies
    assert token not in first.out + first.err + second.out + second.err
