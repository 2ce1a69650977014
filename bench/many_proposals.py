"""Planning one repository: every outdated package of a lock proposed and locked on its own, in one process.

    python -m bench.many_proposals [--cases DIR] [--only NAME,...] [--proposals N] [--uv-runs N]

One ``IndexClient`` and one ``FactsCache`` serve all solves. The same proposals go to ``uv lock --upgrade-package`` one
process each, warm and offline; its time for N runs (20, evenly spread over the proposals) is the measure. Each of those
N locks is compared with lockbot's. Target: all solves take less time than N runs of uv.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from bench.measure import CUTOFF, UV, Project, arguments, copied_projects, environment, machine, say, timed
from bot.errors import LockbotError
from bot.git.folder import FolderTree
from bot.index.client import IndexClient, IndexSettings
from bot.index.http.certificates import find_certificates
from bot.index.http.fetch import FetchSettings
from bot.lockfile.model import Lock, RegistrySource
from bot.lockfile.reader import parse_lock
from bot.plan.available import find_newest
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings, discover_workspace, lower_workspace
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.request import LockRequest, Upgrade
from bot.resolver.search.shared import FactsCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """A project as lockbot sees it."""

    request: LockRequest
    lock: Lock
    text: str
    sources: TreeLowering
    index: IndexClient
    cache: FactsCache

    def propose(self, name: str) -> Locked:
        task = LockTask(
            request=replace(self.request, upgrade=Upgrade(packages=frozenset({name}))),
            index=self.index,
            sources=self.sources,
            existing=self.lock,
            existing_text=self.text,
            cache=self.cache,
        )
        return lock_project(task)

    def outdated(self) -> list[str]:
        """The packages of which the index has a newer stable version."""
        found = []
        for package in self.lock.packages:
            if isinstance(package.source, RegistrySource) and package.version is not None:
                current = Version(str(package.version))
                newest = find_newest(self.request, self.index, package.name, (), (current,))
                if newest.in_major or newest.overall:
                    found.append(package.name)
        return sorted(set(found))


def main() -> None:
    parser = arguments(__doc__, rounds=1)
    parser.add_argument("--uv-runs", type=int, default=20)
    parser.add_argument("--proposals", type=int, default=80, help="how many of the outdated packages, evenly spread")
    options = parser.parse_args()
    say(f"many proposals: {machine()}")
    gc.set_threshold(100_000, 20, 50)  # as the command line and the workers do
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        for project in projects:
            if project.lock.exists() and project.script is None:
                _measure(project, Path(caches), options.uv_runs, options.proposals)


def _measure(project: Project, caches: Path, uv_runs: int, proposals: int) -> None:
    text = project.lock.read_text()
    with _planning(project, text, caches / "lockbot") as plan:
        outdated = plan.outdated()
        names = _spread(outdated, proposals)
        say(
            f"{project.name}: {len(plan.lock.packages)} locked packages, {len(outdated)} outdated, {len(names)} proposed"
        )
        _solve_all(plan, names)  # fills memory and disk
    with _planning(project, text, caches / "lockbot", offline=True) as plan:
        start, used = time.perf_counter(), time.process_time()
        plan.outdated()
        first, first_used = time.perf_counter() - start, time.process_time() - used
        answers, spent, used = _solve_all(plan, names)
        _, again, again_used = _solve_all(plan, names)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"  finding them with a warm disk: {first:.2f} s (CPU {first_used:.2f})")
    say(f"  lockbot, disk warm:   {len(names)} solves in {spent:.2f} s (CPU {used:.2f})")
    say(f"  lockbot, memory warm: {len(names)} solves in {again:.2f} s (CPU {again_used:.2f}); peak {peak:.0f} MB")
    chosen = _spread(names, uv_runs)
    wall, cpu, same = _with_uv(project, text, caches / "uv", chosen, answers)
    say(
        f"  uv, warm and offline: {len(chosen)} runs in {wall:.2f} s (CPU {cpu:.2f}); {same} of {len(chosen)} locks the same"
    )
    say(
        f"  ratio to {len(chosen)} runs of uv: disk warm {spent / wall:.2f}, memory warm {again / wall:.2f} (target: below 1)"
    )


def _spread(names: Sequence[str], count: int) -> list[str]:
    return [names[at * len(names) // count] for at in range(count)] if count < len(names) else list(names)


def _solve_all(plan: Planning, names: Sequence[str]) -> tuple[dict[str, str], float, float]:
    """The locks by package (the message where there is none), seconds by the clock, and of CPU."""
    answers = {}
    start, used = time.perf_counter(), time.process_time()
    for name in names:
        try:
            answers[name] = plan.propose(name).text
        except LockbotError as problem:
            answers[name] = str(problem)
    return answers, time.perf_counter() - start, time.process_time() - used


@contextmanager
def _planning(project: Project, text: str, cache: Path, *, offline: bool = False) -> Iterator[Planning]:
    tree = FolderTree(Path(project.folder.resolve().anchor))
    settings = CommandSettings(
        exclude_newer=CUTOFF, now=datetime.now(UTC), tree_root=tree.root.as_posix(), python=project.python
    )
    workspace = discover_workspace(tree, project.folder.resolve().relative_to(tree.root).as_posix())
    fetch = FetchSettings(certificates=find_certificates(os.environ))
    with IndexClient(IndexSettings(fetch=fetch, cache_dir=cache, offline=offline)) as index:
        yield Planning(
            request=lower_workspace(tree, workspace, settings),
            lock=parse_lock(text, "uv.lock"),
            text=text,
            sources=TreeLowering(tree, workspace.root, settings, index),
            index=index,
            cache=FactsCache(),
        )


def _with_uv(
    project: Project, text: str, cache: Path, names: Sequence[str], answers: dict[str, str]
) -> tuple[float, float, int]:
    """Seconds by the clock and of CPU for one run for each name, and how many locks are lockbot's."""
    wall = cpu = 0.0
    same = 0
    shutil.rmtree(cache, ignore_errors=True)
    for name in names:
        command = [UV, "lock", *project.uv_arguments, "--cache-dir", str(cache), "--upgrade-package", name]
        project.lock.write_text(text)
        timed(command, project.folder, environment())
        project.lock.write_text(text)
        timing = timed([*command, "--offline"], project.folder, environment())
        wall, cpu = wall + timing.wall, cpu + timing.cpu
        same += project.lock.read_text() == answers[name]
    project.lock.write_text(text)
    return wall, cpu, same


if __name__ == "__main__":
    main()
