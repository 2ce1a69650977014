"""The repository's schedule holds for every run that was not begun by it."""

from __future__ import annotations

import pytest

from bot.events import Scope
from bot.ports.forge import CheckConclusion
from bot.ports.run import BranchName, ConfigState
from bot.work.publish import Outcome
from tests.work.scene import Scene, opened, propose, run

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
