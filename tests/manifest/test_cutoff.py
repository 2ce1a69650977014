"""Cutoffs as people write them. The ISO texts were seen in locks of uv."""

from __future__ import annotations

import pytest

from bot.manifest.cutoff import CutoffError, parse_cutoff_or_false, parse_exclude_newer
from bot.manifest.model import Day, Instant, NoCutoff, Span

SPANS = {
    "3 days": ("P3D", 259200),
    "1 week": ("P1W", 604800),
    "7d": ("P7D", 604800),
    "24 hours": ("PT24H", 86400),
    "1 hour 30 minutes": ("PT1H30M", 5400),
    "1 hour, 30 minutes": ("PT1H30M", 5400),
    "1.5h": ("PT1H30M", 5400),
    "90 minutes": ("PT90M", 5400),
    "2w 3d": ("P2W3D", 1468800),
    "P2W3DT4H": ("P2W3DT4H", 1483200),
    "p3d": ("P3D", 259200),
    "PT1.5H": ("PT1H30M", 5400),
    "PT0.25S": ("PT0.25S", 0.25),
    "1500 ms": ("PT1.5S", 1.5),
    "-3 days": ("-P3D", 259200),
    "3 days ago": ("-P3D", 259200),
    "0 days": ("PT0S", 0),
}

INSTANTS = {
    "2025-06-01T00:00:00Z[UTC]": "2025-06-01T00:00:00Z",
    "2025-06-01T00:00:00+05:00[Europe/Berlin]": "2025-05-31T19:00:00Z",
    "2025-06-01T00:00:00Z[!Nowhere/X][u-ca=iso8601]": "2025-06-01T00:00:00Z",
    "2025-01-02T03:04:05Z": "2025-01-02T03:04:05Z",
    "2025-01-02T03:04:05.120000Z": "2025-01-02T03:04:05.12Z",
    "2025-01-02t03:04:05z": "2025-01-02T03:04:05Z",
    "2025-01-02 03:04:05+02:00": "2025-01-02T01:04:05Z",
    "20250102T030405Z": "2025-01-02T03:04:05Z",
    "20250102T03:04:05Z": "2025-01-02T03:04:05Z",
    "2025-01-02T0304+01": "2025-01-02T02:04:00Z",
    "2025-01-02T03:04:05.123456789-0130": "2025-01-02T04:34:05.123456789Z",
}

WRONG = [
    "",
    "soon",
    "3",
    "3 months",
    "1 year",
    "P1M",
    "P1Y",
    "P",
    "3 days 1 week",
    "1 day 2 days",
    "1.5 days",
    "2025-13-01",
    "2025-02-30",
    "2025-01-01T25:00:00Z",
    "2025-01-01T0100:00Z",
    "2025-01-01T01:0000+01:00",
    "2025-0101T01:00:00Z",
    "202501-01",
    "3 parsecs",
]


@pytest.mark.parametrize(("text", "iso", "seconds"), [(text, *value) for text, value in SPANS.items()])
def test_a_span_keeps_its_units(text: str, iso: str, seconds: float) -> None:
    assert parse_exclude_newer(text) == Span(text=text, iso=iso, seconds=seconds)


@pytest.mark.parametrize(("text", "timestamp"), INSTANTS.items())
def test_a_timestamp_is_written_in_utc(text: str, timestamp: str) -> None:
    assert parse_exclude_newer(text) == Instant(timestamp=timestamp)


@pytest.mark.parametrize("text", ["2025-01-31", "20250131", "2025-01-31T10:00:00"])
def test_a_date_is_a_day(text: str) -> None:
    assert parse_exclude_newer(text) == Day(year=2025, month=1, day=31)


@pytest.mark.parametrize("text", WRONG)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(CutoffError):
        parse_exclude_newer(text)


def test_false_means_none() -> None:
    assert parse_cutoff_or_false("false") is NoCutoff.NONE
