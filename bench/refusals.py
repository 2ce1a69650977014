"""Refusals: `lockbot lock` against `uv lock` where there is no lock, and what of it is spent on words.

    python -m bench.refusals [--cases DIR] [--only NAME,...] [--rounds N]

Projects of `bench/refused` contradict themselves in large graphs. Both programs run with filled caches, in turns. Then
the resolver alone is measured in one process: the search up to the contradiction with its telling, and the solves that
look for a change that would give a lock. Target: these take no more CPU than the search, or half a second.
"""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measure import (
    CUTOFF,
    HERE,
    LOCKBOT,
    UV,
    Project,
    Timing,
    arguments,
    copied_projects,
    environment,
    least,
    machine,
    say,
)
from bot.cli.indexes.choice import IndexChoice
from bot.cli.indexes.lazy import LazyIndex
from bot.errors import LockbotError
from bot.git.folder import FolderTree
from bot.resolver.lock import LockTask, lock_project
from bot.resolver.lowering import CommandSettings, discover_workspace, lower_workspace
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice

#: Seconds of CPU that advice may take where the contradiction was found at once.
FLOOR = 0.5


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.set_defaults(cases=HERE / "refused")
    options = parser.parse_args()
    say(f"refusals, warm: {machine()}")
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        ratios = [_measure(project, Path(caches), options.rounds) for project in projects]
    say(f"median ratio of {len(ratios)} projects: {median(ratios):.2f}; highest {max(ratios):.2f}")


def _measure(project: Project, caches: Path, rounds: int) -> float:
    uv = [UV, "lock", *project.uv_arguments, "--cache-dir", str(caches / "uv")]
    lockbot = [LOCKBOT, "lock", *project.arguments, "--cache-dir", str(caches / "lockbot")]
    for command in (uv, lockbot):
        _refusal(command, project.folder)
    pairs = [(_refusal(uv, project.folder), _refusal(lockbot, project.folder)) for _ in range(rounds)]
    theirs = min(pair[0] for pair in pairs)
    ours = min(pair[1] for pair in pairs)
    alone = least([_in_process(project, caches / "lockbot", None) for _ in range(rounds)])
    whole = least([_in_process(project, caches / "lockbot", Advice()) for _ in range(rounds)])
    wall, cpu = max(0.0, whole.wall - alone.wall), max(0.0, whole.cpu - alone.cpu)
    say(
        f"{project.name:<12} uv {theirs:5.2f} s   lockbot {ours:5.2f} s   ratio {ours / theirs:5.2f}   "
        f"search {alone.wall:5.2f} s (CPU {alone.cpu:4.2f})   advice {wall:5.2f} s (CPU {cpu:4.2f})"
        + ("" if cpu <= max(FLOOR, alone.cpu) else "   TOO LONG")
    )
    return ours / theirs


def _refusal(command: list[str], folder: Path) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    spent = time.perf_counter() - start
    if done.returncode != 1:
        raise SystemExit(f"{folder.name}: {Path(command[0]).name} did not refuse: {done.stderr[-300:]}")
    return spent


def _in_process(project: Project, cache: Path, advice: Advice | None) -> Timing:
    tree = FolderTree(Path(project.folder.resolve().anchor))
    settings = CommandSettings(
        exclude_newer=CUTOFF, now=datetime.now(UTC), tree_root=tree.root.as_posix(), python=project.python
    )
    workspace = discover_workspace(tree, project.folder.resolve().relative_to(tree.root).as_posix())
    request = lower_workspace(tree, workspace, settings)
    index = LazyIndex(
        IndexChoice(
            cache_dir=cache, cache_size=2**31, offline=False, environment=dict(os.environ), indexes=request.indexes
        )
    )
    sources = TreeLowering(tree, workspace.root, settings, index)
    start, used = time.perf_counter(), time.process_time()
    try:
        lock_project(LockTask(request=request, index=index, sources=sources, advice=advice))
    except LockbotError:
        return Timing(time.perf_counter() - start, time.process_time() - used)
    finally:
        index.close()
    raise SystemExit(f"{project.name}: there is a lock")


if __name__ == "__main__":
    main()
