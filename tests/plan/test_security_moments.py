"""When a run is to be made again by itself: an exception ends, the service answers again, a release may have come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.ports.advisories import Watched
from tests.plan.scenario import NOW, make_scenario
from tests.plan.scenario_runs import run_scenario

BASE = {
    "why": "So.",
    "root": {"requires": ["alpha==1.0"]},
    "locked": {"alpha": "1.0"},
    "packages": {"alpha": {"versions": {"1.0": {}, "1.1": {}}}},
}
FIXED = {"id": "GHSA-1", "package": "alpha", "fixed": "1.1"}
UNFIXED = {"id": "GHSA-1", "package": "alpha"}


def excepting(until: str, *, zone: str = "UTC") -> str:
    stated = f'{{ "id": "GHSA-1", "until": "{until}", "reason": "r", "untilFixed": false }}'
    return f'{{ "timezone": "{zone}", "vulnerabilityExceptions": [{stated}] }}'


#: What differs -> when to look again.
MOMENTS = {
    "nothing is known": ({}, None),
    "it is mended": ({"advisories": [FIXED]}, None),
    "no release mends it": ({"advisories": [UNFIXED]}, NOW + timedelta(days=1)),
    "the service is down": ({"advisories_down": True}, NOW + timedelta(hours=1)),
    "an exception ends": (
        {"advisories": [FIXED], "config": excepting("2026-11-30")}, datetime(2026, 12, 1, tzinfo=UTC),
    ),
    "an exception ends elsewhere": (
        {"advisories": [FIXED], "config": excepting("2026-11-30", zone="Asia/Tokyo")},
        datetime(2026, 11, 30, 15, tzinfo=UTC),
    ),
    "an exception for nothing": ({"config": excepting("2026-11-30")}, None),
}  # fmt: skip


@pytest.mark.parametrize(("more", "moment"), MOMENTS.values(), ids=MOMENTS)
def test_a_run_says_when_to_look_again(more: dict[str, object], moment: datetime | None) -> None:
    _, report = run_scenario(make_scenario({**BASE, **more}, Path("case.toml")))
    assert report.ripe_at == (None if moment is None else moment.timestamp())


@pytest.mark.parametrize(
    ("more", "watched"),
    [
        ({"advisories": [FIXED]}, (Watched(package="alpha", version="1.0", known={"GHSA-1": ""}),)),
        (
            {"advisories": [UNFIXED]},
            (Watched(package="alpha", version="1.0", known={"GHSA-1": "2025-01-01T00:00:00Z"}),),
        ),
        ({"private_index": True}, ()),
        ({"config": '{ "osvVulnerabilityAlerts": false }'}, None),
    ],
    ids=["mended", "it stays affected", "nobody may know", "nobody is asked"],
)
def test_a_run_leaves_what_it_asked_about(more: dict[str, object], watched: tuple[Watched, ...] | None) -> None:
    _, report = run_scenario(make_scenario({**BASE, **more}, Path("case.toml")))
    assert report.watched == watched
