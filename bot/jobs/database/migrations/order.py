"""All migrations, the first first."""

from __future__ import annotations

from bot.jobs.database.migrations import (
    n0001_begin,
    n0002_shares,
    n0003_look_at,
    n0004_indexes,
    n0005_numbers,
    n0006_setup,
    n0007_pages,
)
from bot.jobs.database.migrations.migration import Migration

MIGRATIONS: tuple[Migration, ...] = (
    n0001_begin.MIGRATION,
    n0002_shares.MIGRATION,
    n0003_look_at.MIGRATION,
    n0004_indexes.MIGRATION,
    n0005_numbers.MIGRATION,
    n0006_setup.MIGRATION,
    n0007_pages.MIGRATION,
)
