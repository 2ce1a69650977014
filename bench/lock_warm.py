"""``lockbot lock`` against ``uv lock``, both offline with a filled cache and from no lock.

    python -m bench.lock_warm [--cases DIR] [--only NAME,...] [--rounds N]

Target: at most 6 times uv's wall time, better 3.
"""

from __future__ import annotations

from pathlib import Path

from bench.lock_pairs import Pair, both, compare, skip_if_uv_fails
from bench.measure import Project, arguments, in_turns, least, machine, say

TARGET = 6.0


def main() -> None:
    options = arguments(__doc__, rounds=5).parse_args()
    say(f"warm, offline: {machine()}")
    compare(options, lambda project, caches: _measure(project, caches, options.rounds), TARGET)


def _measure(project: Project, caches: Path, rounds: int) -> Pair | None:
    if skip_if_uv_fails(project, caches):
        return None
    both(project, caches)[1].again()
    uv, lockbot = both(project, caches, "--offline")
    uv_times, lockbot_times = in_turns(rounds, uv.again, lockbot.again)
    return Pair(
        name=project.name,
        packages=uv.text.count("[[package]]"),
        uv=least(uv_times),
        lockbot=least(lockbot_times),
        same=uv.text == lockbot.text,
    )


if __name__ == "__main__":
    main()
