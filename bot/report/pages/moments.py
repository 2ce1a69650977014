"""Moments and lengths of time, as people say them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def ago(moment: float, now: float) -> str:
    """``3 minutes ago``; what clocks that differ make of the future is now."""
    seconds = max(0.0, now - moment)
    for length, unit in _UNITS:
        number = int(seconds // length)
        if number:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def took(seconds: float) -> str:
    """``0.3 s``, ``42 s``, ``2 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def stamp(moment: float) -> str:
    """For the ``datetime`` of a ``time`` element."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_and_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def clock_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def size(number: float) -> str:
    """Bytes, as disks are sold: ``1.2 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
