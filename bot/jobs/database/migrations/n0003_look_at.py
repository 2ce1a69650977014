"""When it is to be looked at whether a repository's turn is due, so that nobody computes the turns of all once a minute."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

MIGRATION = Migration(
    number=3,
    name="look at",
    statements=(
        "ALTER TABLE lockbot_repositories ADD COLUMN look_at FLOAT NOT NULL DEFAULT 0",
        "CREATE INDEX lockbot_repositories_look_at ON lockbot_repositories (look_at)",
        "CREATE INDEX lockbot_repositories_installation ON lockbot_repositories (installation)",
    ),
)
