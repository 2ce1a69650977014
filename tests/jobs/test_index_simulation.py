"""A small day of ``bench.index_watching``, the same each time: nothing is missed, and little is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.index_watching import Day, Outcome, simulate, tell

SMALL = Day(repositories=60, packages=20, hours=4, universe=400, top=2.0, others=4.0, workers=1)


@pytest.fixture(scope="module", params=[True, False], ids=["feed", "no feed"])
def day(request: pytest.FixtureRequest) -> Day:
    return replace(SMALL, feed=request.param)


@pytest.fixture(scope="module")
def outcome(day: Day, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return simulate(day, tmp_path_factory.mktemp("simulation"), calm=2)


def test_every_release_comes_to_all_who_depend_on_it(outcome: Outcome) -> None:
    assert (outcome.releases > 20, outcome.missed) == (True, 0)
    assert outcome.vain <= outcome.runs // 10


def test_it_comes_within_half_an_hour_by_the_feed_and_within_the_interval_without(day: Day, outcome: Outcome) -> None:
    assert outcome.delay(0.5) < (15 if day.feed else 35) * 60
    assert outcome.delay(1.0) < (40 if day.feed else 65) * 60


def test_what_is_asked_grows_with_packages_and_not_with_repositories(day: Day, outcome: Outcome) -> None:
    hours = day.hours + 2
    rounds = hours / 24 + 1 if day.feed else hours * 2
    looked = outcome.asked["unchanged"] + outcome.asked.get("page", 0)
    # After a release the feed has a page looked at four times.
    assert looked <= rounds * outcome.distinct + 4 * outcome.releases
    assert outcome.distinct < outcome.pairs / 2
    assert "missed" in tell(day, outcome, hours)
