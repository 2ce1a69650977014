"""What the database remembers of set-up, and a look at it that makes nothing: no folder, no file, no table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from bot.disk import find_nearest
from bot.jobs.database.engine import DatabaseUnavailable, check_database, insert_or_ignore, translated
from bot.jobs.database.migrations.migrate import read_version
from bot.jobs.database.tables import REPOSITORIES, SETUP


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    app_id: int
    slug: str
    github_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLook:
    """``kind`` is what it is; ``repositories`` None: it holds nothing of lockbot's yet."""

    kind: str
    repositories: int | None = None
    set_up: tuple[SetUp, ...] = ()


def remember_set_up(engine: sa.Engine, one: SetUp, moment: float) -> None:
    """Again and again, if need be."""
    row = {"app": one.app_id, "slug": one.slug, "github_url": one.github_url, "moment": moment}
    with translated(), engine.begin() as connection:
        connection.execute(insert_or_ignore(connection, SETUP, row))


def look_at_database(url: str) -> DatabaseLook:
    """Raises ``DatabaseUnavailable`` where a server could not work with it."""
    check_database(url)
    parsed = sa.make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite" and not _is_there(parsed):
        return DatabaseLook(kind=f"sqlite, to be made at {parsed.database}")
    with _connected(parsed) as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if not any(name.startswith("lockbot_") for name in tables):
            return DatabaseLook(kind=kind)
        read_version(connection)
        known = connection.scalar(sa.select(sa.func.count()).select_from(REPOSITORIES)) or 0
        rows = connection.execute(sa.select(SETUP)).all() if SETUP.name in tables else ()
    found = tuple(SetUp(app_id=row.app, slug=row.slug, github_url=row.github_url) for row in rows)
    return DatabaseLook(kind=kind, repositories=known, set_up=found)


def _is_there(url: sa.URL) -> bool:
    """Whether SQLite's file is; raises where it could not be made either."""
    with translated():
        path = Path(url.database or "")
        if path.exists():
            return path.stat().st_size > 0
        nearest = find_nearest(path.absolute().parent)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise DatabaseUnavailable(f"the job database: {path} can't be made: {nearest} may not be written to")
    return False


@contextmanager
def _connected(url: sa.URL) -> Iterator[sa.Connection]:
    with translated():
        engine = sa.create_engine(_for_reading(url), poolclass=NullPool)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def _for_reading(url: sa.URL) -> sa.URL | str:
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg", query={**url.query, "connect_timeout": "10"})
    path = Path(url.database or "").absolute()
    # A database that is open has its log beside it. Without one nobody writes, and SQLite would make one to read.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    return f"sqlite:///file:{quote(str(path))}?{how}&uri=true"
