"""Two programs on one project: ``lockbot lock`` and ``uv lock``, each with a cache of its own."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measure import LOCKBOT, UV, Failed, Project, Timing, copied_projects, environment, fail, say, timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One project's two timings and whether the locks had the same bytes."""

    name: str
    packages: int
    uv: Timing
    lockbot: Timing
    same: bool

    @property
    def ratio(self) -> float:
        return self.lockbot.wall / self.uv.wall

    def line(self) -> str:
        return (
            f"{self.name:<34} {self.packages:>4} packages   uv {self.uv.wall:6.2f} s (CPU {self.uv.cpu:5.2f})   "
            f"lockbot {self.lockbot.wall:6.2f} s (CPU {self.lockbot.cpu:5.2f})   ratio {self.ratio:5.2f}"
            + ("" if self.same else "   THE LOCKS DIFFER")
        )


class Locking:
    """Runs one program on one project from no lock; ``text`` is the last lock it wrote."""

    def __init__(self, program: str, project: Project, cache: Path, *extra: str) -> None:
        self._command = [program, "lock", *_told(program, project), "--cache-dir", str(cache), *extra]
        self._project = project
        self._cache = cache
        self.text = ""

    def from_nothing(self) -> Timing:
        """With an empty cache."""
        shutil.rmtree(self._cache, ignore_errors=True)
        return self.again()

    def again(self) -> Timing:
        """With the cache as it is."""
        self._project.lock.unlink(missing_ok=True)
        timing = timed(self._command, self._project.folder, environment())
        self.text = self._project.lock.read_text()
        return timing


def _told(program: str, project: Project) -> list[str]:
    return project.uv_arguments if program == UV else project.arguments


def both(project: Project, caches: Path, *extra: str) -> tuple[Locking, Locking]:
    """uv and lockbot on one project."""
    return (
        Locking(UV, project, caches / "uv", *extra),
        Locking(LOCKBOT, project, caches / "lockbot", *extra),
    )


def skip_if_uv_fails(project: Project, caches: Path) -> bool:
    """Whether there is nothing to compare with, as uv cannot lock the project here."""
    try:
        Locking(UV, project, caches / "uv").again()
    except Failed as problem:
        fail(f"{project.name}: passed over ({' '.join(str(problem).split())[-160:]})")
        return True
    return False


def compare(options: Namespace, measure: Callable[[Project, Path], Pair | None], target: float) -> None:
    """Measure project after project and say how they fare; ``measure`` gets a folder for the caches of all."""
    pairs = []
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        for project in projects:
            try:
                pair = measure(project, Path(caches))
            except Failed as problem:
                fail(str(problem))
                continue
            if pair is not None:
                pairs.append(pair)
                say(pair.line())
    _summarize(pairs, target)


def _summarize(pairs: Sequence[Pair], target: float) -> None:
    """The median project (by uv's time) and the median ratio."""
    if not pairs:
        return
    middle = sorted(pairs, key=lambda pair: pair.uv.wall)[len(pairs) // 2]
    say(f"median project: {middle.name}, ratio {middle.ratio:.2f} (target: at most {target})")
    say(f"median ratio of {len(pairs)} projects: {median(pair.ratio for pair in pairs):.2f}")
    say(f"highest ratio: {max(pair.ratio for pair in pairs):.2f}")
