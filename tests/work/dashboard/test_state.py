"""The dashboard's memory: it survives a round trip, people's edits, and grows no further than it may."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.ports.run import BranchName, Width
from bot.work.dashboard.state import (
    DashboardState,
    DriftPoint,
    Ignored,
    find_state,
    forget_opened,
    ignore,
    pause,
    record_drift,
    render_state,
    resume,
    unignore,
    want_opened,
)

EMPTY = DashboardState()
DAY = date(2026, 11, 30)
ONE = Ignored(package="alpha", width=Width.MAJOR, version="2.0", by="octo", pull_request=7)


def point(day: date = DAY, libyears: float = 1.5, major: int = 1) -> DriftPoint:
    return DriftPoint(day=day, libyears=libyears, major=major, minor=2, patch=3)


FULL = DashboardState(
    ignored=(ONE, Ignored(package="be-ta", width=Width.ALL, by="a-b--c -->")),
    paused='na"ïve',
    opened=(BranchName("lockbot/major-alpha"),),
    drift=(point(),),
    title="Dependency -- Dashboard -->",
    closed=True,
)


@pytest.mark.parametrize("state", [EMPTY, FULL])
def test_a_state_is_found_again(state: DashboardState) -> None:
    block = render_state(state)
    assert find_state(f"text\n\n{block}\r\n") == state
    assert "\n" not in block
    assert block.count("--") == 2


@pytest.mark.parametrize("body", ["", "text", "<!-- lockbot: {} -->", "<!-- lockbot-dashboard: -->"])
def test_what_holds_no_block_is_no_dashboard(body: str) -> None:
    assert find_state(body) is None


@pytest.mark.parametrize(
    "inner",
    [
        "{not json}",
        '{"ignored": 1}',
        '{"ignored": [{"package": "a", "width": "whatever"}]}',
        '{"drift": [{"day": "2026-11-30", "libyears": NaN, "major": 0, "minor": 0, "patch": 0}]}',
        '{"drift": [{"day": "2026-11-30", "libyears": 1, "major": -1, "minor": 0, "patch": 0}]}',
        '{"opened": "all"}',
    ],
)
def test_a_block_that_cannot_be_read_is_an_empty_one(inner: str) -> None:
    assert find_state(f"<!-- lockbot-dashboard: {inner} -->") == EMPTY


def test_a_block_of_a_later_version_is_read() -> None:
    text = '<!-- lockbot-dashboard: {"paused": "octo", "moods": [1], "ignored": [{"package": "a", "width": "all", "x": 1}]} -->'
    assert find_state(text) == DashboardState(paused="octo", ignored=(Ignored(package="a", width=Width.ALL),))


def test_ignoring_again_changes_what_is_ignored() -> None:
    newer = ONE.model_copy(update={"version": "3.0", "by": "mona"})
    assert ignore(ignore(EMPTY, ONE), newer).ignored == (newer,)


def test_who_ignored_first_stays_named() -> None:
    assert ignore(ignore(EMPTY, ONE), ONE.model_copy(update={"by": "mona", "pull_request": 8})).ignored == (ONE,)


def test_a_version_is_ignored_beside_a_major() -> None:
    other = ONE.model_copy(update={"width": Width.VERSION, "version": "1.5"})
    assert ignore(ignore(EMPTY, ONE), other).ignored == (ONE, other)


def test_unignoring_takes_all_of_a_package_back() -> None:
    state = ignore(ignore(FULL, ONE.model_copy(update={"width": Width.ALL, "version": ""})), ONE)
    assert [one.package for one in unignore(state, "alpha").ignored] == ["be-ta"]


def test_the_ignored_come_to_an_end() -> None:
    state = EMPTY
    for number in range(300):
        state = ignore(state, Ignored(package=f"p{number}", width=Width.ALL))
    assert [state.ignored[0].package, len(state.ignored)] == ["p100", 200]


def test_pausing_and_resuming() -> None:
    paused = pause(EMPTY, "octo")
    assert (paused.paused, pause(paused, "mona").paused, resume(paused)) == ("octo", "octo", EMPTY)


def test_branches_are_wanted_until_they_are_opened() -> None:
    one, two = BranchName("lockbot/one"), BranchName("lockbot/two")
    state = want_opened(want_opened(EMPTY, (one, two)), (one,))
    assert state.opened == (one, two)
    assert forget_opened(state, (one, BranchName("lockbot/other"))).opened == (two,)


def test_the_wanted_come_to_an_end() -> None:
    state = want_opened(EMPTY, (BranchName(f"lockbot/{number}") for number in range(150)))
    assert [state.opened[0], len(state.opened)] == ["lockbot/50", 100]


def test_a_day_has_one_point() -> None:
    state = record_drift(record_drift(EMPTY, point()), point(libyears=0.5))
    assert state.drift == (point(libyears=0.5),)


def test_nothing_new_is_no_point() -> None:
    state = record_drift(EMPTY, point())
    assert record_drift(state, point(DAY + timedelta(days=1))) == state
    assert len(record_drift(state, point(DAY + timedelta(days=1), major=0)).drift) == 2


def test_a_day_that_comes_back_to_the_day_before_has_no_point() -> None:
    state = record_drift(EMPTY, point(DAY - timedelta(days=1)))
    state = record_drift(record_drift(state, point(libyears=9)), point())
    assert state.drift == (point(DAY - timedelta(days=1)),)


def test_old_points_are_thinned_to_weeks_and_end() -> None:
    state = EMPTY
    for number in range(800):
        state = record_drift(state, point(DAY + timedelta(days=number), libyears=number))
    days = [one.day for one in state.drift]
    assert len(days) == 66
    assert days[-15:] == [days[-1] - timedelta(days=back) for back in range(14, -1, -1)]
    assert all(1 <= (later - earlier).days <= 7 for earlier, later in pairwise(days))
    assert all((later - earlier).days == 7 for earlier, later in pairwise(days[:50]))


def test_a_full_memory_leaves_room_for_text() -> None:
    """GitHub takes 65,536 characters of an issue."""
    state = want_opened(EMPTY, (BranchName(f"lockbot/major-some-longer-name-{number}") for number in range(150)))
    for number in range(300):
        row = Ignored(package=f"some-longer-name-{number}", width=Width.VERSION, version="2026.11.30", by="somebody")
        state = ignore(state, row.model_copy(update={"pull_request": 12345}))
        state = record_drift(state, point(DAY + timedelta(days=7 * number), libyears=number))
    assert len(render_state(state)) < 45_000
