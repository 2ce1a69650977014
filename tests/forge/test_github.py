"""What only the real thing can do to us: credentials, permissions, limits, outages, pages, answers out of shape."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from bot.forge.github import pull_requests
from bot.forge.github.app import GitHubApp
from bot.ports.forge import (
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeUnavailable,
    HeadCheck,
    HeadCheckState,
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


# --- what a contract can't ask of a twin ----------------------------------------------------------


def test_a_pull_request_with_too_many_files_names_none(
    github_world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_requests, "PULL_REQUEST_FILES", 3)
    one = github_world.open_pull("topic", {"a": "1", "b": "2"}, login="ada")
    assert github_world.forge.list_pull_request_files(one.number) == ("a", "b")
    github_world.commit("topic", {"c": "3"})
    assert github_world.forge.list_pull_request_files(one.number) is None


def test_checks_of_a_head_are_read_to_the_last_page(github_world: GitHubWorld) -> None:
    one = github_world.open_pull("topic", {"a": "1"}, login="ada")
    for number in range(205):
        github_world.check(one.head, f"test {number:03}", HeadCheckState.PASSED)
    state = github_world.forge.get_merge_state(one.number)
    assert [check.name for check in state.checks] == [f"test {number:03}" for number in range(205)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("success", HeadCheckState.PASSED),
        ("pending", HeadCheckState.PENDING),
        ("failure", HeadCheckState.FAILED),
        ("error", HeadCheckState.FAILED),
    ],
)
@pytest.mark.parametrize("login", ["ada", "ci[bot]"])
def test_commit_statuses_are_told_beside_check_runs(
    github_world: GitHubWorld, state: str, expected: HeadCheckState, login: str
) -> None:
    one = github_world.open_pull("topic", {"a": "1"}, login="ada")
    github_world.protect(checks=("legacy",))
    github_world.hub.add_status(github_world.repository, one.head, "legacy", state, login=login)
    (check,) = github_world.forge.get_merge_state(one.number).checks
    assert check == HeadCheck(name="legacy", creator=login, state=expected, required=True)


@pytest.mark.parametrize("conclusion", ["cancelled", "timed_out", "stale", "action_required", "failure"])
def test_a_check_run_that_did_not_succeed_has_failed(github_world: GitHubWorld, conclusion: str) -> None:
    one = github_world.open_pull("topic", {"a": "1"}, login="ada")
    github_world.hub.add_check(github_world.repository, one.head, "test", conclusion)
    (check,) = github_world.forge.get_merge_state(one.number).checks
    assert check.state is HeadCheckState.FAILED


def test_a_merge_state_that_github_has_not_worked_out_is_not_known(github_world: GitHubWorld) -> None:
    one = github_world.open_pull("topic", {"a": "1"}, login="ada")
    github_world.repository.mergeable_known = False
    state = github_world.forge.get_merge_state(one.number)
    assert (state.is_known, state.can_merge, state.has_conflicts) == (False, False, False)


def test_where_merging_is_not_told_of_nothing_is_allowed(github_world: GitHubWorld) -> None:
    """Who may not write is not told how a repository is merged."""
    reply = {"id": 1, "node_id": "R_1", "name": "app", "owner": {"login": "octo"}, "default_branch": "main"}
    github_world.hub.fail_next("^GET .*/octo/app$", Reply(body=reply))
    found = github_world.forge.get_repository()
    assert (found.allows_auto_merge, found.merge_methods, found.has_issues) == (False, (), True)
