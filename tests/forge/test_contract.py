"""What every forge promises: asked of GitHub's adapter and of the twin in memory."""

from __future__ import annotations

import pytest

from bot.ports.forge import (
    BranchUpdate,
    CheckConclusion,
    CheckReport,
    ForgeConflict,
    ForgeNotFound,
    ForgeRejected,
    Glance,
    NewPullRequest,
    Permission,
    PullRequest,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
)
from bot.ports.run import BranchName, FileChange, FileMode, Problem, Sha
from tests.forge.worlds import FIRST, World

MAIN, UPDATE = BranchName("main"), BranchName("lockbot/all-non-major")


def head(world: World, branch: BranchName = MAIN) -> Sha:
    sha = world.forge.find_branch(branch)
    assert sha is not None
    return sha


def push(world: World, *files: FileChange, expected: Sha | None = None) -> Pushed:
    changes = files or (FileChange(path="uv.lock", text="version = 1\n"),)
    return world.forge.push_branch(
        BranchUpdate(branch=UPDATE, base=head(world), expected=expected, message="Update", files=changes)
    )


def open_pull(world: World) -> PullRequest:
    push(world)
    return world.forge.open_pull_request(NewPullRequest(head=UPDATE, base=MAIN, title="Update", body="Body\n"))


def test_the_app_lists_what_it_is_installed_on(world: World) -> None:
    (installation,) = world.app.list_installations()
    (repository,) = world.app.list_repositories(installation)
    assert repository.ref == world.forge.ref
    assert world.app.get_identity().login.endswith("[bot]")


def test_a_repository_tells_its_default_branch(world: World) -> None:
    assert world.forge.get_repository().default_branch == MAIN


def test_a_forge_tells_how_long_texts_may_be(world: World) -> None:
    assert (world.forge.limits.body, world.forge.limits.summary) == (65_536, 65_535)


def test_a_missing_branch_is_none(world: World) -> None:
    assert world.forge.find_branch(UPDATE) is None


@pytest.mark.parametrize(("path", "text"), [*FIRST.items(), ("missing.txt", None)])
def test_a_file_comes_as_it_is(world: World, path: str, text: str | None) -> None:
    assert world.forge.find_file(path, head(world)) == text


def test_the_history_of_a_file_is_newest_first(world: World) -> None:
    first = head(world)
    second = world.commit("main", {"pyproject.toml": "x = 1\n"})
    world.commit("main", {"other.txt": "y"})
    assert world.forge.list_file_history("pyproject.toml", head(world), limit=5) == (second, first)


def test_a_push_makes_one_signed_commit_on_the_base(world: World) -> None:
    pushed = push(world, FileChange(path="uv.lock", text="a\r\nb"), FileChange(path="docs/read.me", text=None))
    commit = world.forge.get_commit(pushed.head)
    assert (pushed.outcome, commit.parents) == (PushOutcome.CREATED, (head(world),))
    assert (commit.verified, commit.author_login) == (True, world.app.get_identity().login)
    assert head(world, UPDATE) == pushed.head
    expected = {path: text for path, text in FIRST.items() if path != "docs/read.me"} | {"uv.lock": "a\r\nb"}
    assert world.files(pushed.head) == expected


def test_modes_are_kept(world: World) -> None:
    pushed = push(world, FileChange(path="run.sh", text="#!/bin/sh\nexit\n", mode=FileMode.EXECUTABLE))
    assert world.mode(pushed.head, "run.sh") is FileMode.EXECUTABLE


def test_a_large_file_is_pushed_whole(world: World) -> None:
    text = "é" * 400_000
    assert world.files(push(world, FileChange(path="uv.lock", text=text)).head)["uv.lock"] == text


def test_pushing_the_same_again_changes_nothing(world: World) -> None:
    first = push(world)
    again = push(world, expected=first.head)
    assert again == Pushed(head=first.head, outcome=PushOutcome.UNCHANGED)


def test_a_push_replaces_the_branch_on_a_new_base(world: World) -> None:
    first = push(world)
    base = world.commit("main", {"other.txt": "y"})
    again = push(world, expected=first.head)
    assert again.outcome is PushOutcome.UPDATED
    assert world.forge.get_commit(head(world, UPDATE)).parents == (base,)


@pytest.mark.parametrize("expected", [None, Sha("1" * 40)])
def test_a_lost_lease_is_a_conflict(world: World, expected: Sha | None) -> None:
    push(world)
    theirs = world.commit(UPDATE, {"mine.txt": "z"})
    if expected is not None:
        expected = head(world)
    with pytest.raises(ForgeConflict):
        push(world, FileChange(path="uv.lock", text="other"), expected=expected)
    assert head(world, UPDATE) == theirs


def test_a_push_without_a_change_is_refused(world: World) -> None:
    with pytest.raises(ForgeRejected, match="already"):
        push(world, FileChange(path="run.sh", text=FIRST["run.sh"]))


def test_a_branch_is_deleted_once(world: World) -> None:
    pushed = push(world)
    world.forge.delete_branch(UPDATE, expected=pushed.head)
    world.forge.delete_branch(UPDATE, expected=pushed.head)
    assert world.forge.find_branch(UPDATE) is None


def test_a_branch_that_moved_is_not_deleted(world: World) -> None:
    pushed = push(world)
    world.commit(UPDATE, {"mine.txt": "z"})
    with pytest.raises(ForgeConflict):
        world.forge.delete_branch(UPDATE, expected=pushed.head)


def test_a_pull_request_is_found_by_its_head(world: World) -> None:
    opened = open_pull(world)
    assert world.forge.list_pull_requests(PullRequestState.OPEN, head=UPDATE) == (opened,)
    assert world.forge.list_pull_requests(PullRequestState.OPEN, head=BranchName("lockbot/other")) == ()
    assert world.forge.get_pull_request(opened.number) == opened
    assert (opened.author, opened.from_fork) == (world.app.get_identity().login, False)


def test_a_second_pull_request_for_a_head_is_a_conflict(world: World) -> None:
    open_pull(world)
    with pytest.raises(ForgeConflict):
        world.forge.open_pull_request(NewPullRequest(head=UPDATE, base=MAIN, title="Again", body=""))


def test_a_pull_request_needs_its_branches(world: World) -> None:
    with pytest.raises(ForgeRejected):
        world.forge.open_pull_request(NewPullRequest(head=UPDATE, base=MAIN, title="Again", body=""))


def test_a_pull_request_is_edited_labelled_and_closed(world: World) -> None:
    number = open_pull(world).number
    world.forge.edit_pull_request(number, title="New", body="Text\n")
    world.forge.add_labels(number, ("dependencies", "python"))
    world.forge.add_labels(number, ("python",))
    world.forge.close_pull_request(number)
    (closed,) = world.forge.list_pull_requests(PullRequestState.CLOSED, head=UPDATE)
    assert (closed.title, closed.body, closed.labels) == ("New", "Text\n", ("dependencies", "python"))
    assert closed.state is PullRequestState.CLOSED


def test_a_pull_request_follows_its_branch(world: World) -> None:
    number = open_pull(world).number
    moved = push(world, FileChange(path="uv.lock", text="2"), expected=head(world, UPDATE))
    assert world.forge.get_pull_request(number).head == moved.head


def test_a_missing_pull_request_is_not_found(world: World) -> None:
    with pytest.raises(ForgeNotFound):
        world.forge.get_pull_request(99)


def test_comments_are_listed_in_order(world: World) -> None:
    number = open_pull(world).number
    world.say(number, "/lockbot rebase", login="ada")
    world.forge.comment(number, "Done.")
    assert [(one.author, one.body) for one in world.forge.list_comments(number)] == [
        ("ada", "/lockbot rebase"),
        (world.app.get_identity().login, "Done."),
    ]


def test_a_reaction_is_given_once(world: World) -> None:
    comment = world.say(open_pull(world).number, "hi", login="ada")
    for reaction in (Reaction.EYES, Reaction.EYES, Reaction.THUMBS_UP):
        world.forge.react(comment, reaction)
    assert world.reactions(comment) == ["eyes", "+1"]


@pytest.mark.parametrize("permission", [one for one in Permission if one is not Permission.NONE])
def test_a_permission_is_told(world: World, permission: Permission) -> None:
    world.let("ada", permission)
    assert world.forge.get_permission("ada") is permission


def test_a_stranger_has_no_permission(world: World) -> None:
    assert world.forge.get_permission("nobody-at-all") is Permission.NONE


def test_a_check_is_found_again(world: World) -> None:
    problem = Problem(message="no such option", path=".lockbot.json", line=3, hint="remove it")
    report = CheckReport(
        commit=head(world),
        name="lockbot",
        conclusion=CheckConclusion.FAILURE,
        title="1 problem",
        summary="Text",
        problems=(problem,),
    )
    world.forge.write_check(report)
    (check,) = world.forge.list_checks(head(world), "lockbot")
    assert (check.conclusion, check.title, check.summary) == (CheckConclusion.FAILURE, "1 problem", "Text")
    assert world.forge.list_checks(head(world), "other") == ()


def test_the_newest_check_of_a_name_is_what_is_found(world: World) -> None:
    commit = head(world)
    for summary in ("first", "second"):
        world.forge.write_check(
            CheckReport(
                commit=commit, name="lockbot", conclusion=CheckConclusion.NEUTRAL, title="Title", summary=summary
            )
        )
    assert [one.summary for one in world.forge.list_checks(commit, "lockbot")] == ["second"]


# --- from afar ------------------------------------------------------------------------------------


def glance(world: World) -> Glance:
    (found,) = world.app.look_over(world.forge.ref.installation, [world.forge.ref])
    return found


def test_a_look_from_afar_sees_the_base(world: World) -> None:
    assert (glance(world).ref, glance(world).base) == (world.forge.ref, head(world))


def test_a_look_from_afar_sees_what_people_said_and_nobody_took_up(world: World) -> None:
    number = open_pull(world).number
    said = [world.say(number, f"/lockbot {word}", login="ada") for word in ("rebase", "recreate")]
    world.forge.comment(number, "by the App itself")
    world.forge.react(said[0], Reaction.EYES)
    (one,) = glance(world).comments
    assert (one.number, one.comment, one.author, one.text) == (number, said[1], "ada", "/lockbot recreate")


def test_a_look_from_afar_sees_closed_pull_requests_whose_branch_is_there(world: World) -> None:
    pull = open_pull(world)
    assert glance(world).closed == ()
    world.forge.close_pull_request(pull.number)
    assert [one.number for one in glance(world).closed] == [pull.number]
    world.forge.delete_branch(UPDATE, expected=pull.head)
    assert glance(world).closed == ()


def test_of_pull_requests_that_are_closed_no_comment_is_seen(world: World) -> None:
    pull = open_pull(world)
    world.say(pull.number, "/lockbot rebase", login="ada")
    world.forge.close_pull_request(pull.number)
    assert glance(world).comments == ()


def test_an_installation_that_asked_little_need_not_rest(world: World) -> None:
    world.forge.find_branch(MAIN)
    assert world.app.find_rest(world.forge.ref.installation) is None
