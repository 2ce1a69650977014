"""Whose turn it is among accounts."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

MIGRATION = Migration(
    number=2,
    name="shares",
    statements=(
        """
        CREATE TABLE lockbot_shares (
            lane TEXT NOT NULL,
            rank INTEGER NOT NULL,
            account BIGINT NOT NULL,
            place BIGINT NOT NULL,
            PRIMARY KEY (lane, rank, account)
        )
        """,
    ),
)
