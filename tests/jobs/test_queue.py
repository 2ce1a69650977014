"""The queue, the registry and the clock on a real SQLite database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer

from bot.events.jobs import ClosedJob, CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob
from bot.jobs.clock.schedule import Scheduler
from bot.jobs.database.covers import Cover
from bot.jobs.database.engine import DatabaseUnavailable, open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.queue.envelope import Envelope, Lane, parse_envelope, render_envelope, workplace_of
from bot.jobs.queue.names import name_job
from bot.jobs.queue.queue import JobQueue, migrate
from bot.jobs.registry import Registry
from bot.orders import Order
from bot.ports.forge import RepositoryRef
from bot.ports.run import ConfigState
from tests.postgres import Postgres
from tests.work.scene import NOW, REF, FixedClock

LIB = replace(REF, id=43, name="lib")
OTHER = RepositoryRef(installation=8, id=50, owner="ada", name="x")
RUN = RunJob(repository=REF, scope=Scope.ALL)
FORGET = ForgetJob(installation=7, repositories=None)
COMMAND = CommandJob(repository=REF, number=5, comment=9, author="ada", orders=(Order(word="rebase"),))


@dataclass
class Place:
    engine: sa.Engine
    queue: JobQueue
    registry: Registry
    clock: FixedClock

    @property
    def on_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @property
    def status(self) -> str:
        return "dbos.workflow_status" if self.on_postgres else "workflow_status"

    @property
    def inputs(self) -> str:
        return self.status.replace("status", "input")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    url = f"sqlite:///{tmp_path / 'folder' / 'jobs.sqlite'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.empty()
        url = server.url
    engine = open_engine(url)
    migrate(url)
    registry, clock = Registry(engine), FixedClock()
    migrate_tables(engine)
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
    assert workplace_of(job) == partition


def test_a_delivery_is_stored_once(place: Place) -> None:
    for _ in range(3):
        place.queue.store("guid-0001", (RUN, RunJob(repository=LIB, scope=Scope.ALL)))
    place.queue.store("guid-0002", (RUN,))
    assert place.queue.count_jobs() == {"waiting": 3, "running": 0, "failed": 0, "set aside": 0, "given up": 0}


def test_what_is_settled_is_on_the_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.queue.store("guid-0001", (RUN,))
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda opened: flushed.append(os.fstat(opened).st_ino))
    place.queue.settle()
    if place.on_postgres:
        # A commit has waited for it.
        with place.engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
        return
    log = Path(f"{place.engine.url.database}-wal")
    assert flushed == [log.stat().st_ino, log.parent.stat().st_ino]


def test_of_many_repositories_at_once_most_come_one_after_the_other(place: Place) -> None:
    place.queue.store("many", tuple(replace(RUN, repository=replace(REF, id=number)) for number in range(100, 150)))
    with place.engine.connect() as connection:
        states = connection.execute(sa.text(f"SELECT status, count(*) FROM {place.status} GROUP BY status")).all()
    assert {row[0]: row[1] for row in states} == {"ENQUEUED": 20, "DELAYED": 30}


def test_a_job_put_off_waits(place: Place) -> None:
    envelope = Envelope(job=RUN, received=0.0, attempt=2)
    for _ in range(2):
        place.queue.store_again("guid-0001#2", envelope, delay=60.0)
    assert place.queue.count_jobs()["waiting"] == 1


def test_a_database_that_can_not_be_used_is_told(place: Place) -> None:
    with place.engine.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE {place.status}" + (" CASCADE" if place.on_postgres else "")))
    with pytest.raises(DatabaseUnavailable, match=r"the job database: (no such table|relation .* does not exist)"):
        place.queue.store("guid-0001", (RUN,))


def test_only_what_ended_long_ago_is_swept(place: Place) -> None:
    place.queue.store("guid-0001", (FORGET,))
    place.queue.store("guid-0002", (FORGET,))
    client = DBOSClient(system_database_engine=place.engine, serializer=DBOSPortableJSONSerializer())
    client.cancel_workflow("guid-0001")
    place.clock.moment = datetime.now(UTC)
    assert place.queue.sweep() == 0
    place.clock.moment += timedelta(days=8)
    assert place.queue.sweep() == 1
    assert place.queue.count_jobs()["waiting"] == 1


def end(place: Place, names: Sequence[str], *, ago: timedelta) -> None:
    moment = 1000 * (NOW - ago).timestamp()
    text = f"UPDATE {place.status} SET status = 'SUCCESS', completed_at = :moment WHERE workflow_uuid = :name"
    with place.engine.begin() as connection:
        connection.execute(sa.text(text), [{"name": name, "moment": moment} for name in names])


def names_left(place: Place) -> list[str]:
    with place.engine.connect() as connection:
        return sorted(connection.scalars(sa.text(f"SELECT workflow_uuid FROM {place.status}")))


def test_everything_that_is_old_is_swept_however_much_it_is(place: Place) -> None:
    names = [f"guid-{number:04}" for number in range(1101)]
    for name in names:
        place.queue.store(name, (FORGET,))
    end(place, names[:-1], ago=timedelta(days=8))
    assert place.queue.sweep() == 1100
    assert names_left(place) == names[-1:]
    with place.engine.connect() as connection:
        assert connection.scalar(sa.text(f"SELECT count(*) FROM {place.inputs}")) == 1


def test_what_was_solved_is_kept_for_an_hour_and_what_deliveries_are_known_by_for_a_week(place: Place) -> None:
    for lane in Lane:
        for hours in (0, 2, 24 * 8):
            place.queue.store_again(f"{lane}-{hours}", Envelope(job=RUN, received=0.0, lane=lane), delay=0.0)
            end(place, [f"{lane}-{hours}"], ago=timedelta(hours=hours))
    place.queue.store_again("waits", Envelope(job=RUN, received=0.0, lane=Lane.SOLVING), delay=0.0)
    place.queue.sweep()
    assert names_left(place) == ["checks-0", "jobs-0", "jobs-2", "solving-0", "waits"]


def test_jobs_are_counted_by_state(place: Place) -> None:
    states = ("ENQUEUED", "DELAYED", "PENDING", "SUCCESS", "CANCELLED", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    for number, state in enumerate(states):
        for one in range(number + 1):
            place.queue.store_again(f"{state}-{one}", Envelope(job=FORGET, received=0.0), delay=0.0)
        with place.engine.begin() as connection:
            text = f"UPDATE {place.status} SET status = :state WHERE workflow_uuid LIKE :names"
            connection.execute(sa.text(text), {"state": state, "names": f"{state}-%"})
    counts = place.queue.count_jobs()
    assert [counts[one] for one in ("waiting", "running", "failed", "set aside")] == [1 + 2, 3, 6, 7]


def test_more_repositories_than_one_statement_takes_values(place: Place) -> None:
    refs = [replace(REF, id=number) for number in range(1, 70_001)]
    place.registry.remember(refs[:2], NOW)
    numbers = [one.id for one in refs]
    assert len(place.registry.find_repositories(numbers)) == 2
    assert not place.registry.list_seen(numbers)
    assert not place.registry.list_watched(numbers)
    assert place.registry.find_merging(numbers) == frozenset()
    place.registry.record_begun_again(numbers)
    place.registry.keep_only(refs[1:], None)
    assert [one.ref.id for one in place.registry.list_repositories()] == [2]
    place.registry.forget(REF.installation, numbers)
    assert place.registry.list_repositories() == ()


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
    assert [place.registry.find_cover(REF.id, scope).until for scope in (Scope.ALL, Scope.OPEN)] == [0.0, 5.0]
    place.registry.record_cover(REF.id, Scope.ALL, 7.0)
    assert [place.registry.find_cover(REF.id, scope).until for scope in (Scope.ALL, Scope.OPEN)] == [7.0, 7.0]
    assert place.registry.find_cover(99, Scope.ALL) == Cover()
    place.registry.record_cover(REF.id, Scope.SECURITY, 8.0)
    assert [place.registry.find_cover(REF.id, scope).until for scope in Scope] == [0.0, 7.0, 8.0, 8.0]
    place.registry.record_cover(REF.id, Scope.OPEN, 9.0)
    assert [place.registry.find_cover(REF.id, scope).until for scope in Scope] == [0.0, 7.0, 8.0, 9.0]
    place.registry.record_cover(REF.id, Scope.TURN, 10.0)
    assert [place.registry.find_cover(REF.id, scope).until for scope in Scope] == [0.0, 10.0, 10.0, 10.0]


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


def test_indexes_are_looked_at_once_a_minute_whoever_ticks_and_not_at_all_where_that_is_turned_off(
    place: Place,
) -> None:
    machines = [Scheduler(place.queue, place.registry, place.clock, watches=True) for _ in range(2)]
    counts = []
    for second in (0, 20, 60):
        place.clock.moment = NOW + timedelta(seconds=second)
        for machine in (*machines, Scheduler(place.queue, place.registry, place.clock)):
            machine.look_at_indexes()
        counts.append(place.queue.count_jobs()["waiting"])
    assert counts == [1, 1, 2]


def test_turns_are_computed_when_they_come_and_once_an_hour(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr("bot.jobs.clock.schedule.find_due", lambda known, now: looked.append(known.ref.id))
    refs = [replace(REF, id=number) for number in range(60)]
    place.registry.remember(refs, NOW)
    for ref in refs:
        place.registry.record_config(ref.id, ConfigState(schedule=("* 3 1 1 *",)))
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    counts = []
    for minutes in range(62):
        place.clock.moment = NOW + timedelta(minutes=minutes)
        looked.clear()
        scheduler.tick()
        counts.append(len(looked))
    assert (counts[0], counts[1:30], max(counts[30:]), sum(counts[30:])) == (60, [0] * 29, 2, 60 + 1)


def test_a_changed_schedule_is_looked_at_at_once(place: Place) -> None:
    place.registry.remember([REF], NOW)
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    place.registry.record_config(REF.id, ConfigState(schedule=("* 3 1 1 *",)))
    scheduler.tick()
    place.registry.record_config(REF.id, ConfigState(schedule=("at any time",)))
    place.clock.moment = NOW + timedelta(minutes=59)
    scheduler.tick()
    assert place.queue.count_jobs()["waiting"] == 1


def test_an_update_that_has_come_of_age_starts_one_run(place: Place) -> None:
    place.registry.remember([REF, LIB], NOW)
    for ref, enabled in ((REF, True), (LIB, False)):
        place.registry.record_config(ref.id, ConfigState(schedule=("* 3 29 2 *",), enabled=enabled))
    machines = [Scheduler(place.queue, place.registry, place.clock) for _ in range(2)]

    def count_at(hours: int) -> int:
        place.clock.moment = NOW + timedelta(hours=hours)
        for machine in machines:
            machine.tick()
        return place.queue.count_jobs()["waiting"]

    for ref in (REF, LIB):
        place.registry.record_ripening(ref.id, (NOW + timedelta(hours=5)).timestamp())
    assert [count_at(hours) for hours in (4, 5, 6)] == [0, 1, 1]
    place.registry.record_ripening(REF.id, (NOW + timedelta(hours=7)).timestamp())
    place.registry.record_ripening(REF.id, None)
    assert count_at(8) == 1


def test_each_hour_is_swept_once_by_whichever_machine(place: Place) -> None:
    machines = [Scheduler(place.queue, place.registry, place.clock) for _ in range(2)]
    counts = []
    for minutes in (17, 18, 77):
        place.clock.moment = NOW + timedelta(minutes=minutes)
        for machine in machines:
            machine.look_for_lost()
        counts.append(place.queue.count_jobs()["waiting"])
    assert counts == [2, 2, 4]


def test_a_command_is_stored_once_whoever_tells_of_it(place: Place) -> None:
    for delivery in ("guid-0001", "guid-0002", "sweep:9"):
        place.queue.store(delivery, (COMMAND,))
    assert place.queue.count_jobs()["waiting"] == 1


def test_a_job_that_an_older_version_stored_is_read(place: Place) -> None:
    del place
    text = (
        '{"job":{"kind":"command","repository":{"installation":7,"id":42,"owner":"octo","name":"app"},"number":5,'
        '"comment":9,"author":"ada","command":"rebase"},"received":1.0,"attempt":1,"waits":0,"lane":"jobs"}'
    )
    job = parse_envelope(text).job
    assert isinstance(job, CommandJob)
    assert job.given == (Order(word="rebase"),)


def test_an_order_is_claimed_by_one_job(place: Place) -> None:
    claim, now = place.registry.claim_orders, NOW.timestamp()
    assert claim(["a", "b"], "one", now) == {"a", "b"}
    assert claim(["b", "c"], "two", now) == {"c"}
    assert claim(["a", "b"], "one", now) == {"a", "b"}
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    place.clock.moment = NOW + timedelta(days=27)
    scheduler.clean()
    assert claim(["a"], "two", now) == frozenset()
    place.clock.moment = NOW + timedelta(days=29)
    scheduler.clean()
    assert claim(["a"], "two", now) == {"a"}


def test_what_people_asked_for_comes_first(place: Place) -> None:
    jobs: tuple[Job, ...] = (RUN, FORGET, COMMAND)
    for number, job in enumerate(jobs):
        place.queue.store(f"guid-{number}", (job,))
    with place.engine.connect() as connection:
        rows = connection.execute(
            sa.text(f"SELECT workflow_uuid FROM {place.status} ORDER BY priority, created_at")
        ).fetchall()
    assert [row.workflow_uuid for row in rows] == [name_job(f"guid-{one}", jobs[one]) for one in (2, 1, 0)]


def test_what_was_given_up_is_counted_for_a_week(place: Place) -> None:
    place.registry.record_given_up("guid-0001", RUN, NOW.timestamp())
    place.registry.record_given_up("guid-0001", RUN, NOW.timestamp())
    place.registry.record_given_up("guid-0002", None, NOW.timestamp())
    assert place.queue.count_jobs()["given up"] == 2
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    place.clock.moment = NOW + timedelta(days=6)
    scheduler.clean()
    assert place.queue.count_jobs()["given up"] == 2
    place.clock.moment = NOW + timedelta(days=8)
    scheduler.clean()
    assert place.queue.count_jobs()["given up"] == 0


def test_the_comparison_is_stored_as_a_job(place: Place) -> None:
    scheduler = Scheduler(place.queue, place.registry, place.clock)
    scheduler.compare()
    scheduler.compare()
    assert place.queue.count_jobs()["waiting"] == 1


def test_a_place_is_had_by_one_workflow_that_runs(place: Place) -> None:
    take, give_back = place.registry.take_turn_of, place.registry.give_back_turn_of

    def status(name: str, status: str) -> None:
        with place.engine.begin() as connection:
            text = f"UPDATE {place.status} SET status = :status WHERE workflow_uuid = :name"
            connection.execute(sa.text(text), {"name": name, "status": status})

    for name in ("one", "two"):
        place.queue.store(name, (FORGET,))
        status(name, "PENDING")
    assert [take("place", name) for name in ("one", "two", "one")] == [True, False, True]
    give_back("place", "two")
    assert not take("place", "two")
    status("one", "ENQUEUED")
    assert [take("place", name) for name in ("two", "one")] == [True, False]
    give_back("place", "two")
    assert take("place", "one")


def test_what_waits_covers(place: Place) -> None:
    place.registry.remember([REF], NOW)
    place.queue.store_again("solve", Envelope(job=RUN, received=0.0, lane=Lane.SOLVING), delay=0.0)
    assert not place.registry.find_cover(REF.id, Scope.ALL).waiting
    place.registry.record_asked(REF.id, Scope.OPEN, "solve")
    assert [place.registry.find_cover(REF.id, scope).waiting for scope in (Scope.OPEN, Scope.ALL)] == [True, False]
    place.registry.record_asked(REF.id, Scope.ALL, "solve")
    assert place.registry.find_cover(REF.id, Scope.ALL).waiting


def test_runs_given_up_are_listed_until_they_are_begun_again(place: Place) -> None:
    place.registry.remember([REF, OTHER], NOW)
    for number, scope in enumerate((Scope.OPEN, Scope.ALL, Scope.OPEN)):
        place.registry.record_given_up(f"guid-{number}", RunJob(repository=REF, scope=scope), 1.0)
    assert place.registry.list_given_up(REF.installation) == (RUN,)
    assert place.registry.list_given_up(OTHER.installation) == ()
    place.registry.record_given_up("guid-3", RunJob(repository=REF, scope=Scope.TURN), 1.0)
    assert [one.scope for one in place.registry.list_given_up(REF.installation)] == [Scope.TURN]
    place.registry.record_begun_again([REF.id])
    assert place.registry.list_given_up(REF.installation) == ()
