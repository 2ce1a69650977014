"""``lockbot lock`` against ``uv lock``, both with an empty cache and from no lock: mostly the network's time.

    python -m bench.lock_cold [--cases DIR] [--only NAME,...] [--rounds N]

Target: at most 1.5 times uv's wall time on the median project.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.lock_pairs import Pair, both, skip_if_uv_fails, summarize
from bench.measure import Failed, Project, arguments, copied_projects, fail, in_turns, machine, say, typical

TARGET = 1.5


def main() -> None:
    options = arguments(__doc__, rounds=3).parse_args()
    say(f"cold: {machine()}")
    pairs = []
    with copied_projects(options) as projects:
        for project in projects:
            try:
                pair = _measure(project, options.rounds)
            except Failed as problem:
                fail(str(problem))
                continue
            if pair is not None:
                pairs.append(pair)
                say(pair.line())
    summarize(pairs, TARGET)


def _measure(project: Project, rounds: int) -> Pair | None:
    with TemporaryDirectory(prefix="bench-cache-") as caches:
        if skip_if_uv_fails(project, Path(caches)):
            return None
        uv, lockbot = both(project, Path(caches))
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
