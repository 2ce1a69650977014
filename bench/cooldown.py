"""Looks for a proposal that holds a version younger than allowed, in random universes with random upload times.

    python -m bench.cooldown [--first SEED] [--count N]

Ends with 1 where there is one, naming the seed; ``tests/laws/test_cooldown_laws.py`` runs a fixed sample daily.
"""

from __future__ import annotations

import argparse
import sys
import time

from bench.measure import say
from tests.laws.cooldown import find_faults, make_dated_world, run_world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    started, proposals, held, faults = time.monotonic(), 0, 0, []
    for seed in range(options.first, options.first + options.count):
        world = make_dated_world(seed)
        report = run_world(world)
        proposals += len(report.proposals)
        held += sum("minimumReleaseAge" in row.reason for row in report.held_back)
        faults += [f"seed {seed}: {one}" for one in find_faults(world, report)]
        faults += [f"seed {seed}: {one.message}" for one in report.problems]
    say(f"{options.count} universes, {proposals} proposals, {held} updates held back by their age")
    say(f"{len(faults)} faults in {time.monotonic() - started:.0f} s")
    for fault in faults:
        say(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
