"""A closed pull request leaves no branch that is nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import ClosedJob
from bot.ports.forge import BranchUpdate, PullRequestState
from bot.ports.run import FileChange, Sha
from bot.work.publishing.body_block import find_block, replace_block
from bot.work.tidying import closed_job
from tests.work.scene import BRANCH, MAIN, REF, Scene, opened


@pytest.mark.parametrize("state", [PullRequestState.CLOSED, PullRequestState.MERGED])
def test_a_closed_pull_request_leaves_no_branch(state: PullRequestState) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, state=state)
    assert closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number)).note == f"{BRANCH} tidied up"
    assert BRANCH not in scene.forge.branches


def test_a_branch_that_moved_after_closing_stays() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.close(pull.number, by="ada")
    scene.forge.commit(BRANCH, {"mine.txt": "x"}, author="ada")
    closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number))
    assert BRANCH in scene.forge.branches


def test_an_open_pull_request_is_not_tidied_up() -> None:
    scene = Scene()
    pull = opened(scene)
    assert closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number)).note == "nothing to tidy up"


def test_a_branch_that_a_person_moved_before_closing_stays() -> None:
    scene = Scene()
    pull = opened(scene)
    theirs = scene.forge.amend(BRANCH, {"mine.txt": "x"}, by="ada")
    scene.forge.close(pull.number, by="ada")
    note = closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number)).note
    assert (note, scene.forge.branches[BRANCH]) == (f"{BRANCH} is left to people", theirs)


def test_what_was_merged_needs_no_branch_whoever_moved_it() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.commit(BRANCH, {"mine.txt": "x"}, author="ada")
    moved = scene.forge.pull_requests[pull.number]
    scene.forge.pull_requests[pull.number] = replace(moved, state=PullRequestState.MERGED)
    closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number))
    assert BRANCH not in scene.forge.branches


@pytest.mark.parametrize("state", [PullRequestState.CLOSED, PullRequestState.MERGED])
def test_a_branch_that_lockbot_was_moving_when_it_was_closed_goes(state: PullRequestState) -> None:
    """The closed pull request keeps the head that it had; the body knows the next one."""
    scene = Scene()
    pull = opened(scene)
    base = scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    closed = replace(pull, state=state)

    def close(new: Sha) -> None:
        block = find_block(pull.body)
        assert block is not None
        body = replace_block(pull.body, block.model_copy(update={"heads": (pull.head, new)}), 65_536)
        scene.forge.pull_requests[pull.number] = replace(closed, body=body)

    files = (FileChange(path="uv.lock", text="alpha 2.0\n"),)
    update = BranchUpdate(branch=BRANCH, base=base, expected=pull.head, message="Update\n", files=files)
    scene.forge.push_branch(update, announce=close)
    assert scene.forge.pull_requests[pull.number].head == pull.head
    assert closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number)).note == f"{BRANCH} tidied up"
    assert BRANCH not in scene.forge.branches
