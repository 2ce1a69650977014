"""What every forge promises: asked of GitHub's adapter and of the twin in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ports.forge import (
    BranchUpdate,
    CheckConclusion,
    CheckReport,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    Glance,
    HeadCheckState,
    NewPullRequest,
    OpenHead,
    Permission,
    PullRequest,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
)
from bot.ports.run import BranchName, FileChange, FileMode, Problem, Sha
from tests.forge.worlds import FIRST, World

CHECK = "lockbot"
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


WORKFLOW = FileChange(path=".github/workflows/ci.yml", text="on: push\n")


def test_workflows_are_written_where_that_is_granted(world: World) -> None:
    assert world.forge.may_write_workflows()
    assert push(world, WORKFLOW).outcome is PushOutcome.CREATED


def test_workflows_are_refused_where_it_is_not(world: World) -> None:
    world.forbid_workflows()
    assert not world.forge.may_write_workflows()
    with pytest.raises(ForgeForbidden):
        push(world, WORKFLOW)
    assert world.forge.find_branch(UPDATE) is None
    assert push(world).outcome is PushOutcome.CREATED


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


def test_a_file_of_a_repository_is_found_by_its_name(world: World) -> None:
    installation, name = world.forge.ref.installation, world.forge.ref.full_name
    for path, text in [*FIRST.items(), ("missing.txt", None)]:
        assert world.app.find_file_of(installation, name, path, None) == text
    world.commit("other", {"x.json": "{}"})
    assert world.app.find_file_of(installation, name, "x.json", "other") == "{}"
    assert world.app.find_file_of(installation, name, "x.json", None) is None
    assert world.app.find_file_of(installation, name, "x.json", "v9") is None
    assert world.app.find_file_of(installation, "octo/none", "x.json", None) is None


def test_the_last_commits_tell_how_they_are_worded(world: World) -> None:
    world.commit("main", {"other.txt": "y"})
    subjects = world.forge.list_subjects(head(world), limit=30)
    assert len(subjects) == 2
    assert all(subjects)
    assert world.forge.list_subjects(head(world), limit=1) == subjects[:1]


def test_a_push_makes_one_signed_commit_on_the_base(world: World) -> None:
    pushed = push(world, FileChange(path="uv.lock", text="a\r\nb"), FileChange(path="docs/read.me", text=None))
    commit = world.forge.get_commit(pushed.head)
    assert (pushed.outcome, commit.parents) == (PushOutcome.CREATED, (head(world),))
    assert (commit.vouched, commit.mover) == (world.app.get_identity().login,) * 2
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


def test_a_commit_is_announced_before_the_branch_moves(world: World) -> None:
    first = push(world)
    seen = []

    def announce(sha: Sha) -> None:
        seen.append((sha, head(world, UPDATE)))

    update = BranchUpdate(
        branch=UPDATE,
        base=head(world),
        expected=first.head,
        message="Update",
        files=(FileChange(path="uv.lock", text="2\n"),),
    )
    moved = world.forge.push_branch(update, announce=announce)
    assert seen == [(moved.head, first.head)]
    world.forge.push_branch(replace(update, expected=moved.head), announce=announce)
    assert len(seen) == 1


def test_nothing_moves_where_the_announcement_fails(world: World) -> None:
    def refuse(_sha: Sha) -> None:
        raise ForgeConflict("meanwhile")

    files = (FileChange(path="uv.lock", text="2\n"),)
    update = BranchUpdate(branch=UPDATE, base=head(world), expected=None, message="Update", files=files)
    with pytest.raises(ForgeConflict, match="meanwhile"):
        world.forge.push_branch(update, announce=refuse)
    assert world.forge.find_branch(UPDATE) is None


def test_the_forge_vouches_for_its_own_commits_alone(world: World) -> None:
    bot = world.app.get_identity().login
    ours = world.forge.get_commit(push(world).head)
    amended = world.forge.get_commit(world.amend(UPDATE, {"x.py": "x"}))
    theirs = world.forge.get_commit(world.commit(UPDATE, {"y.py": "y"}))
    assert [one.vouched for one in (ours, amended, theirs)] == [bot, None, None]
    assert [one.mover for one in (ours, amended, theirs)] == [bot, "ada", "ada"]


def test_a_button_brings_the_same_change_to_a_newer_base(world: World) -> None:
    opened = open_pull(world)
    ours = world.forge.get_commit(opened.head)
    base = world.commit("main", {"other.txt": "y\n"})
    merge = world.forge.get_commit(world.update_branch(opened.number))
    assert (merge.parents, merge.mover) == ((opened.head, base), "ada")
    assert world.forge.compare(base, merge.sha).files == world.forge.compare(ours.parents[0], ours.sha).files


def test_the_other_button_makes_the_same_commit_on_a_newer_base(world: World) -> None:
    opened = open_pull(world)
    ours = world.forge.get_commit(opened.head)
    base = world.commit("main", {"other.txt": "y\n"})
    rebased = world.forge.get_commit(world.update_with_rebase(opened.number))
    assert (rebased.parents, rebased.mover) == ((base,), "ada")
    assert rebased.vouched is None
    assert (rebased.message.strip(), world.forge.compare(base, rebased.sha).files) == (
        ours.message.strip(),
        world.forge.compare(ours.parents[0], ours.sha).files,
    )


def test_commits_are_compared(world: World) -> None:
    first = head(world)
    second = world.commit("main", {"docs/read.me": "x\nz\n", "new.txt": "n\n", "run.sh": None})
    found = world.forge.compare(first, second)
    assert found.files is not None
    assert (found.first_in_second, found.second_in_first) == (True, False)
    assert [(one.path, one.status) for one in found.files] == [
        ("docs/read.me", "modified"),
        ("new.txt", "added"),
        ("run.sh", "removed"),
    ]
    assert (found.files[1].lines, found.files[1].counts) == ("@@\n+n", (1, 0))
    back = world.forge.compare(second, first)
    assert (back.first_in_second, back.second_in_first, back.files) == (False, True, ())
    topic = push(world, FileChange(path="uv.lock", text="1\n")).head
    world.commit("main", {"new.txt": "m\n"})
    apart = world.forge.compare(head(world), topic)
    assert (apart.first_in_second, apart.second_in_first) == (False, False)
    assert [one.path for one in apart.files or ()] == ["uv.lock"]


def test_a_comparison_with_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(ForgeNotFound):
        world.forge.compare(head(world), Sha("1" * 40))


def test_a_push_without_a_change_is_refused(world: World) -> None:
    with pytest.raises(ForgeRejected, match="already"):
        push(world, FileChange(path="run.sh", text=FIRST["run.sh"]))


def test_branches_are_listed_by_how_they_begin(world: World) -> None:
    world.commit("release/1.x", {"a": "1"})
    pushed = push(world)
    every = world.forge.list_branches()
    assert set(every) == {MAIN, UPDATE, "release/1.x"}
    assert every == {branch: world.forge.find_branch(branch) for branch in every}
    assert world.forge.list_branches("lockbot/") == {UPDATE: pushed.head}
    assert world.forge.list_branches("nothing") == {}


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


def test_recent_pull_requests_are_those_opened_since(world: World) -> None:
    one = open_pull(world)
    assert [found.number for found in world.forge.list_recent_pull_requests(one.created)] == [one.number]
    world.close(one.number, login="ada")
    assert [found.state for found in world.forge.list_recent_pull_requests(one.created)] == [PullRequestState.CLOSED]
    assert world.forge.list_recent_pull_requests(one.created + timedelta(hours=1)) == ()


def test_a_second_pull_request_for_a_head_is_a_conflict(world: World) -> None:
    open_pull(world)
    with pytest.raises(ForgeConflict):
        world.forge.open_pull_request(NewPullRequest(head=UPDATE, base=MAIN, title="Again", body=""))


def test_a_pull_request_may_be_opened_as_a_draft(world: World) -> None:
    push(world)
    opened = world.forge.open_pull_request(NewPullRequest(head=UPDATE, base=MAIN, title="t", body="b", draft=True))
    assert opened.draft
    assert world.forge.get_pull_request(opened.number).draft


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


def test_a_text_that_is_not_named_stays(world: World) -> None:
    number = open_pull(world).number
    world.forge.edit_pull_request(number, title="New")
    world.forge.edit_pull_request(number, body="Text")
    world.forge.edit_pull_request(number)
    found = world.forge.get_pull_request(number)
    assert (found.title, found.body) == ("New", "Text")


def test_who_closed_it_is_told(world: World) -> None:
    number = open_pull(world).number
    assert world.forge.find_closer(number) is None
    world.close(number, login="ada")
    assert world.forge.find_closer(number) == "ada"
    world.forge.reopen_pull_request(number)
    assert (world.forge.find_closer(number), world.forge.get_pull_request(number).state) == (
        None,
        PullRequestState.OPEN,
    )
    world.forge.close_pull_request(number)
    assert world.forge.find_closer(number) == world.app.get_identity().login


@pytest.mark.parametrize("what", ["moved", "deleted"])
def test_what_was_closed_is_not_reopened_once_its_branch_moved(world: World, what: str) -> None:
    opened = open_pull(world)
    world.close(opened.number, login="ada")
    if what == "moved":
        world.amend(UPDATE, {"x.py": "x"})
    else:
        world.forge.delete_branch(UPDATE, expected=opened.head)
    with pytest.raises(ForgeRejected):
        world.forge.reopen_pull_request(opened.number)


def test_a_comment_is_edited_in_place(world: World) -> None:
    number = open_pull(world).number
    world.forge.comment(number, "First.")
    world.forge.comment(number, "Second.")
    world.forge.edit_comment(world.forge.list_comments(number)[0].id, "Other.")
    assert [one.body for one in world.forge.list_comments(number)] == ["Other.", "Second."]


def test_a_pull_request_follows_its_branch(world: World) -> None:
    number = open_pull(world).number
    moved = push(world, FileChange(path="uv.lock", text="2"), expected=head(world, UPDATE))
    assert world.forge.get_pull_request(number).head == moved.head


def test_a_missing_pull_request_is_not_found(world: World) -> None:
    with pytest.raises(ForgeNotFound):
        world.forge.get_pull_request(99)


def test_who_wrote_a_text_last_is_told_by_its_edits(world: World) -> None:
    pull, issue = open_pull(world), world.forge.open_issue("Dashboard", "body")
    us = world.app.get_identity().login
    for number in (pull.number, issue.number):
        for login in ("ada", "bob", "ada"):
            world.edit_body(number, f"by {login}", login=login)
        assert {*world.forge.list_editors(number)} == {"ada", "bob", us}
        assert world.forge.list_editors(number)[0] == "ada"
        # Edits of long ago tell nothing of what stands there now.
        for time in range(12):
            world.edit_body(number, f"text {time}", login="cleo")
        assert world.forge.list_editors(number) == ("cleo",)
    with pytest.raises(ForgeNotFound):
        world.forge.list_editors(4711)


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
        warnings=(Problem(message="does not count", path="uv.toml"), Problem(message="not known")),
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
    begun, one = glance(world).comments
    assert (begun.comment, begun.reactions) == (said[0], (Reaction.EYES,))
    assert (one.number, one.comment, one.author, one.text) == (number, said[1], "ada", "/lockbot recreate")
    assert one.reactions == ()
    world.forge.react(said[0], Reaction.THUMBS_UP)
    assert glance(world).comments == (one,)


def test_a_look_from_afar_sees_closed_pull_requests_whose_branch_is_there(world: World) -> None:
    pull = open_pull(world)
    assert glance(world).closed == ()
    world.forge.close_pull_request(pull.number)
    assert [one.number for one in glance(world).closed] == [pull.number]
    world.forge.delete_branch(UPDATE, expected=pull.head)
    assert glance(world).closed == ()


def test_a_look_from_afar_sees_what_was_said_where_the_app_listens(world: World) -> None:
    pull, issue = open_pull(world), world.forge.open_issue("Dashboard", "body")
    for number in (pull.number, issue.number):
        world.say(number, "/lockbot help", login="ada")
    world.forge.close_pull_request(pull.number)
    world.forge.edit_issue(issue.number, is_open=False)
    seen = {(one.number, one.is_pull_request, one.is_open, one.owner_is_bot) for one in glance(world).comments}
    assert seen == {(pull.number, True, False, True), (issue.number, False, False, True)}


def test_a_look_from_afar_sees_a_comment_that_was_edited_also_after_it_was_taken_up(world: World) -> None:
    number = open_pull(world).number
    said = [world.say(number, f"/lockbot {word}", login="ada") for word in ("rebase", "pause")]
    for comment in said:
        world.forge.react(comment, Reaction.CONFUSED)
    assert glance(world).comments == ()
    world.edit_comment(said[1], "/lockbot resume", login="bob")
    (one,) = glance(world).comments
    assert one.reactions == (Reaction.CONFUSED,)
    assert (one.comment, one.author, one.editor, one.text) == (said[1], "ada", "bob", "/lockbot resume")


def heads(world: World, check: str = CHECK) -> tuple[OpenHead, ...]:
    (found,) = world.app.look_over(world.forge.ref.installation, [world.forge.ref], check=check)
    return found.heads


def make_check(world: World, commit: Sha, name: str = CHECK, conclusion: CheckConclusion | None = None) -> None:
    world.forge.write_check(
        CheckReport(commit=commit, name=name, conclusion=conclusion, title="Title", summary="Summary")
    )


def test_a_look_from_afar_sees_which_heads_have_no_check(world: World) -> None:
    own, theirs = open_pull(world), world.open_pull("topic", {"a": "b"}, login="ada")
    forked = world.open_from_fork({"c": "d"}, login="bob", lets_in=False)
    make_check(world, own.head)
    seen = {one.number: one for one in heads(world)}
    assert {number: (one.head, one.is_checked) for number, one in seen.items()} == {
        own.number: (own.head, True),
        theirs.number: (theirs.head, False),
        forked.number: (forked.head, False),
    }
    make_check(world, forked.head, conclusion=CheckConclusion.SUCCESS)
    assert {one.number for one in heads(world) if one.is_checked} == {own.number, forked.number}


def test_a_look_from_afar_tells_of_a_head_what_an_event_would(world: World) -> None:
    own, forked = open_pull(world), world.open_from_fork({"c": "d"}, login="bob", lets_in=False)
    by_number = {one.number: one for one in heads(world)}
    one, other = by_number[own.number], by_number[forked.number]
    assert (one.branch, one.base, one.owner, one.owner_is_bot) == (UPDATE, MAIN, own.author, True)
    assert (other.branch, other.repository, other.owner, other.owner_is_bot) == ("topic", "bob/app", "bob", False)
    assert (one.is_draft, one.updated >= own.created) == (False, True)


def test_a_new_head_has_no_check_yet(world: World) -> None:
    theirs = world.open_pull("topic", {"a": "b"}, login="ada")
    make_check(world, theirs.head)
    moved = world.commit("topic", {"a": "c"})
    assert [(one.head, one.is_checked) for one in heads(world)] == [(moved, False)]


def test_what_others_say_of_a_head_is_no_check_of_the_apps(world: World) -> None:
    theirs = world.open_pull("topic", {"a": "b"}, login="ada")
    world.check(theirs.head, CHECK, HeadCheckState.PASSED, app="ci")
    make_check(world, theirs.head, name="another", conclusion=CheckConclusion.SUCCESS)
    assert [one.is_checked for one in heads(world)] == [False]
    assert [one.is_checked for one in heads(world, "another")] == [True]


def test_heads_are_seen_only_where_they_are_asked_for_open_and_may_be_checked(world: World) -> None:
    closed = world.open_pull("topic", {"a": "b"}, login="ada")
    world.close(closed.number, login="ada")
    open_pull(world)
    assert glance(world).heads == ()
    assert closed.number not in {one.number for one in heads(world)}
    world.withhold("checks")
    assert heads(world) == ()


@pytest.mark.parametrize("permission", ["issues", "checks", "statuses", "vulnerability_alerts", "merge_queues"])
def test_a_look_from_afar_goes_without_what_is_not_granted(world: World, permission: str) -> None:
    pull = open_pull(world)
    said = world.say(pull.number, "/lockbot rebase", login="ada")
    world.withhold(permission)
    assert glance(world).base == head(world)
    assert [one.comment for one in glance(world).comments] == [said]


def test_an_installation_that_asked_little_need_not_rest(world: World) -> None:
    world.forge.find_branch(MAIN)
    assert world.app.find_rest(world.forge.ref.installation) is None
