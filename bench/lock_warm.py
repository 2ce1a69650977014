"""``lockbot lock`` against ``uv lock``, both offline with a filled cache and from no lock.

    python -m bench.lock_warm [--cases DIR] [--only NAME,...] [--rounds N]

Target: at most 6 times uv's wall time, better 3.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.lock_pairs import Pair, both, skip_if_uv_fails, summarize
from bench.measure import Failed, Project, arguments, copied_projects, fail, in_turns, least, machine, say

TARGET = 6.0


def main() -> None:
    options = arguments(__doc__, rounds=5).parse_args()
    say(f"warm, offline: {machine()}")
    pairs = []
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        for project in projects:
            try:
                pair = _measure(project, Path(caches), options.rounds)
            except Failed as problem:
                fail(str(problem))
                continue
            if pair is not None:
                pairs.append(pair)
                say(pair.line())
    summarize(pairs, TARGET)


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
