"""What follows a lock, in time: ``lockbot run`` over a repository with hooks and exports, with followers and without.

    python -m bench.followers [--repository DIR] [--rounds N]

Both run in turns in one process over a warm index, dry. The repository is a made-up
one (two exports, hooks that write them, revisions and requirements of hooks) with packages from PyPI, or a copy of ``DIR``.
Target: with followers at most 1.5 times the time without.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from bench.measure import LOCKBOT, machine, say
from bot.cli.local.committing import run_local
from bot.cli.local.repository import LocalRun, look_around, named_indexes, open_index
from bot.follow.followers import find_followers
from bot.index.client import IndexClient
from bot.logs import keep_error

FILES = {
    "pyproject.toml": """\
[project]
name = "svc"
version = "0.1.0"
requires-python = ">=3.12"
dependencies = ["httpx==0.27.0", "rich>=13,<14"]

[dependency-groups]
dev = ["ruff==0.14.0", "mypy==1.18.2"]
""",
    ".pre-commit-config.yaml": """\
repos:
  - repo: https://github.com/astral-sh/uv-pre-commit
    rev: 0.13.9
    hooks:
      - id: uv-lock
      - id: uv-export
        args: [--frozen, --no-dev, --output-file=requirements-prod.txt]
      - id: uv-export
        args: [--frozen, --format, pylock.toml, -o, pylock.toml, --quiet]
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.14.0
    hooks: [{id: ruff}]
  - repo: https://github.com/pre-commit/mirrors-mypy
    rev: v1.18.2
    hooks:
      - id: mypy
        additional_dependencies: ["httpx==0.27.0"]
""",
}
EXPORTS = {
    "requirements-prod.txt": ("--frozen", "--no-dev", "--output-file=requirements-prod.txt"),
    "pylock.toml": ("--frozen", "--format", "pylock.toml", "-o", "pylock.toml"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repository", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    say(machine())
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "repository")
        _make(folder, options.repository)
        call = LocalRun(path=folder, environ=os.environ, now=datetime.now(UTC), dry_run=True)
        with open_index(named_indexes(call), call.environ, call.now) as index:
            _measure(call, index, options.rounds)


def _make(folder: Path, source: Path | None) -> None:
    if source is not None:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".git"))
    else:
        folder.mkdir()
        for name, text in FILES.items():
            (folder / name).write_text(text)
        _run(folder, LOCKBOT, "lock")
        for words in EXPORTS.values():
            _run(folder, LOCKBOT, "export", *words)
    person = ("-c", "user.name=bench", "-c", "user.email=bench@example.invalid")
    for command in (("init", "-q"), ("add", "-A"), (*person, "commit", "-q", "-m", "base")):
        _run(folder, "git", *command)


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _measure(call: LocalRun, index: IndexClient, rounds: int) -> None:
    around = look_around(call.environ)
    taken: dict[str, list[float]] = {"with": [], "without": []}
    for at in range(rounds + 1):
        for name, finder in (("with", find_followers), ("without", lambda *_: ())):
            with patch("bot.pipeline.sight.find_followers", finder):
                spent = _timed(lambda: run_local(call, index, keep_error, around=around))
            # The first round warms what the others find warm.
            if at:
                taken[name].append(spent)
    middle = {name: median(times) for name, times in taken.items()}
    for name, spent in middle.items():
        least, most = min(taken[name]), max(taken[name])
        say(f"{name:<8} {spent * 1000:6.0f} ms (median of {rounds}; {least * 1000:.0f} to {most * 1000:.0f})")
    say(f"ratio    {middle['with'] / middle['without']:6.2f} (target: at most 1.5)")


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
