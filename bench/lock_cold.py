"""``lockbot lock`` against ``uv lock``, both with an empty cache and from no lock: mostly the network's time.

    python -m bench.lock_cold [--cases DIR] [--only NAME,...] [--rounds N]

Target: at most 1.5 times uv's wall time on the median project.
"""

from __future__ import annotations

from pathlib import Path

from bench.lock_pairs import Pair, both, compare, skip_if_uv_fails
from bench.measure import Project, arguments, in_turns, machine, say, typical

TARGET = 1.5


def main() -> None:
    options = arguments(__doc__, rounds=3).parse_args()
    say(f"cold: {machine()}")
    compare(options, lambda project, caches: _measure(project, caches, options.rounds), TARGET)


def _measure(project: Project, caches: Path, rounds: int) -> Pair | None:
    if skip_if_uv_fails(project, caches):
        return None
    uv, lockbot = both(project, caches)
    uv_times, lockbot_times = in_turns(rounds, uv.from_nothing, lockbot.from_nothing)
    return Pair(
        name=project.name,
        packages=uv.text.count("[[package]]"),
        uv=typical(uv_times),
        lockbot=typical(lockbot_times),
        same=uv.text == lockbot.text,
    )


if __name__ == "__main__":
    main()
