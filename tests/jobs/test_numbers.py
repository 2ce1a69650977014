"""Workers' numbers add up over all machines, never go back, and none counts twice; on SQLite and on Postgres."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from bot.events.jobs import CheckJob, IndexJob, Job, SyncJob
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.database.numbers import Numbers
from bot.jobs.database.workers import SILENT
from bot.jobs.measuring import measure
from bot.jobs.queue.envelope import TURNS, Envelope, Lane, rank_of
from bot.jobs.workers.tally import Tally, list_amounts
from bot.ports.counting import ForgeApi, IndexOutcome
from bot.ports.measures import (
    CACHE_BYTES,
    GITHUB_LIMIT,
    GITHUB_REMAINING,
    GITHUB_REQUESTS,
    INDEX_LOOKS,
    INDEX_REQUESTS,
    JOB_SECONDS,
    JOBS_ENDED,
    SOLVE_SECONDS,
    STAGE_SECONDS,
    WAIT_SECONDS,
    WORKER_MEMORY,
    Series,
)
from bot.ports.run import Sha
from bot.ports.usage import Allowance, Usage
from bot.work.ended import EndedJob, JobOutcome
from tests.jobs.test_queue import COMMAND, RUN, Place, place
from tests.work.scene import NOW, REF

__all__ = ["place"]

AT = NOW.timestamp()
DONE = Series(JOBS_ENDED.name, ("run", "done"))
ENDED = EndedJob(
    name="guid:42",
    delivery="guid",
    kind="run",
    lane="solving",
    outcome=JobOutcome.DONE,
    note="",
    repository=REF,
    installation=7,
    attempt=1,
    received=AT - 60,
    started=AT - 20,
    ended=AT,
    usage=Usage(
        forge={ForgeApi.REST: 12},
        index={IndexOutcome.REVALIDATED: 300, IndexOutcome.NETWORK: 4},
        stages={"clone": 1.5, "lock": 0.5, "plan": 2.5},
        allowances=(Allowance(installation=7, resource="core", limit=5000, remaining=4990),),
    ),
)


def test_what_index_watching_asks_is_counted_apart() -> None:
    """Hosts that anybody named may be down for years."""
    looked = replace(ENDED, kind="indexes", usage=Usage(index={IndexOutcome.FAILED: 9}))
    amounts = {series.name: amount for series, amount in list_amounts(looked) if "index" in series.name}
    assert amounts == {INDEX_LOOKS.name: 9.0}


def test_what_an_attempt_adds() -> None:
    assert dict(list_amounts(ENDED)) == {
        DONE: 1,
        Series(JOB_SECONDS.name, ("run",), "30"): 1,
        Series(JOB_SECONDS.name, ("run",), "sum"): 20,
        Series(WAIT_SECONDS.name, ("solving",), "60"): 1,
        Series(WAIT_SECONDS.name, ("solving",), "sum"): 40,
        Series(SOLVE_SECONDS.name, ("run",), "5"): 1,
        Series(SOLVE_SECONDS.name, ("run",), "sum"): 3,
        Series(STAGE_SECONDS.name, ("run", "clone")): 1.5,
        Series(STAGE_SECONDS.name, ("run", "lock")): 0.5,
        Series(STAGE_SECONDS.name, ("run", "plan")): 2.5,
        Series(GITHUB_REQUESTS.name, ("run", "rest")): 12,
        Series(INDEX_REQUESTS.name, ("revalidated",)): 300,
        Series(INDEX_REQUESTS.name, ("network",)): 4,
    }


def test_waiting_counts_once_and_solving_only_where_something_was_solved() -> None:
    again = replace(ENDED, name="guid:42#2", usage=Usage())
    assert {series.name for series, _ in list_amounts(again)} == {JOBS_ENDED.name, JOB_SECONDS.name}


def test_a_value_beyond_all_buckets_is_in_the_last() -> None:
    assert (SOLVE_SECONDS.find_bucket(0.0), SOLVE_SECONDS.find_bucket(1e9)) == ("0.1", "+Inf")


def test_workers_of_all_machines_add_up(place: Place) -> None:
    workers = [Tally(Numbers(place.engine), name) for name in ("one:0", "one:1", "two:0")]
    for number, worker in enumerate(workers, 1):
        for _ in range(number):
            worker.hear(ENDED)
        worker.tell(AT)
        worker.tell(AT)
    sums = place.registry.read_sums()
    assert (sums[DONE], sums[Series(JOB_SECONDS.name, ("run",), "sum")]) == (6, 120)


def test_a_worker_that_begins_anew_adds_to_what_was_told(place: Place) -> None:
    for _life in range(3):
        worker = Tally(place.registry, "one:0")
        worker.hear(ENDED)
        worker.tell(AT)
    assert place.registry.read_sums()[DONE] == 3


@dataclass
class Unsure:
    """A database whose answer to what was written is lost every other time, or that is not there at all."""

    numbers: Numbers
    lost: int = 0
    away: int = 0

    def add(self, teller: str, batch: str, amounts: Mapping[Series, float], now: float) -> None:
        if self.away:
            self.away -= 1
            raise DatabaseUnavailable("away")
        self.numbers.add(teller, batch, amounts, now)
        if self.lost:
            self.lost -= 1
            raise DatabaseUnavailable("the connection broke after the commit")

    def set(self, values: Mapping[Series, float], now: float) -> None:
        self.numbers.set(values, now)


@pytest.mark.parametrize(("lost", "away"), [(1, 0), (3, 0), (0, 2), (2, 2)])
def test_a_batch_counts_once_whatever_becomes_of_the_answer(place: Place, lost: int, away: int) -> None:
    sums = Unsure(place.registry, lost=lost, away=away)
    worker = Tally(sums, "one:0")
    for _ in range(lost + away):
        worker.hear(ENDED)
        with pytest.raises(DatabaseUnavailable):
            worker.tell(AT)
    worker.hear(ENDED)
    for _ in range(2):
        worker.tell(AT)
    assert place.registry.read_sums()[DONE] == lost + away + 1


def test_many_who_tell_at_once_lose_nothing(place: Place) -> None:
    def work(name: str) -> None:
        worker = Tally(place.registry, name)
        for _ in range(10):
            worker.hear(ENDED)
            worker.tell(AT)

    threads = [threading.Thread(target=work, args=(f"machine-{number}:0",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.registry.read_sums()[DONE] == 60


def test_gauges_are_those_of_who_lives_and_limits_those_of_the_last_hour(place: Place) -> None:
    memory, size = Series(WORKER_MEMORY.name, ("one:0",)), Series(CACHE_BYTES.name, ("one", "repositories"))
    worker = Tally(place.registry, "one:0", lambda: {memory: 150e6, size: 5e8})
    worker.hear(ENDED)
    worker.tell(AT - 2)
    worker.tell(AT)
    left, limit = Series(GITHUB_REMAINING.name, ("7", "core")), Series(GITHUB_LIMIT.name, ("7", "core"))
    assert measure(place.queue, place.registry, AT + 1).gauges == {memory: 150e6, size: 5e8, left: 4990, limit: 5000}
    assert measure(place.queue, place.registry, AT + SILENT).gauges == {left: 4990, limit: 5000}
    assert measure(place.queue, place.registry, AT + 3600).gauges == {}


def test_workers_that_live_are_counted(place: Place) -> None:
    place.registry.beat("one:0", AT)
    place.registry.beat("two:0", AT - SILENT - 1)
    assert measure(place.queue, place.registry, AT).workers == 1


def test_what_nobody_says_any_more_goes_and_sums_stay(place: Place) -> None:
    worker = Tally(place.registry, "one:0", lambda: {Series(WORKER_MEMORY.name, ("one:0",)): 1.0})
    worker.hear(ENDED)
    worker.tell(AT)
    place.registry.drop_numbers(AT)
    assert len(place.registry.read_gauges()) == 3
    place.registry.drop_numbers(AT + 1)
    assert (place.registry.read_gauges(), place.registry.read_sums()[DONE]) == ({}, 1)


def put_back(place: Place, name: str, *, created: float, until: float | None = None, status: str = "ENQUEUED") -> None:
    """A job as it would be if it had been stored then."""
    changed = sa.text(
        f"UPDATE {place.status} SET created_at = :created, delay_until_epoch_ms = :until, status = :status "
        "WHERE workflow_uuid = :name"
    )
    milliseconds = None if until is None else int(until * 1000)
    values = {"created": int(created * 1000), "until": milliseconds, "status": status, "name": name}
    with place.engine.begin() as connection:
        connection.execute(changed, values)


def test_how_long_the_oldest_job_waits_by_lane_and_turn(place: Place) -> None:
    for name in ("old", "new"):
        place.queue.store_again(name, Envelope(job=RUN, received=AT, lane=Lane.SOLVING), delay=0.0)
    for name in ("later", "running"):
        place.queue.store_again(name, Envelope(job=COMMAND, received=AT), delay=0.0)
    place.queue.store_again("delayed", Envelope(job=COMMAND, received=AT), delay=600.0)
    place.queue.store_again("watching", Envelope(job=IndexJob(), received=AT), delay=0.0)
    put_back(place, "watching", created=AT - 70)
    put_back(place, "old", created=AT - 500)
    put_back(place, "new", created=AT - 5)
    # It was put off, and may begin since thirty seconds ago.
    put_back(place, "later", created=AT - 9000, until=AT - 30)
    put_back(place, "running", created=AT - 9000, status="PENDING")
    oldest = place.queue.find_oldest(AT)
    waiting = {("solving", "runs"): 500, ("jobs", "people"): 30, ("jobs", "indexes"): 70}
    assert {key: round(age) for key, age in oldest.items() if age} == waiting


@pytest.mark.parametrize(
    "job",
    [RUN, COMMAND, SyncJob(), IndexJob(), CheckJob(repository=REF, head=Sha("1" * 40), is_stranger=True)],
    ids=lambda one: one.kind,
)
def test_where_no_such_job_waits_the_number_is_nought_and_not_missing(job: Job, place: Place) -> None:
    assert place.queue.find_oldest(AT)["jobs", TURNS[rank_of(job)]] == 0.0


def test_a_worker_has_work_until_its_job_is_recorded_as_done(place: Place) -> None:
    place.queue.store_again("run", Envelope(job=RUN, received=AT), delay=0.0)
    changed = sa.text(f"UPDATE {place.status} SET status = :status, executor_id = 'one' WHERE workflow_uuid = 'run'")
    for status, has_work in (("ENQUEUED", False), ("PENDING", True), ("SUCCESS", False)):
        with place.engine.begin() as connection:
            connection.execute(changed, {"status": status})
        assert place.registry.has_work("one") == has_work
        assert not place.registry.has_work("two")
