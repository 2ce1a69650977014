"""What only the real thing can do to us: credentials, permissions, limits, outages, pages, answers out of shape."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from bot.forge.github.app import GitHubApp
from bot.ports.forge import (
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeUnavailable,
    NewPullRequest,
    PullRequestState,
    RepositoryRef,
)
from bot.ports.run import BranchName
from tests.forge.conftest import access_to
from tests.forge.test_contract import MAIN, push
from tests.forge.worlds import GitHubWorld
from tests.github import Hub
from tests.github.wire import Reply


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(status=502, raw=b"<html>bad gateway"), ForgeUnavailable, "502"),
        (
            Reply(status=403, body={"message": "Resource not accessible by integration"}),
            ForgeForbidden,
            "not accessible",
        ),
        (Reply(status=404, body={"message": "Not Found"}), ForgeNotFound, "Not Found"),
        (Reply(status=200, body={"surprise": 1}), ForgeUnavailable, "not understood"),
        (Reply(status=200, raw=b"\x00not json"), ForgeUnavailable, "not understood"),
    ],
)
def test_a_failure_has_the_words_of_the_port(
    github_world: GitHubWorld, reply: Reply, error: type[ForgeError], words: str
) -> None:
    github_world.hub.fail_next("^GET .*/octo/app$", reply)
    with pytest.raises(error, match=words):
        github_world.forge.get_repository()


def test_a_rate_limit_says_when_to_come_back(github_world: GitHubWorld) -> None:
    headers = {"x-ratelimit-remaining": "0", "retry-after": "77"}
    reply = Reply(status=403, body={"message": "API rate limit exceeded"}, headers=headers)
    github_world.hub.fail_next("^GET .*/octo/app$", reply)
    with pytest.raises(ForgeUnavailable) as caught:
        github_world.forge.get_repository()
    assert caught.value.retry_after is not None
    assert 60 <= caught.value.retry_after <= 78


def test_another_key_is_refused(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        Hub(tmp_path_factory.mktemp("other"), key=1) as stranger,
        pytest.raises(ForgeUnavailable, match="could not be decoded"),
    ):
        GitHubApp(replace(access_to(hub), private_key=stranger.private_key)).get_identity()


def test_a_key_that_is_none_is_refused_without_showing_it(hub: Hub) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"
    with pytest.raises(ForgeForbidden) as caught:
        GitHubApp(replace(access_to(hub), private_key=key)).get_identity()
    assert "c2VjcmV0" not in str(caught.value)


def test_an_unreachable_forge_is_unavailable(hub: Hub) -> None:
    access = replace(access_to(hub), api_url="http://127.0.0.1:9/api/v3")
    with pytest.raises(ForgeUnavailable):
        GitHubApp(access).get_identity()


def test_a_missing_permission_is_forbidden(github_world: GitHubWorld) -> None:
    (installation,) = github_world.hub.installations.values()
    installation.permissions = {"metadata": "read", "contents": "read"}
    with pytest.raises(ForgeForbidden, match="not accessible"):
        push(github_world)


def test_a_repository_out_of_reach_is_not_found(github_world: GitHubWorld) -> None:
    other = github_world.hub.add_repository("octo/other", {"a": "b"})
    ref = RepositoryRef(installation=github_world.forge.ref.installation, id=other.id, owner="octo", name="other")
    with pytest.raises(ForgeNotFound):
        github_world.app.open_repository(ref).get_repository()


def test_an_empty_repository_has_no_branch(github_world: GitHubWorld) -> None:
    empty = github_world.hub.add_repository("octo/empty", {})
    (installation,) = github_world.hub.installations.values()
    github_world.hub.change_repositories(installation, add=(empty,))
    ref = RepositoryRef(installation=installation.id, id=empty.id, owner="octo", name="empty")
    assert GitHubApp(access_to(github_world.hub)).open_repository(ref).find_branch(MAIN) is None


def test_where_there_are_no_drafts_a_pull_request_is_opened_as_any_other(github_world: GitHubWorld) -> None:
    push(github_world)
    github_world.repository.has_drafts = False
    new = NewPullRequest(head=BranchName("lockbot/all-non-major"), base=MAIN, title="t", body="b", draft=True)
    assert not github_world.forge.open_pull_request(new).draft


def test_lists_are_read_to_the_last_page(github_world: GitHubWorld) -> None:
    number = _pull(github_world)
    for turn in range(205):
        github_world.hub.add_comment(github_world.repository, number, f"{turn}", github_world.hub.add_account("ada"))
    assert [one.body for one in github_world.forge.list_comments(number)] == [f"{turn}" for turn in range(205)]


def _pull(world: GitHubWorld) -> int:
    push(world)
    new = NewPullRequest(head=BranchName("lockbot/all-non-major"), base=MAIN, title="T", body="")
    return world.forge.open_pull_request(new).number


def test_a_merged_pull_request_is_told_from_a_closed_one(github_world: GitHubWorld) -> None:
    number = _pull(github_world)
    github_world.hub.merge(github_world.repository, number, login="ada")
    (closed,) = github_world.forge.list_pull_requests(PullRequestState.CLOSED)
    assert closed.state is PullRequestState.MERGED


def test_the_clone_token_reads_one_repository_and_no_more(github_world: GitHubWorld) -> None:
    source = github_world.forge.get_clone_source()
    assert source.password is not None
    assert source.password not in repr(source) + source.url
    token = github_world.hub.tokens[source.password]
    assert (token.repositories, token.permissions) == (frozenset({github_world.repository.id}), {"contents": "read"})
    with_token = source.url.replace("://", f"://x-access-token:{source.password}@")
    listed = subprocess.run(["git", "ls-remote", with_token, "HEAD"], capture_output=True, text=True, check=True)
    assert listed.stdout.startswith(github_world.repository.git.branch("main") or "-")


def test_secrets_stay_out_of_reprs(hub: Hub) -> None:
    assert "PRIVATE KEY" not in repr(access_to(hub))
