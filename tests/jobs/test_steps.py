"""What a durable step makes of failures: those of the step are recorded, those of the recording pass as what they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.errors import LockbotError
from bot.jobs.database import DatabaseUnavailable
from bot.jobs.steps import DurableSteps, StepFailed
from bot.ports.forge import ForgeConflict, ForgeNotFound, ForgeUnavailable


class Recorder:
    """In place of DBOS: keeps what a step gave, and gives it again."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def run_step(
        self, options: dict[str, str], step: Callable[[Callable[[], str]], str], action: Callable[[], str]
    ) -> str:
        name = options["name"]
        if name not in self.kept:
            self.kept[name] = step(action)
        return self.kept[name]


class Away:
    def run_step(self, *_: object) -> str:
        raise RuntimeError("the pool is closed")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    one = Recorder()
    monkeypatch.setattr("bot.jobs.steps.DBOS", one)
    return one


def fail(error: Exception) -> Callable[[], str]:
    def action() -> str:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ForgeUnavailable("502"), ForgeUnavailable),
        (ForgeConflict("moved"), ForgeConflict),
        (ForgeNotFound("gone"), ForgeNotFound),
        (LockbotError("no"), LockbotError),
        (KeyError("hush-hush"), StepFailed),
    ],
)
def test_a_resumed_job_meets_the_same_failure(recorder: Recorder, error: Exception, kind: type[Exception]) -> None:
    for action in (fail(error), lambda: "not run again"):
        with pytest.raises(kind) as caught:
            DurableSteps().run("step", action)
        assert type(caught.value) is kind
    assert "hush-hush" not in recorder.kept["step"]


def test_a_step_that_can_not_be_recorded_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.steps.DBOS", Away())
    with pytest.raises(DatabaseUnavailable, match="step 'solve' was not recorded"):
        DurableSteps().run("solve", lambda: "")
