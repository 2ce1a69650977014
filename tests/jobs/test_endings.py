"""What a job used is counted for that job and told at its end; every line of the log says whose it is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog

from bot.events.jobs import CheckJob, ForgetJob, Job, RunJob, Scope, SweepJob, WatchJob
from bot.jobs.queue.envelope import Envelope, Lane, parse_envelope, render_envelope
from bot.jobs.workflows.endings import Attempt
from bot.jobs.workflows.steps import DurableSteps
from bot.jobs.workflows.workflow import JobFailed, perform
from bot.logs import get_logger, set_up_logs
from bot.ports.counting import (
    ForgeApi,
    IndexOutcome,
    count_allowance,
    count_forge,
    count_index,
    counting_into,
    stage,
)
from bot.ports.forge import ForgeRejected, ForgeUnavailable
from bot.ports.run import RunReport, RunRepository, RunRequest, Sha
from bot.ports.steps import PlainSteps, SetAside
from bot.ports.usage import Allowance, Meter, Stretch, Usage
from bot.threads import CarryingPool
from bot.work.ended import EndedJob, JobOutcome
from tests.jobs.test_workflows import AT, RUN, Bench, bench
from tests.work.scene import REF

__all__ = ["bench"]

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


@dataclass
class Ticking:
    """A clock that is set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


# --- counting -----------------------------------------------------------------------------------


def count_some() -> None:
    count_forge(ForgeApi.REST)
    count_index(IndexOutcome.DISK)
    count_allowance(7, "core", 5000, 4999)
    with stage("plan"):
        pass


def test_counting_without_a_meter_does_nothing() -> None:
    count_some()


def test_what_edges_count_goes_into_the_meter_that_is_open() -> None:
    meter, other = Meter(Ticking()), Meter(Ticking())
    with counting_into(meter):
        count_some()
        with counting_into(other):
            count_forge(ForgeApi.GRAPHQL)
        count_forge(ForgeApi.REST)
    count_some()
    allowance = Allowance(installation=7, resource="core", limit=5000, remaining=4999)
    assert meter.read() == Usage(
        forge={ForgeApi.REST: 2},
        index={IndexOutcome.DISK: 1},
        stages={"plan": 0.0},
        course=(Stretch(stage="plan", begun=0.0, ended=0.0),),
        allowances=(allowance,),
    )
    assert other.read() == Usage(forge={ForgeApi.GRAPHQL: 1})


def test_of_an_installation_s_limit_the_last_word_counts() -> None:
    meter = Meter()
    with counting_into(meter):
        for remaining in (10, 9):
            count_allowance(7, "core", 5000, remaining)
        count_allowance(7, "graphql", 5000, 3)
    assert [(one.resource, one.remaining) for one in meter.read().allowances] == [("core", 9), ("graphql", 3)]


def test_seconds_belong_to_the_innermost_stage() -> None:
    clock = Ticking()
    meter = Meter(clock)
    with counting_into(meter), stage("look"):
        clock.now += 1
        with stage("clone"):
            clock.now += 10
        clock.now += 2
        with suppress(ValueError), stage("lock"):
            clock.now += 100
            raise ValueError("on the way")
        clock.now += 4
    clock.now += 1000
    with counting_into(meter), stage("clone"):
        clock.now += 20
    used = meter.read()
    assert used.stages == {"look": 7.0, "clone": 30.0, "lock": 100.0}
    assert used.solve_seconds == 100.0


def test_threads_of_a_pool_count_for_who_asked_them() -> None:
    meters = [Meter() for _ in range(3)]
    with CarryingPool(2) as pool:
        for number, meter in enumerate(meters):
            with counting_into(meter):
                wait([pool.submit(count_forge, ForgeApi.REST) for _ in range(number)])
        wait([pool.submit(count_forge, ForgeApi.REST)])
    assert [meter.read().forge.get(ForgeApi.REST, 0) for meter in meters] == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("look", "look"),
        ("publish lockbot/non-major@main", "publish"),
        ("write dashboard", "tell"),
        ("unheard of", "other"),
    ],
)
def test_steps_are_stages(name: str, counted: str) -> None:
    clock = Ticking()
    meter = Meter(clock)

    def act() -> None:
        clock.now += 3

    with counting_into(meter):
        DurableSteps(lambda _name, step: step()).run(name, type(None), act)
    assert meter.read().stages == {counted: 3.0}


def test_each_step_that_there_is_has_a_stage() -> None:
    """A step with a new first word gets its row in ``bot.jobs.workflows.steps``."""
    from bot.jobs.workflows.steps import _STAGES

    named = {word for path in Path("bot/work").rglob("*.py") for word in _steps_of(path.read_text(encoding="utf-8"))}
    assert {"publish", "look", "solve", "report"} <= named <= set(_STAGES)


def _steps_of(text: str) -> Iterator[str]:
    import re

    yield from re.findall(r'steps\.run\(\s*f?"([a-z]+)', text)


# --- how a job ended ----------------------------------------------------------------------------


@dataclass
class Heard:
    ended: list[EndedJob] = field(default_factory=list)

    def __call__(self, ended: EndedJob) -> None:
        self.ended.append(ended)


def attempt_at(job: Job, lane: Lane = Lane.FIRST, number: int = 1) -> Attempt:
    envelope = Envelope(job=job, received=AT - 5, lane=lane, delivery=GUID, attempt=number)
    return Attempt(envelope=envelope, name=f"{GUID}:42", started=AT - 2)


def end(bench: Bench, attempt: Attempt) -> EndedJob:
    heard = Heard()
    parts = replace(bench.parts, hear_end=(heard,))
    with attempt.entered(), suppress(JobFailed):
        perform(parts, attempt, PlainSteps())
    (ended,) = heard.ended
    return ended


def test_who_wants_to_hears_how_a_job_ended_and_what_it_used(bench: Bench) -> None:
    attempt = attempt_at(RUN)
    ended = end(bench, attempt)
    assert ended == EndedJob(
        name=f"{GUID}:42",
        delivery=GUID,
        kind="run",
        lane="jobs",
        outcome=JobOutcome.DONE,
        note="to be solved",
        repository=REF,
        installation=REF.installation,
        attempt=1,
        received=AT - 5,
        started=AT - 2,
        ended=AT,
        usage=attempt.meter.read(),
    )


def fail_with(error: Exception) -> RunRepository:
    def run(request: RunRequest) -> RunReport:
        count_index(IndexOutcome.FAILED)
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "number", "outcome"),
    [
        (ForgeUnavailable("no answer"), 1, JobOutcome.PUT_OFF),
        (ForgeUnavailable("no answer"), 6, JobOutcome.GIVEN_UP),
        (ForgeRejected("no"), 1, JobOutcome.REFUSED),
        (SetAside("took its worker down"), 1, JobOutcome.SET_ASIDE),
        (KeyError("a bug"), 1, JobOutcome.FAILED),
    ],
)
def test_each_bad_end_has_its_outcome(bench: Bench, error: Exception, number: int, outcome: JobOutcome) -> None:
    bench.parts = replace(bench.parts, ports=replace(bench.parts.ports, run_repository=fail_with(error)))
    ended = end(bench, attempt_at(RUN, Lane.SOLVING, number))
    assert (ended.outcome, ended.usage.index) == (outcome, {IndexOutcome.FAILED: 1})


def test_a_job_that_finds_its_place_taken_waits(bench: Bench) -> None:
    bench.running("other")
    assert bench.registry.take_turn_of(f"repository:{REF.id}", "other")
    ended = end(bench, attempt_at(RUN, Lane.SOLVING))
    assert (ended.outcome, ended.note) == (JobOutcome.WAITING, "waits for 1 s: another job is at work there")


def test_no_job_is_the_worse_for_who_hears_of_it(bench: Bench) -> None:
    def break_down(_ended: EndedJob) -> None:
        raise OSError("the disk is full")

    heard = Heard()
    parts = replace(bench.parts, hear_end=(break_down, heard))
    assert perform(parts, attempt_at(RUN), PlainSteps()) == "to be solved"
    assert [one.outcome for one in heard.ended] == [JobOutcome.DONE]


# --- the log ------------------------------------------------------------------------------------


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """The lines of the log as JSON, whoever writes them."""
    root, dbos = logging.getLogger(), logging.getLogger("dbos")
    before = (root.handlers, root.level, dbos.handlers, dbos.propagate)
    stream = io.StringIO()
    try:
        set_up_logs("json")
        handlers = [one for one in (*root.handlers, *dbos.handlers) if isinstance(one, logging.StreamHandler)]
        for one in handlers:
            one.setStream(stream)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.handlers, root.level, dbos.handlers, dbos.propagate = before
        structlog.reset_defaults()


@pytest.mark.parametrize(
    ("job", "where"),
    [
        (RUN, {"repository": REF.full_name}),
        (CheckJob(repository=REF, head=Sha("a" * 40)), {"repository": REF.full_name}),
        (SweepJob(installation=7), {"installation": 7}),
        (ForgetJob(installation=7, repositories=None), {"installation": 7}),
        (SweepJob(), {}),
        (WatchJob(), {}),
    ],
)
def test_each_line_bears_delivery_job_and_repository(job: Job, where: dict[str, object]) -> None:
    with logged() as lines:
        with attempt_at(job).entered():
            get_logger("lockbot.jobs").info("ours")
            logging.getLogger("some.library").warning("a library's")
            logging.getLogger("dbos").warning("that of the queue")
            with CarryingPool(1) as pool:
                pool.submit(logging.getLogger("some.library").warning, "from a thread").result()
        get_logger("lockbot.jobs").info("after it")
        told = lines()
    named = {"delivery": GUID, "job": f"{GUID}:42", "kind": job.kind, "attempt": 1} | where
    assert [line["event"] for line in told] == ["ours", "a library's", "that of the queue", "from a thread", "after it"]
    assert all(named.items() <= line.items() for line in told[:-1])
    assert not named.keys() & told[-1].keys()


def test_the_end_of_a_job_is_one_line_with_what_it_used(bench: Bench) -> None:
    attempt = attempt_at(RUN)
    with logged() as lines, attempt.entered():
        count_forge(ForgeApi.GRAPHQL)
        perform(bench.parts, attempt, PlainSteps())
        (line,) = [one for one in lines() if one["event"] == "job ended"]
    assert (line["outcome"], line["note"], line["level"]) == ("done", "to be solved", "info")
    assert "graphql" in str(line["forge"])


# --- jobs on the queue ----------------------------------------------------------------------------


def test_a_job_on_the_queue_knows_its_delivery_and_an_older_one_s_is_in_its_name() -> None:
    envelope = Envelope(job=RUN, received=1.0, delivery=GUID)
    assert parse_envelope(render_envelope(envelope)) == envelope
    older = json.loads(render_envelope(envelope))
    del older["delivery"]
    read = parse_envelope(json.dumps(older))
    assert Attempt(envelope=read, name=f"{GUID}:42/solve#2.1", started=AT).delivery == f"{GUID}:42"


def test_what_a_job_hands_on_keeps_its_delivery(bench: Bench) -> None:
    attempt = attempt_at(RunJob(repository=REF, scope=Scope.ALL))
    perform(bench.parts, attempt, PlainSteps())
    ((passed_on, _delay),) = bench.followed.again.values()
    assert (passed_on.delivery, passed_on.lane) == (GUID, Lane.SOLVING)
