"""Branches of lockbot's that no pull request ever came of are deleted at the next turn, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import BranchUpdate, PullRequestState
from bot.ports.run import BranchName, ConfigState, FileChange
from tests.work.scene import BRANCH, Scene, propose, run

LEFT = BranchName("lockbot/left")


def left_behind(scene: Scene, branch: BranchName = LEFT) -> None:
    """A run that was killed between the branch and its pull request."""
    files = (FileChange(path="uv.lock", text="alpha 9\n"),)
    update = BranchUpdate(branch=branch, base=scene.base, expected=None, message="Update", files=files)
    scene.forge.push_branch(update)


def remaining(scene: Scene) -> set[str]:
    return {str(one) for one in scene.forge.branches if one.startswith("lockbot/")}


def test_what_nothing_proposes_any_more_is_deleted() -> None:
    scene = Scene(proposals=(propose(),))
    left_behind(scene)
    run(scene)
    assert remaining(scene) == {LEFT, BRANCH}, "only a turn looks for them"
    run(scene, Scope.TURN)
    assert remaining(scene) == {BRANCH}


def test_what_is_proposed_gets_its_pull_request_instead() -> None:
    scene = Scene(proposals=(propose(branch=LEFT),))
    left_behind(scene)
    run(scene, Scope.TURN)
    assert [one.head_branch for one in scene.forge.list_pull_requests(PullRequestState.OPEN)] == [LEFT]


def test_a_branch_of_people_stays() -> None:
    scene = Scene()
    scene.forge.commit(LEFT, {"x.py": "x"}, author="ada")
    left_behind(scene, BranchName("other/left"))
    run(scene, Scope.TURN)
    assert remaining(scene) == {LEFT}
    assert "other/left" in scene.forge.branches


@pytest.mark.parametrize("state", list(PullRequestState))
def test_a_branch_with_a_pull_request_is_for_those_who_deal_with_that(state: PullRequestState) -> None:
    scene = Scene(proposals=(propose(),))
    run(scene)
    scene.forge.pull_requests[1] = replace(scene.forge.pull_requests[1], state=state, author="ada")
    scene.proposals = ()
    run(scene, Scope.TURN)
    assert remaining(scene) == {BRANCH}


def test_switched_off_it_deletes_nothing() -> None:
    scene = Scene(config=ConfigState(path=".lockbot.json", enabled=False))
    left_behind(scene)
    run(scene, Scope.TURN)
    assert remaining(scene) == {LEFT}
