"""Databases of older versions, brought to today's form; on a real SQLite and a real Postgres.

``version_0`` holds the tables as the last lockbot without migrations made them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.events.jobs import RunJob, Scope
from bot.jobs.database.engine import DatabaseUnavailable, open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.database.migrations.migration import Each, Migration
from bot.jobs.database.migrations.order import MIGRATIONS
from bot.jobs.database.tables import METADATA
from bot.jobs.opening import open_database
from bot.jobs.registry import Registry
from bot.work.lost import Seen
from tests.postgres import Postgres
from tests.work.scene import REF

OLD = Path(__file__).parent / "version_0"
#: What stood in each table when that version was stopped.
ROWS: Mapping[str, Mapping[str, Any]] = {
    "bases": {"repository": 42, "patterns": '["main", "2.x"]', "prefix": "lockbot/"},
    "given_up": {"job": "guid-1:42", "moment": 5.0, "repository": 42, "scope": "all", "begun_again": False},
    "ledger": {"repository": "octo/app", "head": "a" * 40, "begun": 2, "moment": 7.5, "reason": "", "set_aside": True},
    "memory": {"repository": 42, "seen": "b" * 40, "seen_whole": "c" * 40, "asked_all": "x", "asked_open": "y"},
    "merging": {"repository": 42, "number": 3, "wish": "{}"},
    "orders": {"line": "42:9:abc", "job": "command:42:9", "moment": 9.0},
    "repositories": {
        "id": 42,
        "installation": 7,
        "owner": "octo",
        "name": "app",
        "enabled": True,
        "schedule": '["weekly"]',
        "timezone": "UTC",
        "last_turn": 3.5,
        "covered_all": 1.0,
        "covered_open": 2.0,
    },
    "ripening": {"repository": 42, "moment": 11.0},
    "turns": {"key": "repository:42", "holder": "guid-1:42/solve"},
    "waiting_room": {"repository": 42, "branches": '["lockbot/a"]', "moment": None},
    "watched": {"repository": 42, "base": "b" * 40, "packages": "[]", "covered": 4.0, "asked": ""},
    "workers": {"executor": "abc:0", "seen": 12.0},
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    server.empty()
    return server.url


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def make_old(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for statement in (OLD / f"{engine.dialect.name}.sql").read_text().split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        for table, row in ROWS.items():
            names = ", ".join(f":{name}" for name in row)
            connection.execute(sa.text(f"INSERT INTO lockbot_{table} ({', '.join(row)}) VALUES ({names})"), dict(row))


def read_rows(engine: sa.Engine) -> Mapping[str, Mapping[str, Any]]:
    """The columns that there were then."""
    with engine.connect() as connection:
        found = {
            table: connection.execute(sa.text(f"SELECT {', '.join(row)} FROM lockbot_{table}")).mappings().one()
            for table, row in ROWS.items()
        }
    return {table: dict(row) for table, row in found.items()}


def describe(engine: sa.Engine) -> Mapping[str, object]:
    """All that can be seen of lockbot's tables."""
    inspector = sa.inspect(engine)
    names = [name for name in inspector.get_table_names() if name.startswith("lockbot_")]
    return {
        name: (
            sorted((one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(name)),
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted((str(one["name"]), one["column_names"], one["unique"]) for one in inspector.get_indexes(name)),
        )
        for name in names
    }


def read_migrated(engine: sa.Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT number, name FROM lockbot_migrations ORDER BY number"))
        return [(row.number, row.name) for row in rows]


def test_the_fixture_has_rows_in_all_tables_of_then(engine: sa.Engine) -> None:
    make_old(engine)
    assert set(describe(engine)) == {f"lockbot_{table}" for table in ROWS}


def test_numbers_count_from_one() -> None:
    assert [one.number for one in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_migrations_give_the_tables_that_are_declared(engine: sa.Engine) -> None:
    migrate_tables(engine)
    migrated = describe(engine)
    with engine.begin() as connection:
        for name in migrated:
            connection.execute(sa.text(f"DROP TABLE {name}"))
    METADATA.create_all(engine)
    assert migrated == describe(engine)


def test_a_database_of_before_keeps_its_rows_and_becomes_as_a_new_one(engine: sa.Engine) -> None:
    make_old(engine)
    before = read_rows(engine)
    migrate_tables(engine)
    assert read_rows(engine) == before
    assert read_migrated(engine) == [(one.number, one.name) for one in MIGRATIONS]
    migrated = describe(engine)
    with engine.begin() as connection:
        for name in migrated:
            connection.execute(sa.text(f"DROP TABLE {name}"))
    migrate_tables(engine)
    assert describe(engine) == migrated


def test_it_is_worked_with_as_before(engine: sa.Engine, url: str) -> None:
    make_old(engine)
    database = open_database(url)
    (known,) = database.registry.list_repositories()
    assert (known.ref, known.schedule, known.last_turn) == (REF, ("weekly",), 3.5)
    assert database.registry.list_seen([42]) == {42: Seen(head="b" * 40, whole="c" * 40)}  # type: ignore[arg-type]
    assert database.registry.list_given_up(7) == (RunJob(repository=REF, scope=Scope.ALL),)
    assert [one.repository for one in database.ledger.list_dead_letters()] == ["octo/app"]
    database.engine.dispose()


@pytest.mark.parametrize("number", range(1, len(MIGRATIONS) + 1))
def test_each_version_is_brought_to_the_newest(engine: sa.Engine, number: int) -> None:
    make_old(engine)
    before = read_rows(engine)
    migrate_tables(engine, MIGRATIONS[:number])
    migrate_tables(engine)
    assert read_rows(engine) == before
    assert len(read_migrated(engine)) == len(MIGRATIONS)


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    migrate_tables(engine)
    Registry(engine).beat("abc:0", 1.0)
    migrate_tables(engine)
    assert Registry(engine).take_silent(2.0) == ("abc:0",)


NEXT = Migration(
    number=len(MIGRATIONS) + 1,
    name="trial",
    statements=(
        Each(sqlite="CREATE TABLE lockbot_trial (a BLOB)", postgresql="CREATE TABLE lockbot_trial (a BYTEA)"),
        "ALTER TABLE lockbot_workers ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    ),
)


def test_a_newer_database_is_refused_in_one_sentence(engine: sa.Engine, url: str) -> None:
    migrate_tables(engine, (*MIGRATIONS, NEXT))
    with pytest.raises(DatabaseUnavailable, match=rf"of a newer lockbot \(migration {NEXT.number}, .* knows") as caught:
        open_database(url)
    assert "\n" not in str(caught.value)


def test_one_that_fails_half_way_leaves_nothing_behind(engine: sa.Engine) -> None:
    make_old(engine)
    before = describe(engine)
    broken = Migration(
        number=NEXT.number, name="broken", statements=(*NEXT.statements, "ALTER TABLE nowhere ADD COLUMN a")
    )
    with pytest.raises(DatabaseUnavailable):
        migrate_tables(engine, (*MIGRATIONS, broken))
    assert describe(engine) == before


def test_a_running_process_of_the_version_before_works_on(engine: sa.Engine) -> None:
    registry = Registry(engine)
    migrate_tables(engine)
    registry.beat("abc:0", 1.0)
    migrate_tables(engine, (*MIGRATIONS, NEXT))
    registry.beat("abc:1", 1.0)
    assert registry.take_silent(2.0) == ("abc:0", "abc:1")


def _open(url: str, ready: Any) -> None:
    ready.wait()
    open_database(url).engine.dispose()


def test_any_number_of_processes_may_begin_at_once(engine: sa.Engine, url: str) -> None:
    make_old(engine)
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(4)
    processes = [context.Process(target=_open, args=(url, ready)) for _ in range(4)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    assert [one.exitcode for one in processes] == [0] * 4
    assert len(read_migrated(engine)) == len(MIGRATIONS)
