"""Whose branch is it? What lockbot pushed last is lockbot's; everything else that is found there is a person's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import CloneSource, ForgeConflict, ForgeNotFound, PullRequest, PullRequestState
from bot.ports.run import BranchName, Sha
from bot.work.publishing.body_block import find_block
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, one_outcome, opened, propose, run, said
from tests.work.test_commands import give


def current(scene: Scene, pull: PullRequest) -> PullRequest:
    return scene.forge.pull_requests[pull.number]


def move_base(scene: Scene) -> Sha:
    """What the proposal changes has moved: the branch can't stay as it is."""
    return scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")


def amend(scene: Scene) -> Sha:
    return scene.forge.amend(BRANCH, {"fix.py": "by hand"}, by="ada")


def reword(scene: Scene) -> Sha:
    return scene.forge.amend(BRANCH, {}, by="ada", message="Better words")


def commit(scene: Scene) -> Sha:
    return scene.forge.commit(BRANCH, {"fix.py": "by hand"}, author="ada")


def set_back(scene: Scene) -> Sha:
    scene.forge.reset(BRANCH, scene.base)
    return scene.base


def merge_with_more(scene: Scene) -> Sha:
    scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    return scene.forge.merge_base_into(BRANCH, MAIN, by="ada", more={"fix.py": "by hand"})


def merge_of_another_branch(scene: Scene) -> Sha:
    scene.forge.branches[BranchName("topic")] = scene.base
    scene.forge.commit(BranchName("topic"), {"x.py": "x"}, author="ada")
    return scene.forge.merge_base_into(BRANCH, BranchName("topic"), by="ada")


def rebase_with_more(scene: Scene) -> Sha:
    scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    scene.forge.rebase_onto(BRANCH, MAIN, by="ada")
    return amend(scene)


def commit_on_a_merge(scene: Scene) -> Sha:
    scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    scene.forge.merge_base_into(BRANCH, MAIN, by="ada")
    return commit(scene)


@pytest.mark.parametrize(
    "moved",
    [amend, reword, commit, set_back, merge_with_more, merge_of_another_branch, rebase_with_more, commit_on_a_merge],
)
def test_work_of_a_person_is_left_alone_and_that_is_said_once(moved: Callable[[Scene], Sha]) -> None:
    scene = Scene()
    pull = opened(scene)
    theirs = moved(scene)
    move_base(scene)
    before = current(scene, pull)
    assert [one_outcome(scene) for _ in range(2)] == [Outcome.EDITED] * 2
    assert (scene.forge.branches[BRANCH], current(scene, pull)) == (theirs, before)
    (words,) = said(scene, pull.number)
    assert "has moved this branch" in words
    assert "/lockbot rebase" in words


def test_who_amended_is_named_though_the_bot_is_the_author() -> None:
    scene = Scene()
    pull = opened(scene)
    amend(scene)
    move_base(scene)
    run(scene)
    assert said(scene, pull.number)[0].startswith("`ada` has moved this branch")


def test_after_a_rebase_by_command_the_notice_can_be_given_again_in_its_place() -> None:
    scene = Scene()
    pull = opened(scene)
    amend(scene)
    move_base(scene)
    run(scene)
    give(scene, pull.number, "rebase")
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).vouched == scene.app.identity.login
    (words,) = [one for one in said(scene, pull.number) if "lockbot: branch" in one]
    assert "`ada` were replaced" in words
    scene.forge.commit(BRANCH, {"more.py": "x"}, author="bob")
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.2\n"}, author="octo")
    assert one_outcome(scene) is Outcome.EDITED
    (words,) = [one for one in said(scene, pull.number) if "lockbot: branch" in one]
    assert words.startswith("`bob` has moved this branch")


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("button", ["merge", "rebase"])
def test_githubs_buttons_change_nobodys_branch(button: str, times: int) -> None:
    scene = Scene()
    pull = opened(scene)
    for turn in range(times):
        scene.forge.commit(MAIN, {"x.py": f"{turn}"}, author="octo")
        if button == "merge":
            scene.forge.merge_base_into(BRANCH, MAIN, by="ada")
        else:
            scene.forge.rebase_onto(BRANCH, MAIN, by="ada")
    base = move_base(scene)
    assert one_outcome(scene) is Outcome.REFRESHED
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).parents == (base,)
    assert said(scene, pull.number) == []


def test_a_button_pressed_for_a_commit_that_came_during_the_run_is_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals = (propose("3.0"),)
    clone = type(scene.ports.cloner).clone

    def press(self: object, source: CloneSource, sha: Sha) -> object:
        if scene.forge.branches[BRANCH] == pull.head:
            scene.forge.commit(MAIN, {"late.py": "x"}, author="octo")
            scene.forge.merge_base_into(BRANCH, MAIN, by="ada")
        return clone(self, source, sha)  # type: ignore[arg-type]

    monkeypatch.setattr(type(scene.ports.cloner), "clone", press)
    assert one_outcome(scene) is Outcome.REFRESHED
    assert said(scene, pull.number) == []


def test_what_the_forge_has_forgotten_counts_as_a_persons() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    scene.forge.rebase_onto(BRANCH, MAIN, by="ada")
    move_base(scene)
    del scene.forge.commits[pull.head]
    assert one_outcome(scene) is Outcome.EDITED


# --- what is written before a branch moves --------------------------------------------------------


class Killed(Exception):
    pass


@pytest.mark.parametrize("moment", ["before the ref moves", "after it has moved"])
def test_a_run_that_is_killed_around_the_move_freezes_nothing(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    move_base(scene)
    move = type(scene.forge)._move

    def kill(self: object, branch: str, sha: Sha) -> None:
        if moment.startswith("after"):
            move(self, branch, sha)  # type: ignore[arg-type]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.forge), "_move", kill)
        with pytest.raises(Exception, match="Killed"):
            run(scene)
    block = find_block(current(scene, pull).body)
    assert block is not None
    assert block.heads[0] == pull.head
    assert scene.forge.branches[BRANCH] in block.heads
    assert (current(scene, pull).title, "alpha 2.0" in current(scene, pull).body) == (pull.title, True)
    assert one_outcome(scene) in (Outcome.REFRESHED, Outcome.UNCHANGED)
    settled = find_block(current(scene, pull).body)
    assert settled is not None
    assert settled.heads == (scene.forge.branches[BRANCH],)
    assert said(scene, pull.number) == []


def test_a_head_of_before_the_last_one_is_a_persons_doing() -> None:
    scene = Scene()
    pull = opened(scene)
    move_base(scene)
    run(scene)
    scene.forge.reset(BRANCH, pull.head)
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.2\n"}, author="octo")
    assert one_outcome(scene) is Outcome.EDITED


def test_a_pull_request_that_is_closed_while_its_branch_is_built_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    move_base(scene)
    write = type(scene.forge)._write

    def close(self: object, *arguments: object, **more: object) -> Sha:
        scene.forge.close(pull.number, by="ada")
        return write(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(scene.forge), "_write", close)
    with pytest.raises(ForgeConflict, match="closed"):
        run(scene)
    assert scene.forge.branches[BRANCH] == pull.head


def test_a_branch_without_a_pull_request_is_ours_only_by_the_forges_word() -> None:
    scene = Scene()
    pull = opened(scene)
    del scene.forge.pull_requests[pull.number]
    assert one_outcome(scene) is Outcome.OPENED


@pytest.mark.parametrize("theirs", ["amended", "of their own"])
def test_a_persons_branch_of_our_name_is_not_touched_and_the_check_says_so(theirs: str) -> None:
    scene = Scene()
    if theirs == "amended":
        pull = opened(scene)
        del scene.forge.pull_requests[pull.number]
        head = amend(scene)
    else:
        scene.proposals = (propose(),)
        head = scene.forge.commit(BRANCH, {"mine.py": "x"}, author="ada")
    assert [one_outcome(scene) for _ in range(2)] == [Outcome.FOREIGN] * 2
    assert (scene.forge.branches[BRANCH], list(scene.forge.pull_requests.values())) == (head, [])
    ((report, _),) = scene.forge.checks
    assert f"branch {BRANCH} is not lockbot's (ada has put commits there)" in report.summary


def test_without_a_readable_block_only_a_commit_of_the_app_is_ours() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.edit_pull_request(pull.number, body="emptied")
    move_base(scene)
    assert one_outcome(scene) is Outcome.REFRESHED
    assert current(scene, pull).body.startswith("emptied\n\n")
    scene.forge.edit_pull_request(pull.number, body="emptied")
    amend(scene)
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.2\n"}, author="octo")
    assert one_outcome(scene) is Outcome.EDITED


# --- words ----------------------------------------------------------------------------------------


def test_a_title_that_somebody_wrote_stays() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals = (propose("3.0"),)
    run(scene)
    assert current(scene, pull).title == "Update alpha to 3.0"
    scene.forge.edit_pull_request(pull.number, title="chore: alpha")
    for version in ("4.0", "5.0"):
        scene.proposals = (propose(version),)
        run(scene)
    assert current(scene, pull).title == "chore: alpha"
    assert "alpha 5.0" in current(scene, pull).body


def test_words_that_come_while_the_branch_is_built_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    move_base(scene)
    scene.proposals = (propose("3.0"),)
    write = type(scene.forge)._write

    def edit(self: object, *arguments: object, **more: object) -> Sha:
        now = current(scene, pull)
        scene.forge.edit_pull_request(pull.number, title="chore: alpha", body=f"Mine.\n\n{now.body}")
        return write(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(scene.forge), "_write", edit)
    run(scene)
    now = current(scene, pull)
    assert (now.title, now.body.startswith("Mine.\n\n"), "alpha 3.0" in now.body) == ("chore: alpha", True, True)


def test_a_run_writes_nothing_over_what_people_wrote_around() -> None:
    scene = Scene()
    pull = opened(scene)
    body = f"Before.\n\n{pull.body}\nAfter.\n"
    scene.forge.edit_pull_request(pull.number, body=body)
    assert one_outcome(scene) is Outcome.UNCHANGED
    assert current(scene, pull).body == body


# --- when a branch moves --------------------------------------------------------------------------


def test_a_push_that_changes_none_of_its_files_moves_no_branch() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    assert one_outcome(scene, Scope.OPEN) is Outcome.UNCHANGED
    assert current(scene, pull) == scene.forge.pull_requests[pull.number]
    assert scene.forge.branches[BRANCH] == pull.head


def test_a_base_whose_past_was_changed_moves_every_branch() -> None:
    scene = Scene()
    opened(scene)
    scene.forge.branches[MAIN] = scene.forge.commit(BranchName("other"), {"uv.lock": "alpha 1.0\n"}, author="octo")
    assert one_outcome(scene, Scope.OPEN) is Outcome.REFRESHED


def test_a_rebase_by_command_moves_it_all_the_same() -> None:
    scene = Scene()
    pull = opened(scene)
    base = scene.forge.commit(MAIN, {"x.py": "x"}, author="octo")
    give(scene, pull.number, "rebase")
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).parents == (base,)


# --- other bases ----------------------------------------------------------------------------------


def switch(scene: Scene) -> None:
    trunk = BranchName("trunk")
    scene.forge.branches[trunk] = scene.forge.branches[MAIN]
    scene.forge.repository = replace(scene.forge.repository, default_branch=trunk)


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.OPEN])
def test_what_was_made_for_a_former_default_branch_is_closed_and_comes_again(scope: Scope) -> None:
    scene = Scene()
    pull = opened(scene)
    switch(scene)
    assert one_outcome(scene, scope) is Outcome.OPENED
    (again,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    assert (again.base_branch, again.number != pull.number) == ("trunk", True)
    assert current(scene, pull).state is PullRequestState.CLOSED
    (words,) = said(scene, pull.number)
    assert "made for `main`" in words


def test_a_pull_request_on_a_former_base_is_closed_before_its_branch_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    switch(scene)
    scene.forge.commit(BranchName("trunk"), {"uv.lock": "alpha 1.1\n"}, author="octo")
    states = []
    push = type(scene.forge).push_branch

    def look(self: object, *arguments: object, **more: object) -> object:
        states.append(current(scene, pull).state)
        return push(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(scene.forge), "push_branch", look)
    run(scene)
    assert states == [PullRequestState.CLOSED]


def test_what_a_person_gave_another_base_is_not_moved_and_the_check_says_so() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.branches[BranchName("release")] = scene.base
    scene.forge.pull_requests[pull.number] = replace(current(scene, pull), base_branch=BranchName("release"))
    move_base(scene)
    assert one_outcome(scene) is Outcome.SHARED
    assert (scene.forge.branches[BRANCH], current(scene, pull).state) == (pull.head, PullRequestState.OPEN)
    ((report, _),) = scene.forge.checks
    assert f"used by pull request {pull.number} for release" in report.summary
    done, _, _ = give(scene, pull.number, "rebase")
    assert done.note.endswith("used for another base")
    assert scene.forge.branches[BRANCH] == pull.head


def test_a_persons_pull_request_on_our_branch_for_another_base_holds_it() -> None:
    scene = Scene()
    pull = opened(scene)
    release = BranchName("release")
    scene.forge.branches[release] = scene.base
    theirs = replace(pull, number=99, author="ada", base_branch=release)
    scene.forge.pull_requests[99] = theirs
    move_base(scene)
    assert one_outcome(scene) is Outcome.SHARED
    assert scene.forge.branches[BRANCH] == pull.head


def test_a_comment_that_is_gone_can_not_be_edited() -> None:
    with pytest.raises(ForgeNotFound):
        Scene().forge.edit_comment(12, "x")
