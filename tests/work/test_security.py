"""Security updates on a forge in memory: when they are opened, what closes them, what becomes of what was closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events.jobs import RunJob, Scope
from bot.forge.memory import MemoryForge
from bot.ports.advisories import Alert as Told
from bot.ports.advisories import Watched
from bot.ports.forge import Alert, AlertState, PullRequestState
from bot.ports.run import BranchName, Proposal, RunReport, RunRequest, UpdateKind, UpdateLine
from bot.work.account import Memory
from bot.work.publishing.outcome import Outcome
from bot.work.runs import run_job
from tests.work.scene import REF, Scene, act, one_outcome, propose, run

BRANCH = BranchName("lockbot/security-alpha")


def mending(version: str = "1.1") -> Proposal:
    update = UpdateLine(package="alpha", kind=UpdateKind.MINOR, before="1.0", after=version, manifest="uv.lock")
    made = propose(version, branch=BRANCH)
    return replace(made, single="alpha", updates=(update,), is_security=True)


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.SECURITY, Scope.TURN])
def test_it_is_opened_whatever_the_schedule_says_and_others_are_not(scope: Scope) -> None:
    scene = Scene(proposals=(mending(), propose()), is_open=False)
    scene.config = replace(scene.config, schedule=("before 4am",), own_schedules=("before 5am",))
    assert act(scene, scope) == [(BRANCH, Outcome.OPENED), ("lockbot/non-major", Outcome.NOT_OPEN)]


def test_a_run_for_security_opens_nothing_else_in_the_schedule_either() -> None:
    scene = Scene(proposals=(mending(), propose()))
    assert act(scene, Scope.SECURITY) == [(BRANCH, Outcome.OPENED), ("lockbot/non-major", Outcome.NOT_OPEN)]


def test_a_schedule_of_its_own_is_kept() -> None:
    scene = Scene(proposals=(replace(mending(), schedule=("before 4am",)),), is_open=False)
    assert one_outcome(scene, Scope.SECURITY) is Outcome.NOT_OPEN
    scene.is_open = True
    assert one_outcome(scene, Scope.SECURITY) is Outcome.OPENED


def test_it_is_opened_where_a_push_brings_the_vulnerability() -> None:
    scene = Scene(proposals=(propose(),))
    run(scene)
    scene.proposals = (mending(), propose())
    assert act(scene, Scope.OPEN)[0] == (BRANCH, Outcome.OPENED)


def test_a_closed_one_comes_again_for_what_goes_beyond_it() -> None:
    scene = Scene(proposals=(mending(),))
    run(scene)
    scene.forge.close(1, by="octo")
    assert one_outcome(scene, Scope.SECURITY) is Outcome.SNOOZED
    scene.proposals = (mending("1.2"),)
    assert one_outcome(scene, Scope.SECURITY) is Outcome.REFRESHED
    assert scene.forge.get_pull_request(1).state is PullRequestState.OPEN


class Unsure(Scene):
    """The service of advisories did not answer in its runs."""

    def run(self, request: RunRequest) -> RunReport:
        return replace(Scene.run(self, request), unsure="advisories can't be read")


def test_it_stays_open_while_nobody_can_tell() -> None:
    scene = Unsure(proposals=(mending(), propose()))
    run(scene)
    scene.proposals = ()
    assert act(scene) == [("lockbot/non-major", Outcome.RETIRED)]
    assert [one.head_branch for one in scene.forge.list_pull_requests(PullRequestState.OPEN)] == [BRANCH]


def test_a_run_gives_on_what_was_asked_about() -> None:
    asked = (Watched(package="alpha", version="1.0", known={"GHSA-1": ""}),)

    class Asking(Scene):
        def run(self, request: RunRequest) -> RunReport:
            return replace(Scene.run(self, request), watched=asked)

    assert run(Asking()).watched == asked


def alert(number: int, state: AlertState) -> Alert:
    return Alert(
        number=number,
        package="alpha",
        ecosystem="pip",
        manifest="uv.lock",
        advisory=f"GHSA-{number}",
        vulnerable="< 1.1",
        patched="1.1",
        severity="high",
        state=state,
    )


def told(scene: Scene) -> list[Told] | None:
    run(scene, Scope.SECURITY)
    asked = scene.asked[-1].alerts
    assert asked is not None
    found = asked()
    return None if found is None else list(found)


def test_alerts_are_handed_on_and_who_may_read_the_repository() -> None:
    scene = Scene()
    scene.forge.alerts = [alert(1, AlertState.OPEN), alert(2, AlertState.DISMISSED), alert(3, AlertState.FIXED)]
    found = told(scene)
    assert found is not None
    assert sorted((one.advisory, one.is_dismissed) for one in found) == [("GHSA-1", False), ("GHSA-2", True)]
    assert scene.asked[-1].is_public is not scene.forge.get_repository().private


def test_alerts_that_may_not_be_read_are_none() -> None:
    scene = Scene()
    assert isinstance(scene.forge, MemoryForge)
    scene.forge.alerts = None
    assert told(scene) is None


def test_that_a_service_is_down_is_told_when_it_lasts() -> None:
    scene = Unsure(proposals=(mending(),))
    ports = replace(scene.ports, memory=Memory())

    def warned() -> list[str]:
        run_job(ports, RunJob(repository=REF, scope=Scope.SECURITY), scene.steps, "guid")
        return [one.summary for one, _ in scene.forge.checks]

    assert warned() == []
    scene.clock.moment += timedelta(hours=25)
    (told,) = warned()
    assert "since 2026-11-22 12:00 UTC security updates may be missing: advisories can't be read" in told
