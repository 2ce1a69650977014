"""Solve time against size on made-up universes: chains, diamonds, deep conflicts, many forks, and a hopeless search.

    python -m bench.growth [--sizes N,...] [--seconds N]

Each universe lives in memory, so only the resolver is measured, from manifest to lock text. ``exponent`` is that of the
growth between two sizes (1: linear, 2: quadratic). A pigeonhole puzzle has no solution that any resolver finds quickly:
the limit on effort has to end it with "gave up", which is not "impossible".
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import machine, say
from bot.errors import GaveUpError
from bot.git.folder import FolderTree
from bot.index.memory import MemoryIndex
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings, discover_workspace, lower_workspace
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import EffortLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """What the index has and what the project requires."""

    index: MemoryIndex
    requires: list[str]


def chain(size: int) -> Universe:
    """Each package needs the next one."""
    index = MemoryIndex()
    for number in range(size):
        for version in ("1.0", "1.1", "2.0"):
            needs = [f"p{number + 1}>=1.1"] if number + 1 < size else []
            index.add(f"p{number}", version, requires_dist=needs)
    return Universe(index=index, requires=["p0"])


def diamonds(size: int) -> Universe:
    """Two packages side by side need both of the next pair, in ranges that overlap in one version."""
    index = MemoryIndex()
    for number in range(size):
        for side, wanted in (("a", ">=2"), ("b", "<3")):
            needs = [f"{other}{number + 1}{wanted}" for other in "ab"] if number + 1 < size else []
            for version in ("1.0", "2.0", "3.0"):
                index.add(f"{side}{number}", version, requires_dist=needs)
    return Universe(index=index, requires=["a0", "b0"])


def deep_conflicts(size: int) -> Universe:
    """Every version of a package pins the same version of the next; the last one exists in the oldest version only."""
    index = MemoryIndex()
    versions = [f"{major}.0" for major in range(1, 6)]
    for number in range(size):
        for version in versions:
            needs = [f"p{number + 1}=={version}"]
            index.add(f"p{number}", version, requires_dist=needs)
    index.add(f"p{size}", versions[0])
    return Universe(index=index, requires=[f"p{number}" for number in range(size)])


def many_forks(size: int) -> Universe:
    """Disjoint markers ask for different versions; every other package splits by platform, the others by Python."""
    index = MemoryIndex()
    requires = []
    for number in range(size):
        for version in ("1.0", "2.0"):
            index.add(f"p{number}", version)
        test = "sys_platform == 'win32'" if number % 2 else "python_version < '3.13'"
        other = "sys_platform != 'win32'" if number % 2 else "python_version >= '3.13'"
        requires += [f"p{number}==1.0; {test}", f"p{number}==2.0; {other}"]
    return Universe(index=index, requires=requires)


def wide(size: int) -> Universe:
    """Every package needs the ten that follow it."""
    index = MemoryIndex()
    for number in range(size):
        for version in ("1.0", "2.0"):
            needs = [f"p{after}>=1" for after in range(number + 1, min(number + 11, size))]
            index.add(f"p{number}", version, requires_dist=needs)
    return Universe(index=index, requires=["p0"])


def pigeonhole(size: int) -> Universe:
    """One pigeon more than there are holes, and a hole takes one: impossible, but only by trying."""
    index = MemoryIndex()
    for pigeon in range(size + 1):
        for hole in range(1, size + 1):
            index.add(f"pigeon{pigeon}", f"{hole}.0", requires_dist=[f"hole{hole}=={pigeon}.0"])
    for hole in range(1, size + 1):
        for pigeon in range(size + 1):
            index.add(f"hole{hole}", f"{pigeon}.0")
    return Universe(index=index, requires=[f"pigeon{pigeon}" for pigeon in range(size + 1)])


GROWING: tuple[Callable[[int], Universe], ...] = (chain, diamonds, deep_conflicts, wide, many_forks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="25,50,100,200,400")
    parser.add_argument("--seconds", type=float, default=10.0, help="the limit that ends the hopeless search")
    options = parser.parse_args()
    say(f"growth: {machine()}")
    for make in GROWING:
        _grow(make, [int(text) for text in options.sizes.split(",")])
    _give_up(options.seconds)


def _grow(make: Callable[[int], Universe], sizes: list[int]) -> None:
    say(f"{make.__name__}: {(make.__doc__ or '').strip()}")
    before: tuple[int, float] | None = None
    for size in sizes:
        universe = make(size)
        used = time.process_time()
        locked = _lock(universe, EffortLimits())
        spent = time.process_time() - used
        exponent = "" if before is None else f"   exponent {log(spent / before[1]) / log(size / before[0]):.2f}"
        say(f"  size {size:>4}: {len(locked.lock.packages):>5} locked packages, CPU {spent:7.3f} s{exponent}")
        before = size, spent


def _give_up(seconds: float) -> None:
    say(f"pigeonhole: {pigeonhole.__doc__}")
    used = time.process_time()
    try:
        _lock(pigeonhole(12), EffortLimits(seconds=seconds))
        say("  it was solved, which cannot be")
    except GaveUpError as problem:
        say(f"  12 holes: CPU {time.process_time() - used:.2f} s, then: {problem}")


def _lock(universe: Universe, limits: EffortLimits) -> Locked:
    with TemporaryDirectory(prefix="bench-") as folder:
        listed = "".join(f'    "{one}",\n' for one in universe.requires)
        text = f'[project]\nname = "grown"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = [\n{listed}]\n'
        Path(folder, "pyproject.toml").write_text(text)
        tree = FolderTree(Path(folder))
        settings = CommandSettings()
        workspace = discover_workspace(tree, ".")
        task = LockTask(
            request=lower_workspace(tree, workspace, settings),
            index=universe.index,
            sources=TreeLowering(tree, workspace.root, settings, universe.index),
            limits=limits,
        )
        return lock_project(task)


if __name__ == "__main__":
    main()
