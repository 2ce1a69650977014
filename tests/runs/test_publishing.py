"""``lockbot run --pull-requests`` and ``--push``: the server's own publishing, without a server, with each kind of token."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.github.model import Repository
from tests.github.tokens import (
    PERSON,
    WORKFLOW,
    give_app_token,
    give_classic_token,
    give_person_token,
    give_workflow_token,
)
from tests.github.wire import Reply
from tests.github.world import PERMISSIONS
from tests.runs.publishing import Desk, open_desk, open_pulls

NON_MAJOR = "lockbot/non-major"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as one:
        yield one


def of_workflow(desk: Desk, repository: Repository) -> tuple[str, str]:
    return give_workflow_token(desk.hub, repository), "github-actions[bot]"


def of_person(desk: Desk, repository: Repository) -> tuple[str, str]:
    desk.hub.add_collaborator(repository, "ada", "write")
    return give_person_token(desk.hub, repository, "ada"), "ada"


def of_person_by_a_classic_token(desk: Desk, repository: Repository) -> tuple[str, str]:
    desk.hub.add_collaborator(repository, "ada", "write")
    return give_classic_token(desk.hub, "ada"), "ada"


def of_app(desk: Desk, repository: Repository) -> tuple[str, str]:
    return give_app_token(desk.hub, repository, PERMISSIONS), desk.hub.app.bot.login


@pytest.mark.parametrize("kind", [of_workflow, of_person, of_person_by_a_classic_token, of_app])
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


# --- what a token may not do ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_out", "code", "told"),
    [
        ("contents", 2, "permission"),
        ("pull_requests", 2, "permission"),
        ("issues", 0, ""),
        ("checks", 0, "The token may not write check runs"),
    ],
)
def test_a_permission_that_is_missing_is_named_with_its_remedy_and_the_rest_goes_on(
    desk: Desk, left_out: str, code: int, told: str
) -> None:
    repository = desk.add_repository({"broken/pyproject.toml": "[project\n", "broken/uv.lock": "x"})
    given = {name: level for name, level in WORKFLOW.items() if name != left_out}
    done = desk.run_here(repository, give_workflow_token(desk.hub, repository, given), "--json")
    # The broken manifest is a problem of its own.
    assert done.code == (code or 1), done.err
    assert told in done.err
    assert (NON_MAJOR in open_pulls(repository)) is (code == 0)
    assert "Traceback" not in done.err


def test_reading_is_not_enough_and_the_permission_that_is_is_named(desk: Desk) -> None:
    repository = desk.add_repository()
    reading = {**WORKFLOW, "contents": "read"}
    done = desk.run_here(repository, give_workflow_token(desk.hub, repository, reading), "--json")
    assert (done.code, done.outcomes) == (1, {NON_MAJOR: "refused"}), done.err
    assert "403 Resource not accessible by integration" in done.err
    assert "write `contents: write` into the workflow's permissions" in done.err
    fine = give_person_token(desk.hub, repository, "octo", {**PERSON, "contents": "read"})
    done = desk.run_here(repository, fine, "--json")
    assert "give the token Contents: read and write" in done.err
    assert open_pulls(repository) == {}


def test_workflows_that_may_not_open_pull_requests_hear_of_the_setting(desk: Desk) -> None:
    repository = desk.add_repository()
    repository.actions_may_open_pulls = False
    done = desk.run_here(repository, give_workflow_token(desk.hub, repository), "--json")
    assert (done.code, done.outcomes) == (1, {NON_MAJOR: "refused"}), done.err
    assert "Allow GitHub Actions to create and approve pull requests" in done.err
    # When somebody has turned it on, the branch that is there already is taken up.
    repository.actions_may_open_pulls = True
    done = desk.run_here(repository, give_workflow_token(desk.hub, repository), "--json")
    assert (done.code, done.outcomes) == (0, {NON_MAJOR: "opened"}), done.err


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("no token", "there is no token to publish with (set GITHUB_TOKEN or LOCKBOT_TOKEN"),
        ("wrong token", "401 the token is not valid (any more) (make a new token"),
        ("elsewhere", "there is no repository octo/elsewhere, or the token may not see it"),
        ("no name", "'octo' does not name a repository (name it as OWNER/NAME)"),
        ("no remote", "no remote leads to a repository (name it with --repository OWNER/NAME)"),
    ],
)
def test_what_can_not_be_used_ends_with_2_and_one_sentence(desk: Desk, case: str, told: str) -> None:
    repository = desk.hub.repositories[min(desk.hub.repositories)]
    token: str | None = give_workflow_token(desk.hub, repository)
    name = {"elsewhere": "octo/elsewhere", "no name": "octo"}.get(case, repository.full_name)
    if case == "no token":
        token = None
    if case == "wrong token":
        token = "ghs_" + "0" * 36
    named = [] if case == "no remote" else ["--repository", name]
    done = desk.call_here("run", str(desk.folder), "--pull-requests", *named, token=token)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert token is None or token not in done.err


def test_outages_are_waited_out_and_a_limit_that_lasts_is_told(desk: Desk) -> None:
    repository = desk.add_repository()
    token = give_workflow_token(desk.hub, repository)
    hub = desk.hub
    hub.fail_next("POST .*/pulls$", Reply(status=502, raw=b"<html>"))
    done = desk.run_here(repository, token, "--json")
    assert (done.code, done.outcomes) == (0, {NON_MAJOR: "opened"}), done.err
    limited = {"message": "You have exceeded a secondary rate limit.", "documentation_url": "-"}
    hub.fail_always(".*", Reply(status=403, body=limited, headers={"Retry-After": "3600"}))
    try:
        done = desk.run_here(repository, token, "--json")
    finally:
        hub.fail_always(".*", None)
    assert (done.code, done.out) == (2, "")
    assert "rate limit" in done.err


# --- whose a branch and a pull request are --------------------------------------------------------


def test_others_of_the_same_name_keep_their_branches_and_pull_requests(desk: Desk) -> None:
    repository = desk.add_repository()
    bot = "github-actions[bot]"
    token = give_workflow_token(desk.hub, repository)
    # Another workflow's pull request, and its branch under a name of lockbot's.
    desk.hub.push(repository, {"made.txt": "by another workflow\n"}, branch=NON_MAJOR, login=bot)
    other = desk.hub.open_pull(repository, NON_MAJOR, login=bot, title="Update the docs", body="Not lockbot's")
    head = other.head_sha
    done = desk.run_here(repository, token, "--json")
    assert (done.code, done.outcomes) == (1, {NON_MAJOR: "somebody else's branch"}), done.err
    assert (other.state, other.title, other.body, other.head_sha) == ("open", "Update the docs", "Not lockbot's", head)
    assert repository.git.branch(NON_MAJOR) == head


def test_what_a_person_closed_stays_closed_also_where_the_token_is_the_persons(desk: Desk) -> None:
    repository = desk.add_repository()
    desk.hub.add_collaborator(repository, "ada", "write")
    token = give_person_token(desk.hub, repository, "ada")
    desk.run_here(repository, token)
    (pull,) = open_pulls(repository).values()
    desk.hub.close(repository, pull.number, login="ada")
    done = desk.run_here(repository, token, "--json")
    assert (done.code, done.outcomes) == (0, {NON_MAJOR: "snoozed"}), done.err
    # An order in a comment, which nobody but the next run hears of.
    desk.hub.comment(repository, pull.number, "/lockbot recreate", login="ada")
    done = desk.run_here(repository, token, "--json")
    assert [one for one in done.told["heard"] if one.startswith(f"command on #{pull.number}")], done.err
    assert NON_MAJOR in open_pulls(repository)
    said = len(repository.comments)
    done = desk.run_here(repository, token, "--json")
    assert (done.told["heard"], len(repository.comments)) == ([], said)


def test_what_a_killed_run_left_behind_is_deleted_though_nothing_is_proposed_any_more(desk: Desk) -> None:
    repository = desk.add_repository()
    desk.hub.add_collaborator(repository, "ada", "write")
    passing = "lockbot-writing/lockbot-gone"
    desk.hub.push(repository, {"uv.lock": "x"}, branch=passing, login="ada")
    for options, is_there in ((["--dry-run"], True), ([], False)):
        done = desk.run_here(repository, give_person_token(desk.hub, repository, "ada"), *options)
        assert (done.code, repository.git.branch(passing) is not None) == (0, is_there), done.err


def test_boxes_that_no_workflow_heard_of_are_obeyed_by_the_next_run(desk: Desk) -> None:
    repository = desk.add_repository()
    desk.hub.add_collaborator(repository, "ada", "write")
    token = give_workflow_token(desk.hub, repository)
    desk.run_here(repository, token)
    (pull,), (board,) = repository.open_pulls(), repository.issues.values()
    desk.hub.push(repository, {"fix.py": "by hand\n"}, branch=pull.head, login="bob")
    theirs = pull.head_sha
    desk.hub.tick(repository, pull.number, "rebase", login="ada")
    desk.hub.tick(repository, board.number, f"rebase {NON_MAJOR}", login="ada")
    done = desk.run_here(repository, token, "--json")
    assert done.code == 0, done.err
    assert [one.partition(":")[0] for one in done.told["heard"]] == [
        f"command on #{one.number}" for one in (pull, board)
    ]
    assert (pull.head_sha == theirs, "[x]" in pull.body + board.body) == (False, False)
    # Of what a workflow has written itself nobody knows for whom.
    ours = desk.hub.accounts["github-actions[bot]"]
    board.edits, board.body = [(board.created, ours)], board.body.replace("- [ ]", "- [x]", 1)
    start = len(desk.hub.seen)
    done = desk.run_here(repository, token, "--json")
    assert (done.told["heard"], "[x]" in board.body) == ([], True)
    assert [one for one in desk.hub.seen[start:] if one.method in ("PATCH", "DELETE")] == []


# --- branches alone -------------------------------------------------------------------------------


def test_branches_alone_are_pushed_refreshed_and_tidied_up(desk: Desk) -> None:
    repository = desk.add_repository()
    token = give_workflow_token(desk.hub, repository, {"contents": "write", "pull_requests": "read"})
    first = desk.run(repository, token, "--json", ways="--push")
    assert (first.code, first.outcomes) == (0, {NON_MAJOR: "pushed"}), first.err
    head = repository.git.branch(NON_MAJOR)
    assert head in repository.verified
    assert (repository.pulls, repository.issues) == ({}, {})
    again = desk.run(repository, token, "--json", ways="--push")
    assert (again.outcomes, repository.git.branch(NON_MAJOR)) == ({NON_MAJOR: "unchanged"}, head), again.err
    base = desk.hub.push(repository, {"README.md": "more\n"})
    moved = desk.run(repository, token, "--json", ways="--push")
    assert moved.outcomes == {NON_MAJOR: "refreshed"}, moved.err
    assert list(repository.git.read_commit(repository.git.branch(NON_MAJOR) or "").parents) == [base]
    # A person works on it: it is theirs.
    desk.hub.push(repository, {"fix.py": "by hand\n"}, branch=NON_MAJOR, login="ada")
    theirs = desk.run(repository, token, "--json", ways="--push")
    assert (theirs.code, theirs.outcomes) == (1, {NON_MAJOR: "somebody else's branch"})


# --- in a clone -----------------------------------------------------------------------------------


def test_a_clone_is_read_and_left_as_it_is(desk: Desk, tmp_path: Path) -> None:
    repository = desk.add_repository()
    token = give_workflow_token(desk.hub, repository)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(repository.git.path), str(clone)], check=True)
    url = f"{desk.hub.url}/{repository.full_name}.git"
    subprocess.run(["git", "-C", str(clone), "remote", "set-url", "origin", url], check=True)
    before = snapshot(clone)
    start = len(desk.hub.seen)
    done = desk.run(repository, token, "--json", "--dry-run", path=clone)
    assert (done.code, done.outcomes, done.told["dry_run"]) == (0, {NON_MAJOR: "opened"}, True), done.err
    asked = desk.hub.seen[start:]
    assert not any("git-upload-pack" in one.path for one in asked), "the commit is there already"
    assert {one.method for one in asked if not one.path.endswith("/graphql")} == {"GET"}
    assert (repository.pulls, repository.issues, list(repository.git.refs("refs/heads/"))) == (
        {},
        {},
        ["refs/heads/main"],
    )
    done = desk.run(repository, token, "--json", path=clone)
    assert (done.code, done.outcomes) == (0, {NON_MAJOR: "opened"}), done.err
    assert snapshot(clone) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_an_apps_own_credentials_publish_as_the_server_does(desk: Desk) -> None:
    repository = desk.add_repository()
    more = {"LOCKBOT_APP_ID": str(desk.hub.app.id), "LOCKBOT_PRIVATE_KEY": desk.hub.private_key}
    done = desk.run(repository, None, "--json", more=more)
    assert (done.code, "the App is not installed on" in done.err) == (2, True)
    desk.hub.install(repository)
    done = desk.run(repository, None, "--json", more=more)
    assert (done.code, done.outcomes) == (0, {NON_MAJOR: "opened"}), done.err
    (pull,) = open_pulls(repository).values()
    assert pull.author is desk.hub.app.bot
    assert "Lockbot-Branch" not in repository.git.read_commit(pull.head_sha).message
    assert "BEGIN" not in done.out + done.err


def test_no_token_shows_in_what_is_told(desk: Desk) -> None:
    """Nor in an answer that GitHub makes of it, verbose as it may be."""
    repository = desk.add_repository()
    token = give_person_token(desk.hub, repository, "octo")
    told = {"message": f"Bad credentials: {token}", "documentation_url": "-"}
    desk.hub.fail_next("GET .*/git/ref/", Reply(status=403, body=told))
    done = desk.run_here(repository, token, "-v")
    assert done.code == 2
    assert "Bad credentials" in done.err
    assert token not in done.out + done.err


# --- a classic token ------------------------------------------------------------------------------

CI = "jobs:\n  test:\n    steps:\n      - uses: astral-sh/setup-uv@v7\n        with: {version: 0.10.2}\n"
FILE = ".github/workflows/ci.yml"
TOOLS = {FILE: CI, "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.10.2\n"}
REFUSED = "404 Not Found (give the token the scope `repo`, and its account write access"
WHOLE, PART = {FILE, "Dockerfile"}, {"Dockerfile"}


@pytest.mark.parametrize(
    ("scopes", "role", "private", "code", "changed", "told"),
    [
        ("repo workflow", "write", True, 0, WHOLE, ""),
        ("repo", "write", True, 0, PART, "a classic one the scope `workflow`"),
        ("public_repo workflow", "write", False, 0, WHOLE, ""),
        ("public_repo", "write", True, 2, None, "check the name, and that the token has the scope `repo`"),
        ("", "write", False, 1, None, REFUSED),
        ("repo workflow", "read", True, 1, None, REFUSED),
    ],
)
def test_the_scopes_of_a_classic_token(
    desk: Desk, scopes: str, role: str, private: bool, code: int, changed: set[str] | None, told: str
) -> None:
    desk.index.release("uv", "0.13.9")
    repository = desk.add_repository(TOOLS, private=private)
    desk.hub.add_collaborator(repository, "ada", role)
    token = give_classic_token(desk.hub, "ada", scopes.split())
    done = desk.run_here(repository, token, "--json")
    assert (done.code, told in done.err) == (code, True), done.err
    pull = open_pulls(repository).get("lockbot/uv")
    found = {path for _, path in repository.git.diff(pull.base_sha, pull.head_sha)} if pull is not None else None
    assert found == changed
    assert token not in done.out + done.err
