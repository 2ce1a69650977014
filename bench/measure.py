"""What the bench programs share: projects copied to a scratch folder, programs timed, the machine named.

Two programs that are compared run in turns in the same minutes, so that a busy machine is busy for both.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from uv import find_uv_bin

HERE = Path(__file__).resolve().parent
LOCKBOT = str(Path(sysconfig.get_path("scripts")) / "lockbot")
UV = find_uv_bin()
CUTOFF = "2026-10-01T00:00:00Z"


class Failed(Exception):
    """A program that is measured did not do its work; the message is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder to lock, or a script in it. ``interpreter`` is what uv locks with, ``python`` its version (3.N)."""

    name: str
    folder: Path
    script: str | None = None
    interpreter: str
    python: str

    @property
    def arguments(self) -> list[str]:
        """For lockbot; uv takes the interpreter instead of its version."""
        return ["--python", self.python, *(["--script", self.script] if self.script else [])]

    @property
    def uv_arguments(self) -> list[str]:
        return ["--python", self.interpreter, *self.arguments[2:]]

    @property
    def lock(self) -> Path:
        return self.folder / (f"{self.script}.lock" if self.script else "uv.lock")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: by the clock, and of both processors (user and system)."""

    wall: float
    cpu: float


def machine() -> str:
    """The machine and what ran on it, in one line."""
    uv = subprocess.run([UV, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, uv {uv}, "
        f"load {load:.1f} at the start"
    )


def arguments(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """The options that all programs over projects have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, default=HERE / "projects", help="folder of project folders")
    parser.add_argument("--only", default="", help="names of projects, with commas")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each program runs on each project")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that uv locks with")
    return parser


@contextmanager
def copied_projects(options: argparse.Namespace) -> Iterator[list[Project]]:
    """Copies of the chosen projects, for as long as the context lasts."""
    only = set(filter(None, options.only.split(",")))
    version = _version(options.python)
    with TemporaryDirectory(prefix="bench-") as scratch:
        projects = []
        for case in sorted(path for path in options.cases.iterdir() if path.is_dir()):
            if not only or case.name in only:
                shutil.copytree(case, Path(scratch, case.name), symlinks=True)
                projects.append(_project(Path(scratch, case.name), options.python, version))
        if not projects:
            raise SystemExit(f"no projects in {options.cases}")
        yield projects


def _version(interpreter: str) -> str:
    ask = "import sys; print(*sys.version_info[:2], sep='.')"
    return subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _project(folder: Path, interpreter: str, python: str) -> Project:
    told = folder / "case.toml"
    spec = tomllib.loads(told.read_text()) if told.exists() else {}
    return Project(
        name=folder.name,
        folder=folder / spec.get("root", "."),
        script=spec.get("script"),
        interpreter=interpreter,
        python=python,
    )


def environment(**more: str) -> dict[str, str]:
    """The environment for both programs: nobody's own settings, one cut-off, no downloads of Pythons.

    Bytecode may be written: a program that is installed has it, and compiling every module is not what is measured.
    """
    left_out = ("UV_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "UV_EXCLUDE_NEWER": CUTOFF, **more}


def timed(command: Sequence[str], folder: Path, variables: Mapping[str, str], limit: float | None = None) -> Timing:
    """Run a program to its end; raises ``Failed`` when it does not succeed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=limit)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} in {folder.name}: {(done.stdout + done.stderr)[-600:]}")
    return Timing(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def in_turns(rounds: int, *runs: Callable[[], Timing]) -> list[list[Timing]]:
    """Each run's timings, taken in turns."""
    found: list[list[Timing]] = [[] for _ in runs]
    for _ in range(rounds):
        for timings, run in zip(found, runs, strict=True):
            timings.append(run())
    return found


def typical(timings: Sequence[Timing]) -> Timing:
    """The medians."""
    return Timing(median(one.wall for one in timings), median(one.cpu for one in timings))


def least(timings: Sequence[Timing]) -> Timing:
    """The least of each: what the work costs when nothing disturbs it."""
    return Timing(min(one.wall for one in timings), min(one.cpu for one in timings))


def say(text: str = "") -> None:
    print(text, flush=True)


def fail(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
