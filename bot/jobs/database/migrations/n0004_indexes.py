"""Watching indexes: pages, who depends on them, who is to be woken."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Each, Migration

_PAGES = """
CREATE TABLE lockbot_pages (
    id {serial} NOT NULL,
    host TEXT NOT NULL,
    index_url TEXT NOT NULL,
    package TEXT NOT NULL,
    rights TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    releases TEXT NOT NULL,
    files TEXT NOT NULL,
    newest FLOAT,
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    failures INTEGER NOT NULL,
    churn INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    changed FLOAT,
    due FLOAT NOT NULL,
    PRIMARY KEY (id)
)
"""

#: SQLite keeps the pairs in the one tree of their key.
_DEPENDENTS = """
CREATE TABLE lockbot_dependents (
    page INTEGER NOT NULL,
    repository BIGINT NOT NULL,
    age INTEGER NOT NULL,
    urgent BOOLEAN NOT NULL,
    PRIMARY KEY (page, repository)
){ending}
"""

_OTHERS = """
CREATE UNIQUE INDEX lockbot_pages_name ON lockbot_pages (index_url, package, rights, anonymous);
CREATE INDEX lockbot_pages_due ON lockbot_pages (host, due);
CREATE INDEX lockbot_dependents_repository ON lockbot_dependents (repository);
CREATE TABLE lockbot_wakings (
    repository BIGINT NOT NULL,
    windows JSON NOT NULL,
    due FLOAT,
    urgent BOOLEAN NOT NULL,
    woken FLOAT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE lockbot_index_hosts (
    host TEXT NOT NULL,
    failures INTEGER NOT NULL,
    until FLOAT NOT NULL,
    PRIMARY KEY (host)
);
CREATE TABLE lockbot_feeds (
    index_url TEXT NOT NULL,
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    known JSON NOT NULL,
    failures INTEGER NOT NULL,
    due FLOAT NOT NULL,
    PRIMARY KEY (index_url)
)
"""

MIGRATION = Migration(
    number=4,
    name="indexes",
    statements=(
        Each(sqlite=_PAGES.format(serial="INTEGER"), postgresql=_PAGES.format(serial="SERIAL")),
        Each(sqlite=_DEPENDENTS.format(ending=" WITHOUT ROWID"), postgresql=_DEPENDENTS.format(ending="")),
        *_OTHERS.split(";"),
    ),
)
