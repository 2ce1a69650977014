"""Runs of a worker and what they leave on the dashboard, on a forge in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import ClosedJob, RunJob, Scope
from bot.ports.forge import Issue, PullRequestState
from bot.ports.run import ConfigState, DashboardOptions
from bot.work.dashboard.issue import Dashboard, change_state
from bot.work.dashboard.state import pause, want_opened
from bot.work.job import find_home
from bot.work.publishing.outcome import Outcome
from bot.work.runs import run_job
from bot.work.tidying import closed_job
from tests.work.scene import BRANCH, REF, Scene, act, opened, propose, run


def the_issue(scene: Scene) -> Issue:
    (one,) = scene.forge.issues.values()
    return one


def state_of(scene: Scene) -> Dashboard:
    one = the_issue(scene)
    return Dashboard(number=one.number, title=one.title, body=one.body, is_open=one.is_open)


def test_a_run_tells_what_it_opened() -> None:
    scene = Scene()
    pull = opened(scene)
    assert f"[Update alpha to 2.0](../pull/{pull.number})" in the_issue(scene).body
    assert state_of(scene).state.tells_of_open


def test_a_paused_repository_is_left_as_it_is_and_told_so() -> None:
    scene = Scene(config=ConfigState(schedule=("before 4am on monday",)), is_open=False, proposals=(propose(),))
    run(scene)
    change_state(find_home(scene.ports, scene.forge), lambda state: pause(state, "octo"))
    scene.is_open = True
    assert act(scene, Scope.TURN) == [(BRANCH, Outcome.PAUSED)]
    assert "Update alpha to 2.0: the repository is paused" in the_issue(scene).body


def test_what_people_want_opened_is_opened_by_any_run_and_wanted_no_more() -> None:
    scene = Scene(config=ConfigState(schedule=("before 4am on monday",)), is_open=False, proposals=(propose(),))
    assert act(scene) == [(BRANCH, Outcome.NOT_OPEN)]
    assert "at a turn of its schedule (before 4am on monday; UTC)" in the_issue(scene).body
    change_state(find_home(scene.ports, scene.forge), lambda state: want_opened(state, (BRANCH,)))
    assert act(scene) == [(BRANCH, Outcome.OPENED)]
    assert (state_of(scene).state.opened, "## Waiting" in the_issue(scene).body) == ((), False)


def test_without_a_dashboard_a_run_is_a_run() -> None:
    scene = Scene(config=ConfigState(dashboard=DashboardOptions(wanted=False)))
    assert opened(scene).number == 1
    assert scene.forge.issues == {}


def test_a_push_makes_a_run_while_the_dashboard_tells_of_what_is_open_no_more() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, state=PullRequestState.MERGED)
    scene.proposals = ()
    job = RunJob(repository=REF, scope=Scope.OPEN)
    assert run_job(scene.ports, job, scene.steps, "guid").note == "nothing to propose"
    assert "## Open" not in the_issue(scene).body
    assert run_job(scene.ports, job, scene.steps, "guid").note == "no pull request is open"


AGAIN = f"[ ] <!-- lockbot-box: recreate {BRANCH} --> "


@pytest.mark.parametrize(
    ("state", "box", "told"),
    [
        (PullRequestState.CLOSED, AGAIN, "closed. A tick proposes it again"),
        (PullRequestState.MERGED, "", "merged"),
    ],
)
def test_one_that_ended_is_told_so_at_once(state: PullRequestState, box: str, told: str) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, state=state)
    for _ in range(2):
        closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number))
    assert f"\n- {box}[Update alpha to 2.0](../pull/{pull.number}): {told}\n" in the_issue(scene).body


def test_where_issues_may_not_be_read_a_closed_one_is_tidied_up_all_the_same() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.lacking = ("issues: write",)
    scene.forge.pull_requests[pull.number] = replace(pull, state=PullRequestState.CLOSED)
    assert closed_job(scene.ports, ClosedJob(repository=REF, number=pull.number)).note == f"{BRANCH} tidied up"


def test_what_the_account_has_not_accepted_is_named_beside_what_goes_on() -> None:
    scene = Scene()
    scene.forge.lacking = ("vulnerability_alerts: read",)
    opened(scene)
    assert "the App has not been granted vulnerability\\_alerts: read" in the_issue(scene).body
    assert "Update alpha to 2.0" in the_issue(scene).body
