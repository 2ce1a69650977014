"""The repository's schedule holds for every run that was not begun by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import CheckConclusion
from bot.ports.run import BranchName, ConfigState
from bot.work.publishing.outcome import Outcome
from tests.work.scene import ALWAYS, Scene, opened, propose, run

NIGHTLY = ConfigState(path=".lockbot.json", schedule=("before 4am",), timezone="Europe/Berlin")


def test_outside_of_it_nothing_is_opened_and_the_check_says_that_it_waits() -> None:
    scene = Scene(config=NIGHTLY, proposals=(propose(),), is_open=False)
    done = run(scene)
    run(scene)
    assert ([one.outcome for one in done.published], done.scope) == ([Outcome.NOT_OPEN], Scope.OPEN)
    assert done.note.endswith("; outside the schedule")
    ((report, _),) = scene.forge.checks
    assert (report.conclusion, report.title) == (CheckConclusion.NEUTRAL, "1 proposal waits for the schedule")
    assert "`before 4am` (Europe/Berlin)" in report.summary


def test_outside_of_it_what_is_open_is_refreshed() -> None:
    scene = Scene()
    opened(scene)
    scene.config, scene.is_open = NIGHTLY, False
    scene.proposals = (propose("3.0"), propose(branch=BranchName("lockbot/other")))
    assert [one.outcome for one in run(scene).published] == [Outcome.REFRESHED, Outcome.NOT_OPEN]


@pytest.mark.parametrize(
    ("config", "is_open", "scope"),
    [(ConfigState(), False, Scope.ALL), (NIGHTLY, True, Scope.ALL), (NIGHTLY, False, Scope.TURN)],
)
def test_without_one_within_one_and_at_a_turn_it_is_opened(config: ConfigState, is_open: bool, scope: Scope) -> None:
    scene = Scene(config=config, proposals=(propose(),), is_open=is_open)
    assert [one.outcome for one in run(scene, scope).published] == [Outcome.OPENED]
    assert scene.forge.checks == []


MONTHLY = replace(NIGHTLY, own_schedules=("monthly",))
OTHER = BranchName("lockbot/other")


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.TURN])
def test_what_has_a_schedule_of_its_own_waits_for_that(scope: Scope) -> None:
    own = replace(propose(branch=OTHER), schedule=("monthly",))
    scene = Scene(config=replace(MONTHLY, schedule=ALWAYS), proposals=(propose(), own), is_open=False)
    assert [one.outcome for one in run(scene, scope).published] == [Outcome.OPENED, Outcome.NOT_OPEN]
    titles = [report.title for report, _ in scene.forge.checks]
    assert titles == (["1 proposal waits for the schedule"] if scope is Scope.ALL else [])
    assert all("`monthly`" in report.summary and "any time" not in report.summary for report, _ in scene.forge.checks)


def test_a_turn_of_its_own_opens_nothing_else() -> None:
    own = replace(propose(branch=OTHER), schedule=ALWAYS)
    scene = Scene(config=replace(MONTHLY, own_schedules=ALWAYS), proposals=(propose(), own), is_open=False)
    assert [one.outcome for one in run(scene, Scope.TURN).published] == [Outcome.NOT_OPEN, Outcome.OPENED]


def test_a_window_of_its_own_is_open_where_the_general_one_is_not() -> None:
    scene = Scene(config=NIGHTLY, proposals=(replace(propose(), schedule=ALWAYS),), is_open=False)
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]


def test_a_run_for_what_is_open_opens_nothing_whatever_schedules_say() -> None:
    scene = Scene()
    opened(scene)
    scene.proposals = (propose(), replace(propose(branch=OTHER), schedule=ALWAYS))
    assert [one.outcome for one in run(scene, Scope.OPEN).published][1:] == [Outcome.NOT_OPEN]
