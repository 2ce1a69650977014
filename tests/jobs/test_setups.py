"""What the job database remembers of set-up, and a look that makes nothing; on a real SQLite and a real Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.jobs.database.engine import DatabaseUnavailable, open_engine
from bot.jobs.database.tables import MIGRATED
from bot.jobs.opening import open_database
from bot.jobs.setups import DatabaseLook, SetUp, look_at_database, remember_set_up
from tests.jobs.database.test_migrations import url

__all__ = ["url"]

ONE = SetUp(app_id=77, slug="lockbot-octo", github_url="https://github.com")


def test_a_database_that_nobody_opened_is_empty_and_stays_so(url: str, tmp_path: Path) -> None:
    assert look_at_database(url).repositories is None
    assert look_at_database(url).set_up == ()
    assert list(tmp_path.rglob("*.sqlite*")) == []


def test_what_was_set_up_is_remembered_once(url: str) -> None:
    database = open_database(url)
    assert look_at_database(url).repositories == 0
    for _ in range(2):
        remember_set_up(database.engine, ONE, 5.0)
    # Also while the database is open, its log beside it.
    found = look_at_database(url)
    assert (found.repositories, found.set_up) == (0, (ONE,))
    database.engine.dispose()
    assert look_at_database(url) == found


def test_a_database_of_before_is_not_empty(tmp_path: Path) -> None:
    """Of a lockbot that knew neither migrations nor set-up."""
    engine = open_engine(f"sqlite:///{tmp_path}/old.sqlite")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE lockbot_repositories (id BIGINT)"))
        connection.execute(sa.text("INSERT INTO lockbot_repositories VALUES (1)"))
    engine.dispose()
    assert look_at_database(f"sqlite:///{tmp_path}/old.sqlite") == DatabaseLook(kind="sqlite", repositories=1)


def test_a_database_of_a_newer_lockbot_is_refused(url: str) -> None:
    database = open_database(url)
    with database.engine.begin() as connection:
        connection.execute(sa.insert(MIGRATED).values(number=999, name="later"))
    database.engine.dispose()
    with pytest.raises(DatabaseUnavailable, match="of a newer lockbot"):
        look_at_database(url)


def test_what_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("this is no database at all, but a text " * 40)
    with pytest.raises(DatabaseUnavailable, match="the job database: file is not a database"):
        look_at_database(f"sqlite:///{tmp_path}/x.sqlite")
