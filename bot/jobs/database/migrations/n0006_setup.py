"""Which App was set up for this database: set-up is not opened a second time."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

_TABLE = """
CREATE TABLE lockbot_setup (
    app BIGINT NOT NULL,
    slug TEXT NOT NULL,
    github_url TEXT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (app)
)
"""

MIGRATION = Migration(number=6, name="setup", statements=(_TABLE,))
