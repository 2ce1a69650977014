"""What the status pages show and who is signed in to them: sessions, run records, what runs saw, budgets of requests."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

_TABLES = """
CREATE TABLE lockbot_sessions (
    digest TEXT NOT NULL,
    person BIGINT NOT NULL,
    login TEXT NOT NULL,
    sealed TEXT NOT NULL,
    repositories TEXT NOT NULL,
    ends FLOAT NOT NULL,
    used FLOAT NOT NULL,
    checked FLOAT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (digest)
);
CREATE INDEX lockbot_sessions_person ON lockbot_sessions (person);
CREATE TABLE lockbot_runs (
    repository BIGINT NOT NULL,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    received FLOAT NOT NULL,
    started FLOAT NOT NULL,
    ended FLOAT NOT NULL,
    used TEXT NOT NULL,
    log TEXT NOT NULL,
    PRIMARY KEY (repository, job)
);
CREATE INDEX lockbot_runs_ended ON lockbot_runs (ended);
CREATE TABLE lockbot_sights (
    repository BIGINT NOT NULL,
    base TEXT NOT NULL,
    moment FLOAT NOT NULL,
    counts TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (repository)
);
CREATE TABLE lockbot_budgets (
    installation BIGINT NOT NULL,
    resource TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (installation, resource)
)
"""

MIGRATION = Migration(number=7, name="pages", statements=tuple(_TABLES.split(";")))
