"""When is a repository's turn? Pure: schedule entries (cron, or Renovate's words), a time zone, a time -> the next turn.

An entry is a window, as in Renovate. Inside a window a repository has one turn an hour, at a minute of its own, so that
a thousand repositories with the same schedule don't start at once; minutes that cron states are kept.
``bot.repoconfig.schedule`` checks the syntax; what it lets through is understood here.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from bot.repoconfig.schedule import WEEKLY

#: Words for a whole schedule: Dependabot's, and Renovate's presets.
_NAMED = {
    "at any time": "* * * * *",
    "daily": "* 0-3 * * *",
    "weekly": "* 0-3 * * 1",
    "monthly": "* 0-3 1 * *",
    "quarterly": "* 0-3 1 */3 *",
    "yearly": "* 0-3 1 1 *",
}
_MONTHS = re.compile(r"every ([2-9]) months?\b")

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?\s?(am|pm)?(?![\d:])")
_RANGE = re.compile(r"\b(sun|mon|tue|wed|thu|fri|sat)[a-z]* through (sun|mon|tue|wed|thu|fri|sat)[a-z]*")
_DAY = re.compile(r"\b(sun|mon|tue|wed|thu|fri|sat)(?:[a-z]*day|[a-z]{0,2})\b")


def find_next_turn(entries: tuple[str, ...], timezone: str, *, seed: int, after: datetime) -> datetime | None:
    """The first turn later than ``after``; None when no entry is understood. ``seed`` chooses the minute."""
    zone = find_zone(timezone)
    start = (after + timedelta(seconds=1)).astimezone(zone)
    triggers = [_make_trigger(fields, zone, seed % 60) for entry in entries or WEEKLY for fields in parse_entry(entry)]
    turns = [turn for one in triggers if (turn := one.get_next_fire_time(None, start)) is not None]
    return min(turns, default=None)


def is_open(entries: tuple[str, ...], timezone: str, moment: datetime) -> bool:
    """Whether the moment lies in a window; without entries it always does. Minutes that cron states open their hour."""
    if not entries:
        return True
    zone = find_zone(timezone)
    start = moment.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    fields = [" ".join(("*", *one.split()[1:])) for entry in entries for one in parse_entry(entry)]
    return any(_make_trigger(one, zone, 0).get_next_fire_time(None, start) == start for one in fields)


def find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _make_trigger(fields: str, zone: ZoneInfo, minute: int) -> CronTrigger:
    minutes, hours, days, months, weekdays = fields.split()
    return CronTrigger(
        minute=str(minute) if minutes == "*" else minutes,
        hour=hours,
        day=days,
        month=months,
        day_of_week=_name_weekdays(weekdays),
        timezone=zone,
    )


def _name_weekdays(field: str) -> str:
    """Cron counts from Sunday, APScheduler from Monday: names are the same in both, single days on both sides."""
    if field == "*" or re.fullmatch(r"\*/\d+", field):
        return field
    named = [day for part in field.split(",") for day in _expand_weekdays(part.lower())]
    return ",".join(dict.fromkeys(named))


def _expand_weekdays(part: str) -> list[str]:
    ends, _, step = part.partition("/")
    first, _, last = ends.partition("-")
    low, high = _number(first), _number(last or first)
    span = (high - low) % 7 if (low % 7) != (high % 7) or high == low else 7
    return [_DAYS[(low + offset) % 7] for offset in range(0, span + 1, int(step or 1))]


def _number(day: str) -> int:
    return int(day) if day.isdigit() else _DAYS.index(day)


def parse_entry(text: str) -> tuple[str, ...]:
    """Five cron fields; two sets where a window goes over midnight. Nothing for words that aren't understood."""
    words = " ".join(text.lower().split())
    if len(words.split()) == 5 and re.match(r"[\d*]", words):
        return (words,)
    if words in _NAMED:
        return (_NAMED[words],)
    hours = _hours(words)
    days = _days(words)
    if hours == "*" and days == ("*", "*"):
        return ()
    months = _MONTHS.search(words)
    return (f"* {hours} {days[0]} {f'*/{months[1]}' if months else '*'} {days[1]}",)


def _hours(words: str) -> str:
    """Whole hours only: ``before 4:30am`` ends with the hour 3."""
    before = re.search(rf"before {_TIME.pattern}", words)
    after = re.search(rf"after {_TIME.pattern}", words)
    first = _hour(after, up=True) if after else 0
    last = (_hour(before, up=False) - 1) % 24 if before else 23
    if before is None and after is None:
        return "*"
    if first % 24 <= last:
        return f"{first % 24}-{last}"
    return f"{first % 24}-23,0-{last}"


def _hour(match: re.Match[str], *, up: bool) -> int:
    """Without am or pm the day has 24 hours."""
    hour = int(match[1]) if match[3] is None else int(match[1]) % 12 + (12 if match[3] == "pm" else 0)
    return hour + 1 if up and int(match[2] or 0) else hour


def _days(words: str) -> tuple[str, str]:
    """The fields for days of the month and of the week."""
    if "first day of the month" in words:
        return "1", "*"
    if "weekday" in words:
        return "*", "1-5"
    if "weekend" in words:
        return "*", "6,0"
    ranges = [f"{first}-{last}" for first, last in _RANGE.findall(words)]
    return "*", ",".join((*ranges, *_DAY.findall(_RANGE.sub("", words)))) or "*"
