"""What every forge promises of pull requests of others, and of the way to a merge."""

from __future__ import annotations

from typing import Any

import pytest

from bot.ports.forge import (
    CommitUpdate,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    HeadCheck,
    HeadCheckState,
    MergeMethod,
    PullRequest,
    PullRequestState,
    ReviewDecision,
)
from bot.ports.run import BranchName, FileChange, Sha
from tests.forge.test_contract import MAIN, UPDATE, head, open_pull
from tests.forge.worlds import World

PASSED, FAILED, PENDING = HeadCheckState.PASSED, HeadCheckState.FAILED, HeadCheckState.PENDING
SQUASH = MergeMethod.SQUASH


def test_a_repository_tells_how_it_is_set_up(world: World) -> None:
    world.set_up(private=False, fork=True, has_issues=False, allows_auto_merge=False, merge_methods=(SQUASH,))
    found = world.forge.get_repository()
    assert (found.private, found.fork, found.has_issues) == (False, True, False)
    assert (found.allows_auto_merge, found.merge_methods) == (False, (SQUASH,))
    world.set_up(private=True, fork=False, has_issues=True, allows_auto_merge=True, merge_methods=tuple(MergeMethod))
    found = world.forge.get_repository()
    assert (found.private, found.fork, found.has_issues) == (True, False, True)
    assert (found.allows_auto_merge, found.merge_methods) == (True, tuple(MergeMethod))


def test_a_pull_request_of_a_person_tells_whose_it_is(world: World) -> None:
    one = world.open_pull("topic", {"x.py": "x"}, login="ada")
    assert (one.author, one.author_is_bot, one.from_fork) == ("ada", False, False)
    assert (one.head_repository, one.head_repository_id) == (world.forge.ref.full_name, world.forge.ref.id)
    assert not one.maintainer_can_modify
    own = open_pull(world)
    assert (own.author_is_bot, own.auto_merge, own.merge_commit) == (True, False, None)
    assert own.created >= one.created


@pytest.mark.parametrize("lets_in", [True, False])
def test_a_pull_request_from_a_fork_tells_where_its_head_is(world: World, lets_in: bool) -> None:
    one = world.open_from_fork({"x.py": "x"}, login="eve", lets_in=lets_in)
    assert (one.author, one.from_fork, one.head_repository) == ("eve", True, "eve/app")
    assert one.head_repository_id != world.forge.ref.id
    assert one.maintainer_can_modify is lets_in
    assert world.forge.list_pull_requests(PullRequestState.OPEN, head=BranchName("topic")) == ()


def test_the_files_of_a_pull_request_are_listed(world: World) -> None:
    one = world.open_from_fork({"x.py": "x", "run.sh": None}, login="eve", lets_in=True)
    world.commit("main", {"later.txt": "y"})
    files = world.forge.list_pull_request_files(one.number)
    assert sorted(files or ()) == ["run.sh", "x.py"]


def test_of_a_file_that_was_moved_both_paths_are_told(world: World) -> None:
    moved: dict[str, str | None] = {"run.sh": None, "bin/run.sh": "#!/bin/sh\n"}
    one = world.open_pull("topic", moved, login="ada")
    assert sorted(world.forge.list_pull_request_files(one.number) or ()) == ["bin/run.sh", "run.sh"]
    files = world.forge.compare(head(world), one.head).files or ()
    assert sorted((file.path, file.status) for file in files) == [("bin/run.sh", "added"), ("run.sh", "removed")]


# --- a commit on top ------------------------------------------------------------------------------

LOCK = (FileChange(path="uv.lock", text="é\n"),)


def on(world: World, one: PullRequest, **changes: Any) -> CommitUpdate:
    values: dict[str, Any] = {
        "repository": one.head_repository or "",
        "branch": one.head_branch,
        "parent": one.head,
        "message": "Update the lock\n\nWhy.\n",
        "files": LOCK,
    }
    return CommitUpdate(**values | changes)


@pytest.mark.parametrize("of_fork", [False, True])
def test_a_commit_comes_on_top_of_a_branch(world: World, of_fork: bool) -> None:
    if of_fork:
        one = world.open_from_fork({"x.py": "x"}, login="eve", lets_in=True)
    else:
        one = world.open_pull("topic", {"x.py": "x"}, login="ada")
    sha = world.forge.push_commit(on(world, one))
    commit = world.forge.get_commit(sha)
    assert (commit.parents, commit.message.strip()) == ((one.head,), "Update the lock\n\nWhy.")
    assert commit.vouched == world.app.get_identity().login
    assert (world.files(sha)["uv.lock"], world.files(sha)["x.py"]) == ("é\n", "x")
    assert world.forge.get_pull_request(one.number).head == sha
    with pytest.raises(ForgeConflict):
        world.forge.push_commit(on(world, one))


def test_files_are_taken_away_from_a_branch_of_a_fork(world: World) -> None:
    one = world.open_from_fork({"x.py": "x"}, login="eve", lets_in=True)
    files = (FileChange(path="x.py", text=None), FileChange(path="y.py", text="y"))
    sha = world.forge.push_commit(on(world, one, files=files))
    assert "x.py" not in world.files(sha)
    assert world.files(sha)["y.py"] == "y"


def test_a_fork_that_lets_nobody_in_is_forbidden(world: World) -> None:
    one = world.open_from_fork({"x.py": "x"}, login="eve", lets_in=False)
    with pytest.raises(ForgeForbidden):
        world.forge.push_commit(on(world, one))
    assert world.forge.get_pull_request(one.number).head == one.head


def test_a_repository_out_of_reach_is_forbidden(world: World) -> None:
    one = world.open_pull("topic", {"x.py": "x"}, login="ada")
    with pytest.raises(ForgeForbidden):
        world.forge.push_commit(on(world, one, repository="somebody/else"))


# --- on the way to a merge ------------------------------------------------------------------------


def test_without_protection_it_can_be_merged(world: World) -> None:
    one = open_pull(world)
    state = world.forge.get_merge_state(one.number)
    assert (state.head, state.is_known, state.can_merge, state.is_clean) == (one.head, True, True, True)
    assert (state.is_behind, state.has_conflicts, state.review_decision, state.checks) == (False, False, None, ())


def test_what_others_say_of_a_head_is_told(world: World) -> None:
    world.protect(checks=("test",))
    one = open_pull(world)
    assert not world.forge.get_merge_state(one.number).can_merge
    world.check(one.head, "test", PENDING)
    world.check(one.head, "lint", FAILED, app="other")
    world.check(one.head, "docs", HeadCheckState.IGNORED)
    state = world.forge.get_merge_state(one.number)
    assert sorted(state.checks, key=lambda check: check.name) == [
        HeadCheck(name="docs", creator="ci", state=HeadCheckState.IGNORED, required=False),
        HeadCheck(name="lint", creator="other", state=FAILED, required=False),
        HeadCheck(name="test", creator="ci", state=PENDING, required=True),
    ]
    assert not state.can_merge
    world.check(one.head, "test", PASSED)
    state = world.forge.get_merge_state(one.number)
    assert (state.can_merge, state.is_clean) == (True, False)


def test_reviews_decide(world: World) -> None:
    world.protect(reviews=True)
    one = open_pull(world)
    decisions = [world.forge.get_merge_state(one.number)]
    for decision in (ReviewDecision.CHANGES_REQUESTED, ReviewDecision.APPROVED):
        world.review(one.number, decision, login="ada")
        decisions.append(world.forge.get_merge_state(one.number))
    assert [(state.review_decision, state.can_merge) for state in decisions] == [
        (ReviewDecision.REVIEW_REQUIRED, False),
        (ReviewDecision.CHANGES_REQUESTED, False),
        (ReviewDecision.APPROVED, True),
    ]


@pytest.mark.parametrize("strict", [True, False])
def test_a_head_that_does_not_hold_its_base_is_behind_where_that_is_asked_for(world: World, strict: bool) -> None:
    world.protect(strict=strict)
    one = open_pull(world)
    assert not world.forge.get_merge_state(one.number).is_behind
    world.commit("main", {"other.txt": "y"})
    state = world.forge.get_merge_state(one.number)
    assert (state.is_behind, state.can_merge) == (strict, not strict)


def test_conflicts_are_told(world: World) -> None:
    one = open_pull(world)
    world.commit("main", {"uv.lock": "something else\n"})
    state = world.forge.get_merge_state(one.number)
    assert (state.has_conflicts, state.can_merge, state.is_clean) == (True, False, False)


@pytest.mark.parametrize("permission", ["checks", "statuses"])
def test_a_merge_state_needs_its_permissions(world: World, permission: str) -> None:
    one = open_pull(world)
    world.check(one.head, "test", PASSED)
    world.set_status(one.head)
    world.withhold(permission)
    with pytest.raises(ForgeForbidden):
        world.forge.get_merge_state(one.number)


def test_the_merge_state_of_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(ForgeNotFound):
        world.forge.get_merge_state(99)


def test_a_draft_is_not_merged_until_it_is_ready(world: World) -> None:
    one = open_pull(world)
    for _ in range(2):
        world.forge.convert_to_draft(one.number)
    assert world.forge.get_pull_request(one.number).draft
    assert not world.forge.get_merge_state(one.number).can_merge
    for _ in range(2):
        world.forge.mark_ready(one.number)
    assert not world.forge.get_pull_request(one.number).draft


def test_where_there_are_no_drafts_none_is_made(world: World) -> None:
    one = open_pull(world)
    world.set_up(has_drafts=False)
    with pytest.raises(ForgeRejected):
        world.forge.convert_to_draft(one.number)


def test_auto_merge_waits_for_what_is_missing(world: World) -> None:
    world.set_up(allows_auto_merge=True)
    world.protect(checks=("test",))
    one = open_pull(world)
    for _ in range(2):
        world.forge.enable_auto_merge(one.number, one.head, SQUASH)
    assert world.forge.get_pull_request(one.number).auto_merge
    world.check(one.head, "test", PASSED)
    merged = world.forge.get_pull_request(one.number)
    assert (merged.state, merged.merge_commit) == (PullRequestState.MERGED, head(world))


def test_auto_merge_is_turned_off(world: World) -> None:
    world.set_up(allows_auto_merge=True)
    world.protect(checks=("test",))
    one = open_pull(world)
    world.forge.enable_auto_merge(one.number, one.head, SQUASH)
    for _ in range(2):
        world.forge.disable_auto_merge(one.number)
    assert not world.forge.get_pull_request(one.number).auto_merge
    world.check(one.head, "test", PASSED)
    assert world.forge.get_pull_request(one.number).state is PullRequestState.OPEN


@pytest.mark.parametrize(
    ("allowed", "checks", "stale", "error"),
    [
        (False, ("test",), False, ForgeRejected),
        (True, (), False, ForgeRejected),
        (True, ("test",), True, ForgeConflict),
    ],
)
def test_auto_merge_is_refused(
    world: World, allowed: bool, checks: tuple[str, ...], stale: bool, error: type[Exception]
) -> None:
    world.set_up(allows_auto_merge=allowed)
    world.protect(checks=checks)
    one = open_pull(world)
    with pytest.raises(error):
        world.forge.enable_auto_merge(one.number, head(world) if stale else one.head, SQUASH)
    assert not world.forge.get_pull_request(one.number).auto_merge


@pytest.mark.parametrize("method", list(MergeMethod))
def test_a_pull_request_is_merged_once(world: World, method: MergeMethod) -> None:
    one, before = open_pull(world), head(world)
    sha = world.forge.merge_pull_request(one.number, one.head, method)
    assert world.forge.merge_pull_request(one.number, one.head, method) == sha == head(world)
    parents = (before, one.head) if method is MergeMethod.MERGE else (before,)
    assert world.forge.get_commit(sha).parents == parents
    assert world.files(sha)["uv.lock"] == "version = 1\n"
    found = world.forge.get_pull_request(one.number)
    assert (found.state, found.merge_commit) == (PullRequestState.MERGED, sha)


def test_a_head_that_nobody_looked_at_is_not_merged(world: World) -> None:
    one = open_pull(world)
    world.commit(UPDATE, {"more.txt": "z"})
    with pytest.raises(ForgeConflict):
        world.forge.merge_pull_request(one.number, one.head, SQUASH)
    assert world.forge.get_pull_request(one.number).state is PullRequestState.OPEN


@pytest.mark.parametrize("why", ["protected", "closed", "method"])
def test_a_merge_is_refused(world: World, why: str) -> None:
    one = open_pull(world)
    if why == "protected":
        world.protect(checks=("test",))
    elif why == "closed":
        world.forge.close_pull_request(one.number)
    else:
        world.set_up(merge_methods=(MergeMethod.REBASE,))
    with pytest.raises(ForgeRejected):
        world.forge.merge_pull_request(one.number, one.head, SQUASH)
    assert world.forge.find_branch(MAIN) != Sha("")
    assert world.forge.get_pull_request(one.number).merge_commit is None
