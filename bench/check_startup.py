"""``lockbot lock --check`` on a lock that is right: the CPU time of the whole process, interpreter included.

    python -m bench.check_startup [--cases DIR] [--only NAME,...] [--rounds N]

The lock is made by uv first. Target: under 150 ms of CPU (user and system); no index is read (there is no cache, and
the run is offline).
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.lock_pairs import skip_if_uv_fails
from bench.measure import (
    LOCKBOT,
    UV,
    Failed,
    Timing,
    arguments,
    copied_projects,
    environment,
    fail,
    in_turns,
    least,
    machine,
    say,
    timed,
    typical,
)

TARGET = 0.150


def main() -> None:
    options = arguments(__doc__, rounds=15).parse_args()
    say(f"check: {machine()}")
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        empty = timed_many([sys.executable, "-c", "pass"], Path(caches), options.rounds)
        say(f"an empty Python process: CPU {least(empty).cpu * 1000:.0f} ms")
        for project in projects:
            if skip_if_uv_fails(project, Path(caches)):
                continue
            uv_check = [UV, "lock", "--check", "--offline", *project.uv_arguments, "--cache-dir", f"{caches}/uv"]
            check = [LOCKBOT, "lock", "--check", "--offline", *project.arguments, "--no-cache"]
            try:
                uv, lockbot = in_turns(
                    options.rounds,
                    partial(timed, uv_check, project.folder, environment()),
                    partial(timed, check, project.folder, environment()),
                )
            except Failed as problem:
                fail(str(problem))
                continue
            packages = project.lock.read_text().count("[[package]]")
            say(
                f"{project.name:<34} {packages:>4} packages   uv CPU {least(uv).cpu * 1000:4.0f} ms   lockbot CPU "
                f"{least(lockbot).cpu * 1000:4.0f} ms (median {typical(lockbot).cpu * 1000:4.0f})   "
                f"ratio {least(lockbot).cpu / least(uv).cpu:5.1f}   target {TARGET * 1000:.0f} ms"
            )


def timed_many(command: list[str], folder: Path, rounds: int) -> list[Timing]:
    return in_turns(rounds, lambda: timed(command, folder, environment()))[0]


if __name__ == "__main__":
    main()
