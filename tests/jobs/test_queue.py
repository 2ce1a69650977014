"""The queue, the registry and the clock on a real SQLite database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer

from bot.events import ClosedJob, CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob
from bot.jobs.database import DatabaseUnavailable, Registry, open_engine
from bot.jobs.queue import Envelope, JobQueue, migrate, parse_envelope, partition_of, render_envelope
from bot.jobs.schedule import Scheduler
from bot.ports.forge import RepositoryRef
from bot.ports.run import ConfigState
from tests.work.scene import NOW, REF, FixedClock

LIB = replace(REF, id=43, name="lib")
OTHER = RepositoryRef(installation=8, id=50, owner="ada", name="x")
RUN = RunJob(repository=REF, scope=Scope.ALL)
COMMAND = CommandJob(repository=REF, number=5, comment=9, author="ada", command="rebase")


@dataclass
class Place:
    engine: sa.Engine
    queue: JobQueue
    registry: Registry
    clock: FixedClock


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    url = f"sqlite:///{tmp_path / 'folder' / 'jobs.sqlite'}"
    engine = open_engine(url)
    migrate(url)
    registry, clock = Registry(engine), FixedClock()
    registry.create_tables()
    queue = JobQueue(engine, clock)
    queue.declare()
    yield Place(engine, queue, registry, clock)
    queue.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("job", "partition"),
    [
        (RUN, "repository:42"),
        (COMMAND, "repository:42"),
        (ClosedJob(repository=REF, number=5), "repository:42"),
        (ForgetJob(installation=7, repositories=None), "installation:7"),
        (ForgetJob(installation=7, repositories=(1, 2)), "installation:7"),
        (SyncJob(), "sync"),
    ],
)
def test_an_envelope_survives_the_queue(job: Job, partition: str) -> None:
    envelope = Envelope(job=job, received=12.5, attempt=3)
    assert parse_envelope(render_envelope(envelope)) == envelope
    assert partition_of(job) == partition


def test_a_delivery_is_stored_once(place: Place) -> None:
    for _ in range(3):
        place.queue.store("guid-0001", (RUN, RunJob(repository=LIB, scope=Scope.ALL)))
    place.queue.store("guid-0002", (RUN,))
    assert place.queue.count_jobs() == {"waiting": 3, "running": 0, "failed": 0}


def test_a_job_put_off_waits(place: Place) -> None:
    envelope = Envelope(job=RUN, received=0.0, attempt=2)
    for _ in range(2):
        place.queue.store_again("guid-0001#2", envelope, delay=60.0)
    assert place.queue.count_jobs()["waiting"] == 1


def test_a_database_that_can_not_be_used_is_told(place: Place) -> None:
    with place.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE workflow_status"))
    with pytest.raises(DatabaseUnavailable, match="the job database: no such table"):
        place.queue.store("guid-0001", (RUN,))


def test_only_what_ended_long_ago_is_swept(place: Place) -> None:
    place.queue.store("guid-0001", (COMMAND,))
    place.queue.store("guid-0002", (COMMAND,))
    client = DBOSClient(system_database_engine=place.engine, serializer=DBOSPortableJSONSerializer())
    client.cancel_workflow("guid-0001")
    place.clock.moment = datetime.now(UTC)
    assert place.queue.sweep() == 0
    place.clock.moment += timedelta(days=8)
    assert place.queue.sweep() == 1
    assert place.queue.count_jobs()["waiting"] == 1


def test_a_repository_is_new_once(place: Place) -> None:
    assert place.registry.remember([REF, LIB], NOW) == (REF, LIB)
    assert place.registry.remember([replace(REF, name="renamed"), OTHER], NOW) == (OTHER,)
    assert [one.ref.name for one in place.registry.list_repositories()] == ["renamed", "lib", "x"]


@pytest.mark.parametrize(
    ("installation", "repositories", "left"),
    [(7, None, ["x"]), (7, [42], ["lib", "x"]), (8, [42], ["app", "lib", "x"]), (9, None, ["app", "lib", "x"])],
)
def test_what_is_forgotten(place: Place, installation: int, repositories: list[int] | None, left: list[str]) -> None:
    place.registry.remember([REF, LIB, OTHER], NOW)
    place.registry.forget(installation, repositories)
    assert [one.ref.name for one in place.registry.list_repositories()] == left


@pytest.mark.parametrize(("installation", "left"), [(None, ["app"]), (7, ["app", "x"]), (8, ["app", "lib"])])
def test_what_a_comparison_leaves(place: Place, installation: int | None, left: list[str]) -> None:
    place.registry.remember([REF, LIB, OTHER], NOW)
    place.registry.keep_only([REF], installation)
    assert [one.ref.name for one in place.registry.list_repositories()] == left


def test_a_turn_is_taken_by_one(place: Place) -> None:
    place.registry.remember([REF], NOW)
    (known,) = place.registry.list_repositories()
    taken = [place.registry.take_turn(REF.id, known.last_turn, known.last_turn + 60) for _ in range(3)]
    assert taken == [True, False, False]


def test_a_run_covers_what_was_asked_before(place: Place) -> None:
    place.registry.remember([REF], NOW)
    place.registry.record_cover(REF.id, Scope.OPEN, 5.0)
    assert [place.registry.get_cover(REF.id, scope) for scope in (Scope.ALL, Scope.OPEN)] == [0.0, 5.0]
    place.registry.record_cover(REF.id, Scope.ALL, 7.0)
    assert [place.registry.get_cover(REF.id, scope) for scope in (Scope.ALL, Scope.OPEN)] == [7.0, 7.0]
    assert place.registry.get_cover(99, Scope.ALL) == 0.0
    place.registry.record_cover(REF.id, Scope.TURN, 9.0)
    assert [place.registry.get_cover(REF.id, scope) for scope in Scope] == [0.0, 9.0, 9.0]


def test_a_silent_worker_is_taken_over_once(place: Place) -> None:
    place.registry.beat("host:0", 100.0)
    place.registry.beat("host:1", 100.0)
    place.registry.beat("host:1", 200.0)
    assert place.registry.take_silent(150.0) == ("host:0",)
    assert place.registry.take_silent(150.0) == ()


def test_each_turn_starts_one_run(place: Place) -> None:
    place.registry.remember([REF, LIB], NOW)
    place.registry.record_config(REF.id, ConfigState(schedule=("at any time",)))
    place.registry.record_config(LIB.id, ConfigState(schedule=("at any time",), enabled=False))
    machines = [Scheduler(place.queue, place.registry, place.clock) for _ in range(2)]
    counts = []
    for minutes in (1, 42, 43, 102, 103):
        place.clock.moment = NOW + timedelta(minutes=minutes)
        for machine in machines:
            machine.tick()
        counts.append(place.queue.count_jobs()["waiting"])
    assert counts == [0, 1, 1, 2, 2]


def test_the_comparison_is_stored_as_a_job(place: Place) -> None:
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    scheduler.compare()
    scheduler.compare()
    assert place.queue.count_jobs()["waiting"] == 1
