"""A fixed sample of ``bench/fairness.py``, through the real queue: accounts take turns, people come first."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.fairness import BIG, Shares, measure_shares
from bench.stub_world import Plan
from tests.postgres import Postgres


@pytest.fixture(
    params=[pytest.param("sqlite", marks=pytest.mark.crash), pytest.param("postgres", marks=pytest.mark.postgres)]
)
def shares(tmp_path: Path, request: pytest.FixtureRequest) -> Shares:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.empty()
        url = server.url
    plan = Plan(folder=str(tmp_path), url=url, solve=0.02, latency=0.0)
    return measure_shares(plan, big=60, accounts=6, each=2, commands=2, workers=1)


def test_small_accounts_are_served_beside_a_large_one_and_people_before_both(shares: Shares) -> None:
    small = [one for one in shares.runs if one.installation != BIG]
    assert len(small) == 12
    assert shares.ahead <= 4, (
        "of the large account while the small ones wait: a turn for each of theirs, and what was begun"
    )
    assert shares.left > 20, "what the schedule began was still waiting when people were served"
    assert all({"eyes", "+1"} <= row.keys() for row in shares.reactions.values())
