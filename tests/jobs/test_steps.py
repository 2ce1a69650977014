"""Steps: what every runner promises, and what a durable one makes of failures: those of the step are recorded, those of
the recording pass as what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import NoneType

import pytest

from bot.errors import LockbotError
from bot.events.jobs import Scope
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.workflows.runs import RunStart
from bot.jobs.workflows.steps import DurableSteps, StepFailed
from bot.ports.forge import (
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    ForgeUnavailable,
    RepositoryRef,
)
from bot.ports.run import (
    BranchName,
    ConfigState,
    Declined,
    HeldBack,
    LockChange,
    LockChangeKind,
    Problem,
    RunReport,
    Sha,
)
from bot.ports.steps import OutcomeUnreadable, PlainSteps, StepRunner
from bot.work.commands.rebase import Rebuilt
from bot.work.looking import Look, OpenBranch
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.outcome import Outcome, Published
from bot.work.solving import SolvedRepository
from tests.work.scene import BRANCH, MAIN, REF, propose


class Recorder:
    """In place of DBOS: keeps what a step gave, and gives it again."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def __call__(self, name: str, step: Callable[[], str]) -> str:
        if name not in self.kept:
            self.kept[name] = step()
        return self.kept[name]


def away(_name: str, _step: Callable[[], str]) -> str:
    raise RuntimeError("the pool is closed")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def fail(error: Exception) -> Callable[[], str]:
    def action() -> str:
        raise error

    return action


# --- the contract ---------------------------------------------------------------------------------

BASE = Sha("a" * 40)
PUBLISHED = Published(branch=BRANCH, outcome=Outcome.REFUSED, number=5, reason="no")
CHANGE = LockChange(lockfile="uv.lock", package="a", kind=LockChangeKind.ADDED, after="2", recorded="egg-info")
REPORT = RunReport(
    base=BASE,
    base_branch=MAIN,
    config=ConfigState(path=".lockbot.json", schedule=("at any time",), problems=(Problem(message="x", line=3),)),
    proposals=(replace(propose(), lock_changes=(CHANGE,)), propose(branch=BranchName("lockbot/other"))),
    held_back=(HeldBack(package="a", current="1", latest="2", reason="é\u2028"),),
    problems=(Problem(message="not TOML", path="pyproject.toml", line=3, hint="mend it"),),
    timings={"read": 0.25, "plan": 1.0},
)
DECLINED = (Declined(package="alpha", version="2.0", is_major=True),)
CLOSED = ClosedBefore(last=3, head=BASE, heads=(BASE,), declined=DECLINED, rests=True)
SOLVED = SolvedRepository(report=REPORT, scope=Scope.OPEN, broken=REPORT.problems, fallback=BASE, closed={MAIN: CLOSED})
#: Whatever a step of lockbot gives.
GIVEN: tuple[tuple[object, object], ...] = (
    (NoneType, None),
    (RunStart, RunStart(moment=1764331200.123456, covered=False)),
    (Look, Look(base=None, base_branch=BranchName(""), open=0, why="the repository is gone", gone=True)),
    (
        Look,
        Look(
            base=BASE,
            base_branch=MAIN,
            open=3,
            branches=(OpenBranch(branch=MAIN, base=MAIN, left_out=CLOSED.declined),),
        ),
    ),
    (
        SolvedRepository,
        SolvedRepository(report=REPORT, scope=Scope.OPEN, broken=REPORT.problems, fallback=BASE, closed={MAIN: CLOSED}),
    ),
    (SolvedRepository, SolvedRepository(report=RunReport(base=BASE, base_branch=MAIN), scope=Scope.TURN)),
    (Published, PUBLISHED),
    (Rebuilt, Rebuilt(published=None)),
    (Rebuilt, Rebuilt(published=PUBLISHED)),
    (tuple[Published, ...], ()),
    (tuple[Published, ...], (PUBLISHED, PUBLISHED)),
    (tuple[RepositoryRef, ...], (REF,)),
)

RUNNERS = pytest.mark.parametrize("make", [PlainSteps, lambda: DurableSteps(Recorder())], ids=["plain", "durable"])


@RUNNERS
@pytest.mark.parametrize(("kind", "value"), GIVEN)
def test_a_step_gives_a_value_of_its_kind(make: Callable[[], StepRunner], kind: type[object], value: object) -> None:
    found = make().run("step", kind, lambda: value)
    assert found == value
    assert type(found) is type(value)


@RUNNERS
@pytest.mark.parametrize(
    "error",
    [
        ForgeUnavailable("502"),
        ForgeConflict("moved"),
        ForgeForbidden("403"),
        ForgeNotFound("gone"),
        ForgeRejected("not valid"),
        LockbotError("no"),
    ],
)
def test_an_error_passes_through_a_step(make: Callable[[], StepRunner], error: LockbotError) -> None:
    with pytest.raises(LockbotError) as caught:
        make().run("step", str, fail(error))
    assert (type(caught.value), str(caught.value)) == (type(error), str(error))


@RUNNERS
def test_a_wait_that_the_forge_asks_for_passes_through_a_step(make: Callable[[], StepRunner]) -> None:
    with pytest.raises(ForgeUnavailable) as caught:
        make().run("step", str, fail(ForgeUnavailable("rate limit", retry_after=77.5)))
    assert caught.value.retry_after == 77.5


# --- durable steps --------------------------------------------------------------------------------


def test_a_step_that_was_done_is_not_done_again(recorder: Recorder) -> None:
    values = iter((1.5, 2.5))
    assert [DurableSteps(recorder).run("step", float, lambda: next(values)) for _ in range(3)] == [1.5, 1.5, 1.5]


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
            DurableSteps(recorder).run("step", str, action)
        assert type(caught.value) is kind
    assert "hush-hush" not in recorder.kept["step"]


def test_what_a_step_could_not_read_for_want_of_the_database_is_not_recorded(recorder: Recorder) -> None:
    with pytest.raises(DatabaseUnavailable):
        DurableSteps(recorder).run("step", str, fail(DatabaseUnavailable("gone")))
    assert recorder.kept == {}


def test_a_step_that_can_not_be_recorded_has_not_failed() -> None:
    with pytest.raises(DatabaseUnavailable, match="step 'solve' was not recorded"):
        DurableSteps(away).run("solve", str, lambda: "")


@pytest.mark.parametrize(
    "recorded",
    [
        '{"text": "0", "failure": null, "retry_after": null}',
        '{"text": "", "failure": null, "retry_after": null}',
        '{"value": {"moment": "soon"}, "failure": null}',
        '{"value": null, "failure": null}',
        "",
        "1764331200.0",
    ],
)
def test_what_another_version_recorded_is_told_as_such(recorder: Recorder, recorded: str) -> None:
    recorder.kept["start"] = recorded
    with pytest.raises(OutcomeUnreadable, match="step 'start' was recorded by another version"):
        DurableSteps(recorder).run("start", RunStart, lambda: RunStart(moment=0.0, covered=False))
