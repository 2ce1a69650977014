"""Would a repository's own CI pass on lockbot's branches? ``lockbot run`` over samples, and the real uv's word on each.

    python -m bench.guides FOLDER... [--only NAME,...] [--keep]

Each folder is copied and made a git repository; what is on each branch then is asked of uv: every lock (projects',
scripts', notebooks'), every export and compiled file by the command of its header, every hook of uv-pre-commit with its
arguments, and whether pins of the uv that a branch moves away from are left. Prints a line for each: ``ok``, ``BAD``, or
``was`` where uv says the same of the sample as it is; exit 0 if nothing is bad. Needs the index that the samples name.
Interpreters are stand-ins that only say their version.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from bench.guide_checks import Verdict, find_checks, find_old_pins, find_pins, run_check
from tests.real_uv import find_uv
from tests.resolver.stand_in_python import make_stand_in

_VERSIONS = tuple(f"3.{minor}" for minor in range(8, 16))
#: uv says how long it took.
_TIME = re.compile(r"\bResolved .*")
_PERSON = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A developer",
    "GIT_AUTHOR_EMAIL": "developer@example.org",
    "GIT_COMMITTER_NAME": "A developer",
    "GIT_COMMITTER_EMAIL": "developer@example.org",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``what`` is the check and its file; ``said`` why it does not hold, which may be no fault of the branch: ``was``."""

    sample: str
    branch: str
    what: str
    holds: bool
    said: str = ""
    was: bool = False


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="lockbot's branches of samples, held against uv")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="names of samples, with commas")
    parser.add_argument("--keep", action="store_true", help="leave the repositories where they are, and say where")
    told = parser.parse_args(arguments)
    only = frozenset(filter(None, told.only.split(",")))
    uv = find_uv()
    if uv is None:
        print("uv is not installed", file=sys.stderr)
        return 2
    with _place(told.keep) as place:
        environ = {**os.environ, **_PERSON, "UV_PYTHON_DOWNLOADS": "never", "PATH": _with_pythons(Path(place))}
        rows = []
        for folder in (one for one in told.folders if not only or one.name in only):
            for row in check_sample(folder, Path(place) / folder.name, uv, environ):
                print(_line(row), flush=True)
                rows.append(row)
    bad = [row for row in rows if not row.holds and not row.was]
    was = sum(row.was for row in rows)
    print(f"{len(rows) - len(bad) - was} of {len(rows)} hold" + (f", {was} do not and did not before" if was else ""))
    return 1 if bad or not rows else 0


@contextmanager
def _place(is_kept: bool) -> Iterator[str]:
    if is_kept:
        place = mkdtemp(prefix="guides-")
        yield place
        print(f"Look at them: {place}")
        return
    with TemporaryDirectory() as place:
        yield place


def _with_pythons(place: Path) -> str:
    folder = place / "pythons"
    folder.mkdir()
    for version in _VERSIONS:
        make_stand_in(folder, version)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def check_sample(folder: Path, copy: Path, uv: str, environ: Mapping[str, str]) -> Iterator[Row]:
    """Every check of every branch; that of the run itself first."""
    shutil.copytree(folder, copy, symlinks=True)
    _git(copy, environ, "init", "-q", "-b", "main")
    _git(copy, environ, "add", "-A", "-f")
    _git(copy, environ, "commit", "-q", "-m", "A sample")
    before = find_pins(copy)
    started = time.perf_counter()
    command = [sys.executable, "-m", "bot", "run", str(copy), "--json"]
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)
    report = json.loads(done.stdout) if done.stdout else {"proposals": []}
    said = f"{len(report['proposals'])} proposals in {time.perf_counter() - started:.1f} s"
    yield Row(sample=folder.name, branch="main", what=f"run: {said}", holds=done.returncode == 0, said=done.stderr)
    for branch in [one["branch"] for one in report["proposals"]]:
        _git(copy, environ, "checkout", "-q", branch)
        for check in list(find_checks(copy)):
            verdict = run_check(check, copy, uv, environ)
            yield _row(folder.name, branch, verdict, was=not verdict.holds and _was(verdict, copy, branch, uv, environ))
        old = find_old_pins(before, find_pins(copy))
        told = ", ".join(f"{pin.path} {pin.version}" for pin in old)
        yield Row(sample=folder.name, branch=branch, what="pins of uv", holds=not old, said=told)


def _was(verdict: Verdict, copy: Path, branch: str, uv: str, environ: Mapping[str, str]) -> bool:
    """Whether uv says the same of what the branch begins with."""
    _git(copy, environ, "checkout", "-q", "main")
    before = run_check(verdict.check, copy, uv, environ)
    _git(copy, environ, "checkout", "-q", branch)
    return not before.holds and _TIME.sub("", before.said) == _TIME.sub("", verdict.said)


def _row(sample: str, branch: str, verdict: Verdict, *, was: bool) -> Row:
    check = verdict.check
    what = f"{check.kind} {check.path}: uv {' '.join(check.command)}"
    return Row(sample=sample, branch=branch, what=what, holds=verdict.holds, said=verdict.said, was=was)


def _line(row: Row) -> str:
    said = "" if row.holds else "\n" + "\n".join(f"    {line}" for line in row.said.splitlines()[:12])
    word = "ok " if row.holds else "was" if row.was else "BAD"
    return f"{word}  {row.sample:<12} {row.branch:<32} {row.what}{said}"


def _git(folder: Path, environ: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=dict(environ), check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
