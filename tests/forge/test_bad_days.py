"""GitHub on a bad day: what may pass counts as an outage, and comes with the time that GitHub asks to wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count

import pytest

from bot.forge.github.app import GitHubApp
from bot.git.checkout import GitCloner
from bot.ports.forge import (
    CheckConclusion,
    CheckReport,
    CommitUpdate,
    ForgeConflict,
    ForgeForbidden,
    ForgeUnavailable,
    Glance,
    MergeMethod,
    Permission,
    PullRequest,
    RepositoryRef,
)
from bot.ports.run import FileChange, Problem, Sha
from tests.forge.conftest import access_to
from tests.forge.test_contract import MAIN, UPDATE, open_pull, push
from tests.forge.worlds import FIRST, GitHubWorld
from tests.github import Hub
from tests.github.wire import Broken, Reply

HTML = b"<html><h1>502 Bad Gateway</h1></html>"
TOKEN = "POST .*/access_tokens$"
UNAUTHORIZED = Reply(status=401, body={"message": "Bad credentials"})


@pytest.fixture
def github_world(hub: Hub) -> GitHubWorld:
    """A GitHub of the test's own, as it is to have a bad day."""
    repository = hub.add_repository("octo/app", FIRST)
    installation = hub.install(repository)
    app = GitHubApp(access_to(hub))
    ref = RepositoryRef(installation=installation.id, id=repository.id, owner="octo", name="app")
    return GitHubWorld(app, app.open_repository(ref), hub, repository)


# --- credentials ----------------------------------------------------------------------------------


def test_a_token_that_is_refused_is_asked_for_anew_at_once(github_world: GitHubWorld) -> None:
    github_world.forge.get_repository()
    # It ran out, or was taken back: GitHub knows it no more.
    github_world.hub.tokens.clear()
    assert github_world.forge.get_repository().default_branch == MAIN
    assert [one.status for one in github_world.hub.seen[-3:]] == [401, 201, 200]


def test_a_token_that_is_refused_is_kept_by_nobody(github_world: GitHubWorld) -> None:
    github_world.forge.get_repository()
    github_world.hub.tokens.clear()
    github_world.forge.get_repository()
    asked = len(github_world.hub.seen)
    github_world.forge.find_branch(MAIN)
    assert [one.status for one in github_world.hub.seen[asked:]] == [200]


def test_a_command_is_given_once_though_its_token_was_refused(github_world: GitHubWorld) -> None:
    """GitHub did nothing for whom it did not know, so sending again does it once."""
    github_world.forge.get_repository()
    github_world.hub.tokens.clear()
    pushed = push(github_world)
    assert github_world.forge.find_branch(UPDATE) == pushed.head
    done = [one for one in github_world.hub.seen if one.path.endswith("/git/commits") and one.status == 201]
    assert len(done) == 1


@pytest.mark.parametrize("where", ["^GET .*/octo/app$", TOKEN])
def test_a_credential_refused_twice_is_an_outage(github_world: GitHubWorld, where: str) -> None:
    github_world.hub.fail_always(where, UNAUTHORIZED)
    with pytest.raises(ForgeUnavailable, match="401 Bad credentials"):
        github_world.forge.get_repository()
    github_world.hub.fail_always(where, None)
    assert github_world.forge.get_repository().default_branch == MAIN


@pytest.mark.parametrize(
    "reply",
    [
        UNAUTHORIZED,
        Reply(status=500, raw=HTML),
        Reply(body={"token": "ghs_" + "x" * 36, "expires_at": "2030-01-01T00:00:00Z"}, broken=Broken.CUT),
        Reply(body={"surprise": 1}),
        Reply(broken=Broken.RESET),
    ],
)
def test_whatever_keeps_a_token_away_is_an_outage_and_no_fault_of_the_key(
    github_world: GitHubWorld, reply: Reply
) -> None:
    github_world.hub.fail_always(TOKEN, reply)
    with pytest.raises(ForgeUnavailable):
        github_world.forge.get_repository()


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(status=500, raw=HTML), None),
        (Reply(status=502, raw=HTML, headers={"Retry-After": "30"}), 30.0),
        (Reply(status=503, raw=HTML, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), 0.0),
        (Reply(status=429, raw=HTML, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), None),
        (Reply(status=429, body={"message": "slow down"}, headers={"Retry-After": "7"}), 7.0),
        (Reply(status=403, body={"message": "You have exceeded a secondary rate limit."}), 60.0),
        (Reply(broken=Broken.RESET), None),
        (Reply(body={"id": 1, "name": "x" * 1000}, broken=Broken.CUT), None),
        (Reply(raw=b'{"id": 1, "na'), None),
    ],
)
def test_an_answer_of_a_bad_day_is_an_outage(github_world: GitHubWorld, reply: Reply, wait: float | None) -> None:
    github_world.hub.fail_next("^GET .*/octo/app$", reply)
    with pytest.raises(ForgeUnavailable) as caught:
        github_world.forge.get_repository()
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body={"data": None}),
        Reply(body={}),
        Reply(body={"data": {"updateRefs": None}}),
        Reply(body={"data": {}}),
        Reply(body={"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}),
        Reply(body={"errors": [{"message": "timed out"}]}),
        Reply(body=[]),
        Reply(raw=HTML),
        Reply(raw=b'{"data": {"updateRefs"'),
        Reply(status=502, raw=HTML),
    ],
)
def test_graphql_that_does_not_say_that_it_was_done_is_no_success(github_world: GitHubWorld, reply: Reply) -> None:
    github_world.hub.fail_next("POST /api/graphql", reply)
    with pytest.raises(ForgeUnavailable):
        push(github_world)


def test_the_rate_limit_of_graphql_says_when_to_come_back(github_world: GitHubWorld) -> None:
    errors = [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]
    github_world.hub.fail_next("POST /api/graphql", Reply(body={"errors": errors}, headers={"Retry-After": "90"}))
    with pytest.raises(ForgeUnavailable) as caught:
        push(github_world)
    assert caught.value.retry_after == 90.0


def test_graphql_that_forbids_is_no_outage(github_world: GitHubWorld) -> None:
    errors = [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]
    github_world.hub.fail_next("POST /api/graphql", Reply(body={"data": {"updateRefs": None}, "errors": errors}))
    with pytest.raises(ForgeForbidden):
        push(github_world)


# --- clones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, raw=b"oops"),
        Reply(status=503, raw=HTML),
        Reply(status=429, raw=b""),
        Reply(status=401, raw=b"", headers={"WWW-Authenticate": 'Basic realm="GitHub"'}),
        Reply(broken=Broken.RESET),
        Reply(raw=b"x" * 4000, broken=Broken.CUT),
    ],
)
@pytest.mark.parametrize("where", [r"GET .*/info/refs$", r"POST .*/git-upload-pack$"])
def test_a_clone_that_fails_is_an_outage(github_world: GitHubWorld, reply: Reply, where: str) -> None:
    cloner = GitCloner(environ=dict(os.environ), protocols=("http",))
    source, head = github_world.forge.get_clone_source(), github_world.forge.find_branch(MAIN)
    assert head is not None
    github_world.hub.fail_always(where, reply)
    with pytest.raises(ForgeUnavailable, match="clone: git fetch failed"), cloner.clone(source, head):
        raise AssertionError("there is nothing to clone")
    github_world.hub.fail_always(where, None)
    with cloner.clone(source, head) as folder:
        assert folder.is_dir()


def test_a_commit_that_a_forced_push_replaced_is_looked_for_again(github_world: GitHubWorld) -> None:
    cloner = GitCloner(environ=dict(os.environ), protocols=("http",))
    source = github_world.forge.get_clone_source()
    with pytest.raises(ForgeUnavailable, match="clone: "), cloner.clone(source, Sha("1" * 40)):
        raise AssertionError("there is nothing to clone")


# --- conditional requests -------------------------------------------------------------------------


def test_what_did_not_change_costs_nothing(github_world: GitHubWorld) -> None:
    (installation,) = github_world.hub.installations.values()
    first = [github_world.forge.get_repository(), github_world.forge.find_branch(MAIN)]
    used = installation.used["core"]
    for _ in range(5):
        assert [github_world.forge.get_repository(), github_world.forge.find_branch(MAIN)] == first
    assert installation.used["core"] == used
    assert [one.status for one in github_world.hub.seen[-10:]] == [304] * 10


def test_what_changed_is_seen_at_once(github_world: GitHubWorld) -> None:
    before = github_world.forge.find_branch(MAIN)
    after = github_world.commit("main", {"a": "b"})
    assert before != after == github_world.forge.find_branch(MAIN)


def test_another_installation_gets_no_answer_of_the_first(hub: Hub) -> None:
    """The same address, asked with another token: nothing that was kept is asked about, let alone given."""
    repository = hub.add_repository("octo/app", FIRST)
    one, two = hub.install(repository), hub.install(repository)
    app = GitHubApp(access_to(hub))
    for number in (one.id, two.id):
        app.open_repository(RepositoryRef(installation=number, id=repository.id, owner="octo", name="app")).find_branch(
            MAIN
        )
    assert [seen.status for seen in hub.seen if "/git/ref/" in seen.path] == [200, 200]


# --- budgets --------------------------------------------------------------------------------------


def test_below_a_tenth_of_its_budget_an_installation_rests(github_world: GitHubWorld) -> None:
    number = github_world.forge.ref.installation
    installation = github_world.hub.installations[number]
    installation.limit = 100
    installation.used["core"] = 88
    rests = []
    for turn in count():
        github_world.commit("main", {"turn": str(turn)})
        github_world.forge.find_branch(MAIN)
        rests.append(github_world.app.find_rest(number) is not None)
        if turn == 3:
            break
    assert rests == [False, False, True, True]
    assert github_world.app.find_rest(number + 1) is None


def test_a_budget_that_is_used_up_says_when_to_come_back(github_world: GitHubWorld) -> None:
    installation = github_world.hub.installations[github_world.forge.ref.installation]
    installation.used["core"] = installation.limit
    with pytest.raises(ForgeUnavailable) as caught:
        github_world.forge.get_repository()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after <= 3600
    assert github_world.app.find_rest(installation.id) is not None


# --- many at once ---------------------------------------------------------------------------------


def test_many_repositories_are_seen_at_the_price_of_few_requests(hub: Hub) -> None:
    repositories = [hub.add_repository(f"octo/app-{number}", FIRST) for number in range(45)]
    installation = hub.install(*repositories)
    refs = [RepositoryRef(installation=installation.id, id=one.id, owner="octo", name=one.name) for one in repositories]
    app = GitHubApp(access_to(hub))
    found = app.look_over(installation.id, refs, check="lockbot")
    assert found == tuple(
        Glance(ref=ref, base=Sha(one.git.branch("main") or "")) for ref, one in zip(refs, repositories, strict=True)
    )
    asked = [one.path.removeprefix("/api") for one in hub.seen if "/access_tokens" not in one.path]
    assert asked == [f"/v3/app/installations/{installation.id}", "/v3/app", *["/graphql"] * 3]


def test_what_is_gone_is_left_out_of_what_is_seen(github_world: GitHubWorld) -> None:
    here = github_world.forge.ref
    gone = replace(here, id=99, name="gone")
    assert [one.ref for one in github_world.app.look_over(here.installation, [gone, here])] == [here]


@pytest.mark.parametrize("answer", [{"data": None}, {"data": {"r0": {"surprise": 1}}}, {"errors": [{"message": "x"}]}])
def test_a_look_that_gives_nothing_is_an_outage(github_world: GitHubWorld, answer: object) -> None:
    github_world.hub.fail_next("POST /api/graphql", Reply(body=answer))
    with pytest.raises(ForgeUnavailable):
        github_world.app.look_over(github_world.forge.ref.installation, [github_world.forge.ref])


# --- answers that get lost ------------------------------------------------------------------------

GRAPHQL = "^POST /api/graphql"


def do_twice(world: GitHubWorld, lost: str, act: Callable[[], object]) -> None:
    """GitHub does it, nobody hears of it, and the job does it again."""
    world.hub.lose_next(lost)
    with pytest.raises(ForgeUnavailable):
        act()
    act()


def open_protected(world: GitHubWorld) -> PullRequest:
    world.protect(checks=("test",))
    world.let("ada", Permission.WRITE)
    return open_pull(world)


def test_a_merge_whose_answer_got_lost_is_found_done(github_world: GitHubWorld) -> None:
    one = open_pull(github_world)
    do_twice(
        github_world,
        "^PUT .*/merge$",
        lambda: github_world.forge.merge_pull_request(one.number, one.head, MergeMethod.SQUASH),
    )
    assert github_world.forge.get_pull_request(one.number).merge_commit == github_world.forge.find_branch(MAIN)


@pytest.mark.parametrize("what", ["auto-merge", "draft"])
def test_a_switch_whose_answer_got_lost_is_found_set(github_world: GitHubWorld, what: str) -> None:
    forge, one = github_world.forge, open_protected(github_world)

    def switch(on: bool) -> None:
        if what == "draft":
            forge.convert_to_draft(one.number) if on else forge.mark_ready(one.number)
        elif on:
            forge.enable_auto_merge(one.number, one.head, MergeMethod.SQUASH)
        else:
            forge.disable_auto_merge(one.number)

    for on in (True, False):
        do_twice(github_world, GRAPHQL, partial(switch, on))
        found = forge.get_pull_request(one.number)
        assert (found.auto_merge, found.draft) == (on and what == "auto-merge", on and what == "draft")


def test_people_who_were_asked_and_nobody_heard_are_asked_once(github_world: GitHubWorld) -> None:
    forge, one = github_world.forge, open_protected(github_world)
    do_twice(github_world, "/assignees$", lambda: forge.add_assignees(one.number, ("ada",)))
    do_twice(github_world, "/requested_reviewers$", lambda: forge.request_reviewers(one.number, ("ada",)))
    found = forge.get_pull_request(one.number)
    assert (found.assignees, found.reviewers) == (("ada",), ("ada",))


@pytest.mark.parametrize("of_fork", [True, False])
def test_a_commit_whose_answer_got_lost_is_not_made_twice(github_world: GitHubWorld, of_fork: bool) -> None:
    """The branch is no longer where it was, which is what the second try is told."""
    if of_fork:
        one = github_world.open_from_fork({"x.py": "x"}, login="eve", lets_in=True)
    else:
        one = github_world.open_pull("topic", {"x.py": "x"}, login="ada")
    update = CommitUpdate(
        repository=one.head_repository or "",
        branch=one.head_branch,
        parent=one.head,
        message="Update",
        files=(FileChange(path="uv.lock", text="x\n"),),
    )
    with pytest.raises(ForgeConflict):
        do_twice(github_world, GRAPHQL, lambda: github_world.forge.push_commit(update))
    found = github_world.forge.get_pull_request(one.number)
    assert github_world.forge.get_commit(found.head).parents == (one.head,)


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("was_running", [True, False])
def test_a_check_whose_part_got_lost_has_every_annotation_once(
    github_world: GitHubWorld, part: int, was_running: bool
) -> None:
    found = tuple(Problem(message=f"wrong {line}", path="uv.lock", line=line + 1) for line in range(160))
    head = github_world.forge.find_branch(MAIN)
    assert head is not None
    report = CheckReport(
        commit=head, name="lockbot", conclusion=CheckConclusion.FAILURE, title="T", summary="S", problems=found
    )
    if was_running:
        github_world.forge.write_check(replace(report, conclusion=None, problems=()))
    github_world.hub.lose_next("(POST|PATCH) .*/check-runs", skip=part)
    with pytest.raises(ForgeUnavailable):
        github_world.forge.write_check(report)
    github_world.forge.write_check(report)
    (check,) = github_world.forge.list_checks(head, "lockbot")
    lines = [one["start_line"] for one in github_world.repository.checks[check.id].annotations]
    assert (lines, check.conclusion) == (list(range(1, 161)), CheckConclusion.FAILURE)
    assert {one.status for one in github_world.repository.checks.values()} == {"completed"}
