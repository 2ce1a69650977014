"""When releases were made, in words that stay the same for as long as nothing else of a body changes."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.patterns import pattern
from bot.plan.releases.model import Release

_AGO = pattern(r"(?<=\d{4}-\d\d-\d\d, )(?:today|\d{1,6} (?:day|year)s? ago)")
#: From so many days on, years are told.
_YEARS = 2 * 365
UNKNOWN = "age unknown"


def describe_age(release: Release | None, now: datetime | None) -> str:
    """``2026-11-18, 12 days ago``."""
    if release is None or release.uploaded is None:
        return UNKNOWN
    return describe_moment(release.uploaded, now)


def describe_moment(moment: float, now: datetime | None) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    if now is None:
        return f"{day:%Y-%m-%d}"
    days = (now.date() - day.date()).days
    return f"{day:%Y-%m-%d}, {_ago(days)}"


def _ago(days: int) -> str:
    if days <= 0:
        return "today"
    count, unit = (days, "day") if days < _YEARS else (days // 365, "year")
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def keep_ages(text: str, old: str) -> str:
    """``old`` where ``text`` says nothing else but that time went by: no pull request is edited for that."""
    return old if _AGO.sub("", text) == _AGO.sub("", old) else text
