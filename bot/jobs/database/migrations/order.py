"""All migrations, the first first."""

from __future__ import annotations

from bot.jobs.database.migrations import n0001_begin
from bot.jobs.database.migrations.migration import Migration

MIGRATIONS: tuple[Migration, ...] = (n0001_begin.MIGRATION,)
