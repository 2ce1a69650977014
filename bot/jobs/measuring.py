"""What can be told of the queue and its workers at a moment, for whoever watches over it."""

from __future__ import annotations

from bot.jobs.database.workers import SILENT
from bot.jobs.queue.queue import JobQueue
from bot.jobs.registry import Registry
from bot.ports.measures import GITHUB_LIMIT, GITHUB_REMAINING, Measured, Series

#: What GitHub said of an installation is of the hour that it counts in; seconds.
_HOUR = 3600.0
_FOR_AN_HOUR = (GITHUB_REMAINING.name, GITHUB_LIMIT.name)


def measure(queue: JobQueue, registry: Registry, now: float) -> Measured:
    """Raises ``DatabaseUnavailable``."""
    gauges = registry.read_gauges()
    pages, overdue = registry.count_pages(now)
    return Measured(
        jobs=queue.count_jobs(),
        oldest=queue.find_oldest(now),
        workers=registry.count_alive(now - SILENT),
        pages=pages,
        overdue=overdue,
        sums=registry.read_sums(),
        gauges={series: value for series, (value, moment) in gauges.items() if _lasts(series, now - moment)},
    )


def _lasts(series: Series, age: float) -> bool:
    return age < (_HOUR if series.name in _FOR_AN_HOUR else SILENT)
