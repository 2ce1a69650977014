"""No proposal holds a version that is younger than allowed, but what the lock held already; no cut-off is written."""

from __future__ import annotations

import pytest

from tests.laws.cooldown import find_faults, make_dated_world, run_world

#: A fixed sample; ``python -m bench.cooldown`` looks at as many as one likes.
SAMPLE = range(30)


@pytest.mark.parametrize("seed", SAMPLE)
def test_nothing_young_is_proposed(seed: int) -> None:
    world = make_dated_world(seed)
    report = run_world(world)
    assert report.problems == ()
    assert list(find_faults(world, report)) == []


def test_the_sample_is_about_something() -> None:
    """Without the cooldown these same worlds would be found at fault, and with it they still have proposals."""
    free = [world for seed in SAMPLE if (world := make_dated_world(seed)).days]
    proposed = [run_world(world) for world in free]
    assert sum(len(report.proposals) for report in proposed) > len(free)
    open_to_all = [
        type(world)(tree=world.tree.without(".lockbot.json"), index=world.index, days=world.days, rules=world.rules)
        for world in free
    ]
    assert sum(bool(list(find_faults(one, run_world(one)))) for one in open_to_all) > len(free) // 3
    held = [row for report in proposed for row in report.held_back if "minimumReleaseAge" in row.reason]
    assert held
