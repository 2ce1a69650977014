"""What workers count, for the metrics: sums, who told which batch of them last, and what each said last of itself."""

from __future__ import annotations

from bot.jobs.database.migrations.migration import Migration

_TABLES = """
CREATE TABLE lockbot_sums (
    series TEXT NOT NULL,
    amount FLOAT NOT NULL,
    PRIMARY KEY (series)
);
CREATE TABLE lockbot_told (
    teller TEXT NOT NULL,
    batch TEXT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (teller)
);
CREATE TABLE lockbot_gauges (
    series TEXT NOT NULL,
    value FLOAT NOT NULL,
    moment FLOAT NOT NULL,
    PRIMARY KEY (series)
)
"""

MIGRATION = Migration(number=5, name="numbers", statements=tuple(_TABLES.split(";")))
