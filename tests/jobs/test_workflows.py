"""The decisions around a job: covered, put off, given up, remembered, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.events import ForgetJob, Job, RunJob, Scope, SyncJob
from bot.jobs.database import Registry
from bot.jobs.queue import Envelope
from bot.jobs.workflows import WorkerParts, perform
from bot.ports import ConfigState, ForgeConflict, ForgeForbidden, ForgeUnavailable, PlainSteps, RunReport, RunRequest
from tests.jobs.scene import NOW, REF, Scene, propose

AT = NOW.timestamp()
RUN = RunJob(repository=REF, scope=Scope.ALL)


@dataclass
class Followed:
    stored: dict[str, tuple[Job, ...]] = field(default_factory=dict)
    again: dict[str, tuple[Envelope, float]] = field(default_factory=dict)

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        self.stored[delivery] = jobs

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None:
        self.again[name] = (envelope, delay)


@dataclass
class Bench:
    scene: Scene
    parts: WorkerParts
    followed: Followed
    registry: Registry

    def do(self, job: Job, *, received: float = AT, attempt: int = 1, name: str = "guid") -> str:
        return perform(self.parts, Envelope(job=job, received=received, attempt=attempt), name, PlainSteps())

    def pass_time(self, seconds: float) -> None:
        self.scene.clock.moment += timedelta(seconds=seconds)


@pytest.fixture
def bench() -> Iterator[Bench]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    registry, followed, scene = Registry(engine), Followed(), Scene(proposals=(propose(),))
    registry.create_tables()
    yield Bench(scene, WorkerParts(edges=scene.edges, queue=followed, registry=registry), followed, registry)
    engine.dispose()


def fail_with(bench: Bench, error: Exception) -> None:
    def run(request: RunRequest) -> RunReport:
        raise error

    edges = replace(bench.parts.edges, run_repository=run)
    bench.parts = replace(bench.parts, edges=edges)


def test_a_burst_comes_down_to_two_runs(bench: Bench) -> None:
    bench.pass_time(1)
    assert "opened" in bench.do(RUN, received=AT)
    bench.pass_time(5)
    later = [bench.do(RUN, received=AT + second) for second in (1.5, 2.0, 2.5, 3.0, 3.5)]
    assert ["covered" in one for one in later] == [False, True, True, True, True]
    assert len(bench.scene.asked) == 2


@pytest.mark.parametrize(("first", "second", "covered"), [
    (Scope.ALL, Scope.OPEN, True), (Scope.ALL, Scope.ALL, True), (Scope.OPEN, Scope.OPEN, True), (Scope.OPEN, Scope.ALL, False),
])  # fmt: skip
def test_a_run_covers_the_smaller_one(bench: Bench, first: Scope, second: Scope, covered: bool) -> None:
    bench.pass_time(10)
    bench.do(RunJob(repository=REF, scope=first))
    assert ("covered" in bench.do(RunJob(repository=REF, scope=second))) is covered


def test_a_failed_run_covers_nothing(bench: Bench) -> None:
    bench.pass_time(10)
    works = bench.parts
    fail_with(bench, ForgeUnavailable("502"))
    bench.do(RUN)
    bench.parts = works
    assert "opened" in bench.do(RUN, attempt=2)


@pytest.mark.parametrize(
    ("error", "attempt", "delay"),
    [
        (ForgeUnavailable("502"), 1, 5.0),
        (ForgeUnavailable("502"), 2, 20.0),
        (ForgeUnavailable("rate limit", retry_after=900.0), 1, 900.0),
        (ForgeConflict("the branch moved"), 1, 5.0),
    ],
)
def test_a_failure_that_may_pass_is_put_off(bench: Bench, error: Exception, attempt: int, delay: float) -> None:
    fail_with(bench, error)
    assert "put off" in bench.do(RUN, attempt=attempt, name="guid" if attempt == 1 else f"guid#{attempt}")
    envelope, found = bench.followed.again[f"guid#{attempt + 1}"]
    assert (envelope.job, envelope.attempt, envelope.received, found) == (RUN, attempt + 1, AT, delay)


@pytest.mark.parametrize(
    ("error", "attempt", "words"),
    [
        (ForgeUnavailable("502"), 6, "given up because 6 attempts failed: 502"),
        (ForgeUnavailable("x", retry_after=90_000.0), 1, "given up because the server asks to wait 90000 seconds: x"),
        (ForgeForbidden("403"), 1, "refused: 403"),
    ],
)
def test_a_failure_that_stays_ends_in_words(bench: Bench, error: Exception, attempt: int, words: str) -> None:
    fail_with(bench, error)
    assert bench.do(RUN, attempt=attempt) == words
    assert bench.followed.again == {}


def test_the_schedule_is_remembered(bench: Bench) -> None:
    bench.scene.config = ConfigState(path=".lockbot.json", schedule=("every weekend",), timezone="Europe/Paris")
    bench.do(RUN)
    (known,) = bench.registry.list_repositories()
    assert (known.schedule, known.timezone, known.enabled) == (("every weekend",), "Europe/Paris", True)


def test_what_is_gone_is_forgotten(bench: Bench) -> None:
    bench.do(RUN)
    bench.pass_time(100)
    bench.scene.forge.gone = True
    bench.do(RUN, received=AT + 100)
    assert bench.registry.list_repositories() == ()


def test_what_is_uninstalled_is_forgotten(bench: Bench) -> None:
    bench.do(RUN)
    bench.do(ForgetJob(installation=REF.installation, repositories=None))
    assert bench.registry.list_repositories() == ()


def test_a_comparison_starts_what_is_new_and_forgets_what_is_gone(bench: Bench) -> None:
    stale = replace(REF, id=99, name="stale")
    bench.registry.remember([stale], NOW)
    assert bench.do(SyncJob(), name="sync:1") == "1 repositories, 1 new"
    assert bench.followed.stored == {"sync:1": (RUN,)}
    assert [one.ref for one in bench.registry.list_repositories()] == [REF]
    assert bench.do(SyncJob(), name="sync:2") == "1 repositories, 0 new"
