"""The syntax of schedules: cron, or Renovate's words. Only the syntax: ``bot.jobs`` decides whether it is time."""

from __future__ import annotations

import re

#: Mondays, early: a weekly turn, where nothing is said.
WEEKLY = ("* 0-3 * * 1",)

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = "sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec"
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?")
_TIME = r"(?:\d{1,2}(?::\d{2})?\s?(?:am|pm)|(?:[01]?\d|2[0-3]):\d{2})"
_DAYS = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_WORDS = re.compile(
    rf"(?:at any time|daily|weekly|monthly|quarterly|yearly"
    rf"|every [2-9] months? on the first day of the month"
    rf"|every (?:weekend|weekday)"
    rf"|(?:after {_TIME} and before {_TIME}|(?:before|after) {_TIME})"
    rf"(?: (?:on|every) (?:{_DAYS}(?:(?: and |, ?| through ){_DAYS})*|weekdays?|weekends?|the first day of the month))?"
    rf"|(?:on|every) {_DAYS}(?:(?: and |, ?){_DAYS})*"
    rf"|on the first day of the month)",
    re.IGNORECASE,
)


def check_schedule(text: str) -> str:
    """The entry itself; raises ``ValueError`` with a sentence where it is neither cron nor known words."""
    if _is_cron(text) or _WORDS.fullmatch(text.strip()):
        return text
    raise ValueError(f"{text!r} is not a schedule; write cron ('* 0-3 * * 1') or words ('before 4am on monday')")


def _is_cron(text: str) -> bool:
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(map(_is_field, fields, _FIELDS))


def _is_field(field: str, limits: tuple[int, int]) -> bool:
    return all(_is_part(part, limits) for part in field.split(","))


def _is_part(part: str, limits: tuple[int, int]) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    ends = [] if found[1] == "*" else found[1].split("-")
    return all(end.lower() in _NAMES.split() or (end.isdigit() and limits[0] <= int(end) <= limits[1]) for end in ends)
