"""The tables of before there were migrations, where they are not there yet, and the table of migrations."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

_TABLES = """
CREATE TABLE IF NOT EXISTS lockbot_bases (
    repository BIGINT NOT NULL,
    patterns JSON NOT NULL,
    prefix TEXT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE IF NOT EXISTS lockbot_given_up (
    job TEXT NOT NULL,
    moment FLOAT NOT NULL,
    repository BIGINT,
    scope TEXT NOT NULL,
    begun_again BOOLEAN NOT NULL,
    PRIMARY KEY (job)
);
CREATE TABLE IF NOT EXISTS lockbot_ledger (
    repository TEXT NOT NULL,
    head TEXT NOT NULL,
    begun INTEGER NOT NULL,
    moment FLOAT NOT NULL,
    reason TEXT NOT NULL,
    set_aside BOOLEAN NOT NULL,
    PRIMARY KEY (repository, head)
);
CREATE TABLE IF NOT EXISTS lockbot_memory (
    repository BIGINT NOT NULL,
    seen TEXT NOT NULL,
    seen_whole TEXT NOT NULL,
    asked_all TEXT NOT NULL,
    asked_open TEXT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE IF NOT EXISTS lockbot_merging (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    wish TEXT NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE TABLE IF NOT EXISTS lockbot_orders (
    line TEXT NOT NULL,
    job TEXT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (line)
);
CREATE TABLE IF NOT EXISTS lockbot_repositories (
    id BIGINT NOT NULL,
    installation BIGINT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    schedule JSON NOT NULL,
    timezone TEXT NOT NULL,
    last_turn FLOAT NOT NULL,
    covered_all FLOAT NOT NULL,
    covered_open FLOAT NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE IF NOT EXISTS lockbot_ripening (
    repository BIGINT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE IF NOT EXISTS lockbot_turns (
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE TABLE IF NOT EXISTS lockbot_waiting_room (
    repository BIGINT NOT NULL,
    branches JSON NOT NULL,
    moment FLOAT,
    PRIMARY KEY (repository)
);
CREATE TABLE IF NOT EXISTS lockbot_watched (
    repository BIGINT NOT NULL,
    base TEXT NOT NULL,
    packages JSON NOT NULL,
    covered FLOAT NOT NULL,
    asked TEXT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE IF NOT EXISTS lockbot_workers (
    executor TEXT NOT NULL,
    seen FLOAT NOT NULL,
    PRIMARY KEY (executor)
);
CREATE TABLE IF NOT EXISTS lockbot_migrations (
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (number)
)
"""

MIGRATION = Migration(number=1, name="begin", statements=tuple(_TABLES.split(";")))
