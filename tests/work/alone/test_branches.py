"""Branches without pull requests: pushed in their time, refreshed while they are lockbot's, deleted when nothing wants them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import RunJob, Scope
from bot.forge.memory import MemoryForgeApp
from bot.ports.forge import AppIdentity, PullRequestState
from bot.ports.run import BranchName, Problem
from bot.work.alone.branches import push_job
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, REF, Scene, opened, propose, run

SHARED = AppIdentity(slug="github-actions", login="github-actions[bot]", is_shared=True)


@pytest.fixture(params=[True, False], ids=["shared", "own"])
def scene(request: pytest.FixtureRequest) -> Scene:
    app = MemoryForgeApp(identity=SHARED) if request.param else MemoryForgeApp()
    return Scene(app=app, proposals=(propose(),))


def push(scene: Scene, only: str | None = None) -> list[tuple[str, Outcome]]:
    job = RunJob(repository=REF, scope=Scope.ALL)
    return [(one.branch, one.outcome) for one in push_job(scene.ports, job, scene.steps, only).published]


def test_twice_changes_nothing_and_nothing_is_opened(scene: Scene) -> None:
    assert push(scene) == [(BRANCH, Outcome.PUSHED)]
    head = scene.forge.branches[BRANCH]
    assert push(scene) == [(BRANCH, Outcome.UNCHANGED)]
    assert (scene.forge.branches[BRANCH], scene.forge.pull_requests, scene.forge.issues) == (head, {}, {})


def test_a_base_that_moved_is_followed(scene: Scene) -> None:
    push(scene)
    base = scene.forge.commit(MAIN, {"x.py": "1"}, author="octo")
    assert push(scene) == [(BRANCH, Outcome.REFRESHED)]
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).parents == (base,)


def test_outside_of_the_schedule_only_what_is_there_is_refreshed(scene: Scene) -> None:
    scene.is_open, scene.config = False, replace(scene.config, schedule=("before 5am",))
    assert push(scene) == [(BRANCH, Outcome.NOT_OPEN)]
    scene.is_open = True
    push(scene)
    scene.is_open = False
    scene.forge.commit(MAIN, {"x.py": "1"}, author="octo")
    assert push(scene) == [(BRANCH, Outcome.REFRESHED)]


def test_work_of_people_is_left(scene: Scene) -> None:
    push(scene)
    theirs = scene.forge.commit(BRANCH, {"fix.py": "by hand"}, author="ada")
    assert push(scene) == [(BRANCH, Outcome.FOREIGN)]
    scene.proposals = ()
    assert push(scene) == []
    assert scene.forge.branches[BRANCH] == theirs


def test_a_persons_pull_request_from_the_branch_is_no_hindrance(scene: Scene) -> None:
    push(scene)
    pull = scene.forge.open_for(BRANCH, MAIN, author="ada")
    scene.forge.commit(MAIN, {"x.py": "1"}, author="octo")
    assert push(scene) == [(BRANCH, Outcome.REFRESHED)]
    scene.proposals = ()
    assert push(scene) == []
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.OPEN


def test_lockbots_own_pull_request_keeps_its_branch(scene: Scene) -> None:
    opened(scene)
    head = scene.forge.branches[BRANCH]
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    assert push(scene) == [(BRANCH, Outcome.HAS_PULL)]
    assert scene.forge.branches[BRANCH] == head
    # It is still lockbot's for the run that tends it.
    assert [one.outcome for one in run(scene).published] == [Outcome.REFRESHED]


def test_what_nothing_proposes_any_more_is_deleted_where_all_was_read(scene: Scene) -> None:
    push(scene)
    scene.proposals, scene.problems = (), (Problem(message="broken", path="x/pyproject.toml"),)
    assert push(scene) == []
    scene.problems = ()
    assert push(scene, only="else") == []
    assert push(scene) == [(BRANCH, Outcome.RETIRED)]
    assert BRANCH not in scene.forge.branches


def test_a_branch_of_the_name_for_another_base_is_told(scene: Scene) -> None:
    push(scene)
    scene.forge.branches[BranchName("release")] = scene.base
    scene.forge.open_for(BRANCH, BranchName("release"), author="ada")
    assert push(scene) == [(BRANCH, Outcome.SHARED)]


def test_a_repository_that_is_archived_is_left(scene: Scene) -> None:
    scene.forge.repository = replace(scene.forge.repository, archived=True)
    done = push_job(scene.ports, RunJob(repository=REF, scope=Scope.ALL), scene.steps)
    assert (done.note, done.published) == ("the repository is archived or disabled", ())
