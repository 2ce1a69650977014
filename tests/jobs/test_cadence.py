"""Schedules, from entries to moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs.clock.cadence import find_next_turn, is_open, parse_entry
from bot.jobs.clock.schedule import find_due
from bot.jobs.database.repositories import KnownRepository
from bot.repoconfig.schedule import check_schedule
from tests.work.scene import REF

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        ("* 0-3 * * 1", ("* 0-3 * * 1",)),
        ("30 5 1 1 *", ("30 5 1 1 *",)),
        ("at any time", ("* * * * *",)),
        ("every weekend", ("* * * * 6,0",)),
        ("every weekday", ("* * * * 1-5",)),
        ("before 4am on monday", ("* 0-3 * * mon",)),
        ("before 4:30am on Monday", ("* 0-3 * * mon",)),
        ("after 10pm every weekday", ("* 22-23 * * 1-5",)),
        ("after 10:15pm", ("* 23-23 * * *",)),
        ("after 10pm and before 5am every weekday", ("* 22-23,0-4 * * 1-5",)),
        ("after 9am and before 5pm on tues and thursday", ("* 9-16 * * tue,thu",)),
        ("before 12pm", ("* 0-11 * * *",)),
        ("after 12am and before 1am", ("* 0-0 * * *",)),
        ("before 5am on monday through friday", ("* 0-4 * * mon-fri",)),
        ("on friday, saturday and sunday", ("* * * * fri,sat,sun",)),
        ("on the first day of the month", ("* * 1 * *",)),
        ("before 3am on the first day of the month", ("* 0-2 1 * *",)),
        ("daily", ("* 0-3 * * *",)),
        ("weekly", ("* 0-3 * * 1",)),
        ("monthly", ("* 0-3 1 * *",)),
        ("quarterly", ("* 0-3 1 */3 *",)),
        ("yearly", ("* 0-3 1 1 *",)),
        ("every 3 months on the first day of the month", ("* * 1 */3 *",)),
        ("after 02:00 and before 06:00 on monday", ("* 2-5 * * mon",)),
        ("after 22:30", ("* 23-23 * * *",)),
        ("whenever you like", ()),
    ],
)
def test_an_entry_in_cron(entry: str, fields: tuple[str, ...]) -> None:
    assert parse_entry(entry) == fields
    if fields:
        assert check_schedule(entry) == entry


@pytest.mark.parametrize(
    ("entries", "zone", "seed", "expected"),
    [
        ((), "UTC", 5, "2026-11-23T00:05:00+00:00"),
        (("* 0-3 * * 1",), "UTC", 65, "2026-11-23T00:05:00+00:00"),
        (("* 0-3 * * 1",), "America/New_York", 5, "2026-11-23T00:05:00-05:00"),
        (("* 0-3 * * 1",), "Not/AZone", 5, "2026-11-23T00:05:00+00:00"),
        (("* 0-3 * * 0",), "UTC", 5, "2026-11-29T00:05:00+00:00"),
        (("* 0-3 * * 7",), "UTC", 5, "2026-11-29T00:05:00+00:00"),
        (("* 0-3 * * sun",), "UTC", 5, "2026-11-29T00:05:00+00:00"),
        (("* * * * 0-6",), "UTC", 5, "2026-11-22T12:05:00+00:00"),
        (("* * * * 5-1",), "UTC", 5, "2026-11-22T12:05:00+00:00"),
        (("at any time",), "UTC", 59, "2026-11-22T12:59:00+00:00"),
        (("30 5 * * *",), "UTC", 5, "2026-11-23T05:30:00+00:00"),
        (("*/20 14 * * *",), "UTC", 5, "2026-11-22T14:00:00+00:00"),
        (("on friday", "every weekend"), "UTC", 1, "2026-11-22T12:01:00+00:00"),
        (("on the first day of the month",), "UTC", 1, "2026-12-01T00:01:00+00:00"),
        (("whenever you like",), "UTC", 1, None),
    ],
)
def test_the_next_turn(entries: tuple[str, ...], zone: str, seed: int, expected: str | None) -> None:
    turn = find_next_turn(entries, zone, seed=seed, after=SUNDAY)
    assert (turn.isoformat() if turn else None) == expected


def test_a_turn_is_later_than_the_last_one() -> None:
    first = find_next_turn(("at any time",), "UTC", seed=0, after=SUNDAY)
    assert first is not None
    assert find_next_turn(("at any time",), "UTC", seed=0, after=first) == first + timedelta(hours=1)


def known(last: datetime, *schedule: str) -> KnownRepository:
    return KnownRepository(ref=REF, enabled=True, schedule=schedule, timezone="UTC", last_turn=last.timestamp())


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-11-22T12:00", "2026-11-22T12:41", None),
        ("2026-11-22T12:00", "2026-11-22T12:42", "2026-11-22T12:42"),
        ("2026-11-22T12:42", "2026-11-22T12:42", None),
        ("2026-11-22T12:42", "2026-11-22T12:43", None),
        ("2026-11-22T12:42", "2026-11-22T13:50", "2026-11-22T13:42"),
        ("2026-10-01T00:00", "2026-11-22T12:50", "2026-11-22T12:42"),
    ],
)
def test_what_is_due(last: str, now: str, due: str | None) -> None:
    found = find_due(known(_at(last), "at any time"), _at(now))
    assert found == (_at(due) if due else None)


def test_a_turn_missed_for_long_is_left_out() -> None:
    assert find_due(known(_at("2026-11-20T00:00"), "* 0-3 * * 1"), _at("2026-11-24T12:00")) is None


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("entries", "zone", "expected"),
    [
        ((), "UTC", True),
        (("at any time",), "UTC", True),
        (("every weekend",), "UTC", True),
        (("every weekday",), "UTC", False),
        (("before 4am",), "UTC", False),
        (("before 4am",), "Pacific/Auckland", True),
        (("after 10am and before 1pm",), "UTC", True),
        (("before 12pm", "on sunday"), "UTC", True),
        (("* 12 * * 0",), "UTC", True),
        (("30 12 * * 0",), "UTC", True),
        (("30 13 * * 0",), "UTC", False),
        (("whenever you like",), "UTC", False),
    ],
)
def test_whether_a_moment_lies_in_a_window(entries: tuple[str, ...], zone: str, expected: bool) -> None:
    """A Sunday, noon in Greenwich."""
    assert is_open(entries, zone, SUNDAY.replace(minute=41, second=7)) is expected
