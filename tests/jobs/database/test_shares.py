"""Accounts take turns: by the order in which DBOS takes what waits."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
import sqlalchemy as sa

from bot.events.jobs import CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob
from bot.jobs.clock.schedule import Scheduler
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.database.shares import Shares
from bot.jobs.queue.envelope import Envelope, Lane, parse_envelope, priority_of, rank_of
from bot.jobs.workflows.parts import Progress
from bot.orders import Order
from bot.ports.forge import RepositoryRef
from tests.jobs.test_queue import Place, place

__all__ = ["place"]

BIG, SMALL = 7, range(100, 150)


def run(account: int, number: int = 1) -> RunJob:
    ref = RepositoryRef(installation=account, id=account * 10_000 + number, owner=f"owner-{account}", name=f"r{number}")
    return RunJob(repository=ref, scope=Scope.ALL)


def listed(place: Place) -> list[Envelope]:
    """What waits, the next first, as DBOS chooses."""
    text = f"SELECT i.inputs FROM {place.inputs} i JOIN {place.status} s ON s.workflow_uuid = i.workflow_uuid"
    text += " WHERE s.status = 'ENQUEUED' ORDER BY s.priority, s.created_at"
    with place.engine.connect() as connection:
        rows = connection.execute(sa.text(text)).scalars().all()
    return [parse_envelope(json.loads(row)["positionalArgs"][0]) for row in rows]


def accounts(place: Place) -> list[int]:
    return [one.job.repository.installation for one in listed(place) if isinstance(one.job, RunJob)]


def store_one_by_one(place: Place, jobs: Sequence[Job]) -> None:
    for number, job in enumerate(jobs):
        place.queue.store(f"d{number}-{job.kind}-{getattr(job, 'repository', '')}", (job,))


def test_an_account_with_many_jobs_keeps_no_other_one_waiting(place: Place) -> None:
    store_one_by_one(place, [run(BIG, number) for number in range(200)])
    store_one_by_one(place, [run(one, number) for number in (1, 2) for one in SMALL])
    order = accounts(place)
    assert set(order[:51]) == {BIG, *SMALL}
    assert Counter(order[:102]) == Counter(dict.fromkeys((BIG, *SMALL), 2))
    assert set(order[102:]) == {BIG}


def test_who_comes_late_has_the_round_that_is_on_and_none_that_are_over(place: Place) -> None:
    store_one_by_one(place, [run(BIG, number) for number in range(50)])
    rank, begun = rank_of(run(BIG)), listed(place)[29]
    progress = Progress()
    progress.note(begun)
    progress.tell(place.registry)
    store_one_by_one(place, [run(100, number) for number in range(3)])
    placed = {one.place for one in listed(place) if one.job.repository.installation == 100}  # type: ignore[union-attr]
    assert (begun.place, placed) == (29, {29, 30, 31})
    place.registry.record_served(Lane.FIRST, rank, 3)
    store_one_by_one(place, [run(101)])
    assert listed(place)[30].place == 29


def test_what_people_ask_for_comes_before_all_turns(place: Place) -> None:
    store_one_by_one(place, [run(BIG, number) for number in range(20)])
    ref = replace(run(BIG).repository, id=5)
    store_one_by_one(
        place, [CommandJob(repository=ref, number=1, comment=1, author="ada", orders=(Order(word="help"),))]
    )
    assert isinstance(listed(place)[0].job, CommandJob)


def test_one_delivery_of_many_takes_as_many_places(place: Place) -> None:
    jobs: tuple[Job, ...] = (
        *(run(BIG, number) for number in range(5)),
        run(100),
        SyncJob(),
        ForgetJob(installation=BIG, repositories=None),
    )
    place.queue.store("one", jobs)
    place.queue.store("two", (run(BIG, 9),))
    found = {
        one.place for one in listed(place) if isinstance(one.job, RunJob) and one.job.repository.installation == BIG
    }
    assert found == {0, 1, 2, 3, 4, 5}


def test_what_is_handed_on_takes_turns_in_its_lane(place: Place) -> None:
    for number in range(3):
        envelope = Envelope(job=run(BIG, number), received=1.0, lane=Lane.SOLVING, place=99)
        place.queue.store_again(f"a{number}", envelope, delay=0.0)
    place.queue.store_again("b", Envelope(job=run(100), received=1.0, lane=Lane.SOLVING), delay=0.0)
    assert [one.place for one in listed(place)] == [0, 0, 1, 2]


def test_an_empty_lane_begins_to_count_anew(place: Place) -> None:
    store_one_by_one(place, [run(BIG, number) for number in range(3)])
    place.registry.record_served(Lane.FIRST, rank_of(run(BIG)), 2)
    place.registry.drop_shares()
    store_one_by_one(place, [run(100)])
    assert [one.place for one in listed(place)] == [0, 1, 2, 2]
    with place.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {place.status} SET status = 'SUCCESS'"))
    Scheduler(place.queue, place.registry, place.clock).clean()
    store_one_by_one(place, [run(101)])
    assert [one.place for one in listed(place)] == [0]


def test_places_never_leave_their_rank() -> None:
    command = CommandJob(repository=run(1).repository, number=1, comment=1, author="ada")
    last = priority_of(Envelope(job=run(1), received=0.0, place=2**40))
    assert priority_of(Envelope(job=command, received=0.0, place=2**40)) < priority_of(
        Envelope(job=run(1), received=0.0)
    )
    assert 1 <= last < 2**31


@pytest.mark.parametrize("seed", range(8))
def test_of_those_that_wait_all_the_time_none_gets_ahead_by_more_than_a_turn(seed: int) -> None:
    """Random arrivals and ends against the table itself; what is begun is told of late."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    migrate_tables(engine)
    shares, chance, late = Shares(engine), Random(seed), deque[int]()
    waiting: list[tuple[int, int, int]] = []
    since: dict[int, Counter[int]] = {}
    for clock in range(1500):
        account = chance.choice([1, 1, 1, 1, 1, 1, 2, 3, 4])
        if chance.random() < 0.52:
            jobs = chance.choice([1, 1, 20]) if account == 1 else 1
            with engine.begin() as connection:
                first = shares.take_places(connection, "lane", 3, account, jobs)
            waiting += [(first + one, clock, account) for one in range(jobs)]
            since.setdefault(account, Counter())
        elif waiting:
            waiting.sort()
            place, _, account = waiting.pop(0)
            late.append(place)
            for one in since.values():
                one[account] += 1
            if not any(other == account for _, _, other in waiting):
                del since[account]
        if len(late) > 2:
            shares.record_served("lane", 3, late.popleft())
        for account, begun in since.items():
            for other in since.keys() - {account}:
                assert begun[other] <= begun[account] + 4, (clock, account, begun)
    engine.dispose()
