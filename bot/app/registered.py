"""What the job database is told of the App that set-up registered: where it remembers one, set-up is not opened again."""

from __future__ import annotations

from bot.jobs.opening import JobDatabase
from bot.jobs.setups import SetUp, remember_set_up
from bot.settings import Registration


def remember_app(database: JobDatabase, one: Registration, moment: float) -> None:
    """Again and again, if need be. Raises ``DatabaseUnavailable``."""
    known = SetUp(app_id=one.app_id, slug=one.slug, github_url=one.github_url)
    remember_set_up(database.engine, known, moment)
