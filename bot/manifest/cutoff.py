"""``exclude-newer`` values: timestamps, dates and spans (ISO 8601 or words), as texts and as values.

Spans have weeks, days and clock units; years and months have no fixed length and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from bot.manifest.model import Day, ExcludeNewer, Instant, NoCutoff, Span
from bot.manifest.reader import TomlValue
from bot.patterns import pattern
from bot.pep440 import shorten

_UNITS: tuple[tuple[str, int, frozenset[str]], ...] = (
    ("W", 604_800_000_000_000, frozenset(("weeks", "week", "wks", "wk", "w"))),
    ("D", 86_400_000_000_000, frozenset(("days", "day", "d"))),
    ("H", 3_600_000_000_000, frozenset(("hours", "hour", "hrs", "hr", "h"))),
    ("M", 60_000_000_000, frozenset(("minutes", "minute", "mins", "min", "m"))),
    ("S", 1_000_000_000, frozenset(("seconds", "second", "secs", "sec", "s"))),
    ("ms", 1_000_000, frozenset(("milliseconds", "millisecond", "millis", "milli", "msecs", "msec", "ms"))),
    ("us", 1_000, frozenset(("microseconds", "microsecond", "micros", "micro", "usecs", "usec", "us", "µs", "μs"))),
    ("ns", 1, frozenset(("nanoseconds", "nanosecond", "nanos", "nano", "nsecs", "nsec", "ns"))),
)
_SIZES = {code: size for code, size, _ in _UNITS}
_ORDER = {code: position for position, (code, _, _) in enumerate(_UNITS)}
_CLOCK_UNITS = ("H", "M", "S", "ms", "us", "ns")
_CALENDAR = frozenset(("years", "year", "yrs", "yr", "y", "months", "month", "mos", "mo"))

_ISO = pattern(
    r"[+-]?P(?:(?P<Y>\d+)Y)?(?:(?P<N>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?=[\d])(?:(?P<H>\d+(?:[.,]\d+)?)H)?(?:(?P<M>\d+(?:[.,]\d+)?)M)?(?:(?P<S>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_WORD = pattern(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-zµμ]+)\s*(?:,(?=\s)\s*)?")
#: What RFC 9557 adds behind a moment (a zone by its name, a calendar); the offset alone counts.
_ANNOTATIONS = r"(?:\[!?[A-Za-z0-9_./+:=-]+\])*"
_TIMESTAMP = pattern(
    # Signs between numbers are all there or none of them.
    r"(\d{4})(?P<dash>-?)(\d\d)(?P=dash)(\d\d)[Tt ](\d\d)"
    r"(?:(?P<colon>:?)(\d\d)(?:(?P=colon)(\d\d)(?:[.,](\d{1,9}))?)?)?([Zz]|[+-]\d\d(?::?\d\d)?)" + _ANNOTATIONS
)
_DATE = pattern(r"(\d{4})(?P<dash>-?)(\d\d)(?P=dash)(\d\d)(?:[Tt ]\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?" + _ANNOTATIONS)


#: Longest text that is looked at: a duration with every unit has 60 characters.
_LONGEST = 200


class CutoffError(ValueError):
    """A text that is no cutoff; the message is a sentence."""


def parse_exclude_newer(text: str) -> ExcludeNewer:
    """Parse a timestamp, a date or a span; raises ``CutoffError``."""
    if len(text) > _LONGEST:
        raise CutoffError(f"{shorten(text)!r} is not a date, a timestamp or a duration")
    return _instant(text) or _day(text) or parse_span(text)


def parse_cutoff_or_false(text: str) -> ExcludeNewer:
    """Parse a cutoff of the command line or the environment, where ``false`` means none."""
    return NoCutoff.NONE if text == "false" else parse_exclude_newer(text)


def read_exclude_newer(node: TomlValue) -> ExcludeNewer:
    """Read a cutoff of a TOML file: text, ``false``, or a table with ``timestamp`` and ``span``."""
    if node.value is False:
        return NoCutoff.NONE
    if isinstance(node.value, dict):
        node = node["span"] if node["span"].is_present else node["timestamp"]
    if isinstance(node.value, datetime | date):
        raise node.refuse("exclude-newer must be text", f'put it in quotes: "{node.value.isoformat()}"')
    try:
        return parse_exclude_newer(node.text())
    except CutoffError as error:
        raise node.refuse(str(error), 'write a date ("2025-01-31"), a timestamp or a duration ("7 days")') from error


def parse_span(text: str) -> Span:
    """Parse a duration in words (``3 days``) or ISO 8601 (``P3D``); raises ``CutoffError``."""
    parts = _iso_parts(text) if text.strip().lstrip("+-").upper().startswith("P") else _word_parts(text)
    if not parts:
        raise CutoffError(f"{text!r} is not a date, a timestamp or a duration")
    amounts = _whole_amounts(parts)
    nanoseconds = sum(amount * _SIZES[unit] for unit, amount in amounts.items())
    sign = "-" if text.strip().startswith("-") != text.strip().endswith("ago") else ""
    return Span(text=text, iso=sign + _iso_text(amounts), seconds=nanoseconds / 1_000_000_000)


def render_timestamp(moment: datetime, nanosecond: int | None = None) -> str:
    """Return RFC 3339 in UTC with as few fractional digits as possible."""
    moment = moment.astimezone(UTC)
    fraction = f"{moment.microsecond * 1000 if nanosecond is None else nanosecond:09d}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (f".{fraction}" if fraction else "") + "Z"


def _instant(text: str) -> Instant | None:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    year, _, month, day, hour, _, minute, second, fraction, zone = found.groups()
    zone = "+00:00" if zone in "Zz" else zone if ":" in zone else f"{zone[:3]}:{zone[3:] or '00'}"
    clock = f"{hour}:{minute or '00'}:{'59' if second == '60' else second or '00'}"
    try:
        # In UTC it may lie outside of what a moment can be.
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CutoffError(f"{text!r} is not a valid timestamp: {error}") from error
    return Instant(timestamp=render_timestamp(moment, int((fraction or "0").ljust(9, "0"))))


def _day(text: str) -> Day | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, _, month, day_of_month = found.groups()
    try:
        day = date(int(year), int(month), int(day_of_month))
    except ValueError as error:
        raise CutoffError(f"{text!r} is not a valid date: {error}") from error
    return Day(year=day.year, month=day.month, day=day.day)


def _iso_parts(text: str) -> list[tuple[str, str]]:
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise CutoffError(f"{text!r} is not an ISO 8601 duration")
    groups = found.groupdict()
    _refuse_calendar(text, ["years"] * bool(groups.pop("Y")) + ["months"] * bool(groups.pop("N")))
    return [(unit, amount.replace(",", ".")) for unit, amount in groups.items() if amount is not None]


def _word_parts(text: str) -> list[tuple[str, str]]:
    body = text.strip().removesuffix("ago").rstrip().removeprefix("-").removeprefix("+")
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(body):
        found = _WORD.match(body, position)
        if found is None:
            raise CutoffError(f"{text!r} is not a date, a timestamp or a duration")
        _refuse_calendar(text, [found[2]])
        unit = next((code for code, _, words in _UNITS if found[2] in words), None)
        if unit is None or (parts and _ORDER[unit] <= _ORDER[parts[-1][0]]):
            raise CutoffError(f"{text!r} is not a duration: {found[2]!r} is no unit, or out of order")
        parts.append((unit, found[1]))
        position = found.end()
    return parts


def _refuse_calendar(text: str, words: Iterable[str]) -> None:
    for word in words:
        if word.lower() in _CALENDAR:
            raise CutoffError(f"{text!r} uses years or months, which have no fixed length: use days instead")


def _whole_amounts(parts: list[tuple[str, str]]) -> dict[str, int]:
    """Carry the fraction of the last clock unit to the smaller units; what is less than a nanosecond is dropped."""
    amounts: dict[str, int] = {}
    for unit, amount in parts:
        whole, _, fraction = amount.partition(".")
        amounts[unit] = int(whole)
        if not int(fraction or "0"):
            continue
        rest = int(fraction) * _SIZES[unit] // 10 ** len(fraction)
        if unit not in _CLOCK_UNITS or unit != parts[-1][0]:
            raise CutoffError("only the last clock unit of a duration may have a fraction")
        for smaller in _CLOCK_UNITS[_CLOCK_UNITS.index(unit) + 1 :]:
            amounts[smaller], rest = divmod(rest, _SIZES[smaller])
    return amounts


def _iso_text(amounts: dict[str, int]) -> str:
    days = "".join(f"{amounts[unit]}{unit}" for unit in "WD" if amounts.get(unit))
    clock = "".join(f"{amounts[unit]}{unit}" for unit in "HM" if amounts.get(unit))
    nanoseconds = sum(amounts.get(unit, 0) * _SIZES[unit] for unit in ("S", "ms", "us", "ns"))
    if nanoseconds:
        seconds, fraction = divmod(nanoseconds, 1_000_000_000)
        clock += f"{seconds}" + (f".{fraction:09d}".rstrip("0") if fraction else "") + "S"
    if not days and not clock:
        return "PT0S"
    return f"P{days}" + (f"T{clock}" if clock else "")
