"""What pages read and who is signed in to them, on a real SQLite and a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from bot.jobs.database.sessions import SessionTable
from bot.jobs.opening import open_database
from bot.jobs.records.recording import Recorder
from bot.jobs.registry import Registry
from bot.ports.forge import RepositoryRef
from bot.ports.people import Access, May, Person, StoredSession
from bot.work.records.record import Budget
from tests.jobs.database.test_migrations import url
from tests.web.facts import BASE, hostile_facts, sample_facts, sample_run, sample_sight
from tests.web.site import MovedClock

__all__ = ["url"]

NOW = datetime(2026, 11, 30, tzinfo=UTC)
REFS = tuple(RepositoryRef(installation=7, id=40 + at, owner="Octo", name=f"App{at}") for at in range(3))


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    database = open_database(url)
    database.registry.remember(REFS, NOW)
    yield database.engine
    database.engine.dispose()


def session(name: str, *, person: int = 5, ends: float = 100.0) -> StoredSession:
    access = Access(person=Person(id=person, login="dana"), repositories={40: May.WRITE, 41: May.READ})
    return StoredSession(digest=name, sealed=f"sealed {name}", access=access, ends=ends, used=1.0, checked=1.0)


def test_a_session_comes_back_as_it_was(engine: sa.Engine) -> None:
    table = SessionTable(engine)
    table.add(session("a"), most=10)
    assert table.find("a") == session("a")
    table.touch("a", 9.0)
    assert table.find("a") == replace(session("a"), used=9.0)
    table.drop("a")
    assert table.find("a") is None


def test_of_those_who_change_a_session_at_once_one_does(engine: sa.Engine) -> None:
    table, done, barrier = SessionTable(engine), list[bool](), Barrier(4)
    table.add(session("a"), most=10)

    def change(at: int) -> None:
        barrier.wait()
        done.append(table.change(replace(session("a"), sealed=f"by {at}")))

    threads = [Thread(target=change, args=(at,)) for at in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = table.find("a")
    assert (sorted(done), found and found.version) == ([False, False, False, True], 1)
    table.drop("a")
    assert not table.change(session("a")), "what was ended does not come back"


def test_of_a_person_the_newest_sessions_stay_and_none_that_is_over(engine: sa.Engine) -> None:
    table = SessionTable(engine)
    gone = [table.add(session(f"d{at}", ends=100.0 + at), most=3) for at in range(5)]
    assert gone == [(), (), (), ("sealed d0",), ("sealed d1",)], "what they left is handed over"
    table.add(session("other", person=7, ends=40.0), most=3)
    assert table.add(replace(session("late", person=6), used=50.0), most=3) == ("sealed other",)
    assert [name for name in ("d0", "d1", "d2", "d3", "d4", "other", "late") if table.find(name)] == [
        *("d2", "d3", "d4", "late")
    ]


def test_records_are_read_as_they_were_written(engine: sa.Engine) -> None:
    registry = Registry(engine)
    registry.record_sight(40, sample_sight(5.0))
    registry.record_sight(40, sample_sight(6.0))
    for at in range(25):
        registry.record_run(sample_run(40, 100.0 + at, job=f"job-{at}"))
    sight = registry.find_sight(40)
    assert sight is not None
    assert (sight.moment, sight.facts) == (6.0, sample_facts())
    assert [one.job for one in registry.list_runs(40)] == [f"job-{at}" for at in range(24, 4, -1)]
    assert registry.find_run(40, "job-24") == sample_run(40, 124.0, job="job-24")
    assert registry.find_run(41, "job-24") is None
    rows, whole = registry.list_summaries([40, 41, 99], "OCTO/app", skip=0, most=10)
    assert ([one.ref.id for one in rows], whole) == ([40, 41], 2)
    assert rows[0].last is not None
    assert (rows[0].last.job, rows[0].counts and rows[0].counts.open, rows[1].counts) == ("job-24", 2, None)
    assert [one.ref.id for one in registry.list_summaries(None, "", skip=1, most=1)[0]] == [41]
    found = registry.find_repository("octo", "APP0")
    assert found is not None
    assert found.ref == REFS[0]
    assert not registry.is_busy(40)


def test_no_text_of_a_stranger_stops_what_is_kept_or_the_job(engine: sa.Engine, quiet_log: None) -> None:
    registry = Registry(engine)
    recorder = Recorder(records=registry, clock=MovedClock())
    registry.record_run(sample_run(40, 100.0, note="a\0b \U0001f512"))
    assert registry.list_runs(40)[0].note == "ab \U0001f512"
    recorder.see(40, BASE, hostile_facts("a\0b"))
    assert registry.find_sight(40) is not None
    # A path that is no text.
    recorder.see(41, BASE, hostile_facts("\udce9"))
    assert registry.find_sight(41) is None


def test_of_budgets_the_last_word_counts(engine: sa.Engine) -> None:
    registry = Registry(engine)
    for moment, remaining in ((10.0, 4000), (30.0, 3000), (20.0, 3500)):
        one = Budget(installation=7, account="", resource="core", allowed=5000, remaining=remaining, moment=moment)
        registry.record_budgets([one])
    (found,) = registry.list_budgets()
    assert (found.account, found.remaining) == ("Octo", 3000)
