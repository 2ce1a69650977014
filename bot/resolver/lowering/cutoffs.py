"""``exclude-newer`` values as the cutoffs of a lock: dates and spans become instants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from bot.errors import InputError
from bot.lockfile.model import Cutoff, PackageCutoff
from bot.manifest.cutoff import render_timestamp
from bot.manifest.model import Day, ExcludeNewer, Instant, NoCutoff, Span


def lower_cutoff(value: ExcludeNewer, now: datetime, zone: tzinfo) -> PackageCutoff:
    """Return the cutoff; ``None`` for ``false``. A date means the start of the next day in ``zone``."""
    try:
        return _lower(value, now, zone)
    except OverflowError as error:
        raise InputError(
            "an exclude-newer lies outside the years 1 to 9999", hint="use a later or an earlier one"
        ) from error


def _lower(value: ExcludeNewer, now: datetime, zone: tzinfo) -> PackageCutoff:
    match value:
        case NoCutoff():
            return None
        case Instant(timestamp=timestamp):
            return Cutoff(timestamp=timestamp)
        case Span(iso=iso, seconds=seconds):
            return Cutoff(timestamp=render_timestamp(now - timedelta(seconds=seconds)), span=iso)
        case Day(year=year, month=month, day=day):
            midnight = datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)
            return Cutoff(timestamp=render_timestamp(midnight.replace(tzinfo=zone)))


def lower_package_cutoffs(values: Mapping[str, ExcludeNewer], now: datetime, zone: tzinfo) -> dict[str, PackageCutoff]:
    """Return the cutoffs per package, sorted by name."""
    return {name: lower_cutoff(values[name], now, zone) for name in sorted(values)}
