"""A whole ``lockbot run`` on a project of sixty pins and some 180 locked packages, two years old.

    python -m bench.run_pins [--rounds N] [--cold] [--keep FOLDER]

The project of ``bench/projects/large`` with each requirement pinned to what its lock holds, in a git repository. Each
round plans it afresh (``--dry-run``), from an empty cache (``--cold``) or a filled one, and prints time by the clock, CPU
and the stages. In turns with it ``uv lock --upgrade`` runs on the same project once: the ratio says what all proposals cost
in runs of uv. It asks PyPI, so what there is to propose grows with the time. Target: 4.5 s warm, 12 s cold.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measure import HERE, LOCKBOT, UV, environment, machine, say, timed

_PROJECT = HERE / "projects" / "large"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="an empty cache each time")
    parser.add_argument("--keep", type=Path, help="leave the repository there")
    options = parser.parse_args()
    say(f"a run over pins, {'cold' if options.cold else 'warm'}: {machine()}")
    with TemporaryDirectory(prefix="bench-") as scratch:
        repository, caches = Path(scratch, "pins"), Path(scratch, "caches")
        count = make_repository(repository)
        say(f"{count} pins")
        if options.keep:
            shutil.copytree(repository, options.keep)
        if not options.cold:
            _run(repository, caches, "filling")
            _upgrade(repository, caches)
        walls, ratios = [], []
        for number in range(1, options.rounds + 1):
            if options.cold:
                shutil.rmtree(caches, ignore_errors=True)
            wall = _run(repository, caches, f"round {number}")
            uv = _upgrade(repository, caches)
            walls.append(wall)
            ratios.append(wall / uv)
            say(f"  uv lock --upgrade {uv:.2f} s")
        say(f"median {median(walls):.1f} s, {median(ratios):.1f} runs of uv")


def make_repository(folder: Path) -> int:
    """The pinned project, committed, with a lock that fits it; how many pins."""
    shutil.copytree(_PROJECT, folder)
    locked = {one["name"]: one["version"] for one in tomllib.loads((folder / "uv.lock").read_text())["package"]}
    manifest = folder / "pyproject.toml"
    text, count = re.subn(
        r'"([A-Za-z0-9._-]+)((?:\[[^\]]*\])?)[<>=~!][^";]*"',
        lambda found: f'"{found[1]}{found[2]}=={locked[found[1].lower()]}"',
        manifest.read_text().partition("[tool")[0],
    )
    manifest.write_text(text)
    timed([UV, "lock", "--quiet"], folder, {**environment(), "UV_EXCLUDE_NEWER": "2026-10-01T00:00:00Z"})
    _forget_cut_off(folder / "uv.lock")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*_WHO, "commit", "-qm", "pins"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return count


_WHO = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]


def _forget_cut_off(lock: Path) -> None:
    lock.write_text(re.sub(r"\[options\]\n(?:[a-z-]+ = .*\n)+\n", "", lock.read_text()))


def _run(repository: Path, caches: Path, name: str) -> float:
    command = [LOCKBOT, "run", "--dry-run", "--json", str(repository)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=_variables(caches), check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in report["timings"].items())
    counts = f"{len(report['proposals'])} proposals, {len(report['held_back'])} held back"
    say(f"{name}: {wall:.2f} s (CPU {cpu:.2f}); {counts}; {stages}")
    for problem in report["problems"]:
        say(f"  problem: {problem}")
    return wall


def _upgrade(repository: Path, caches: Path) -> float:
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch, "pins")
        shutil.copytree(repository, folder)
        text = re.sub(r'(?<=[a-z0-9\]])==[^"]*"', '"', (folder / "pyproject.toml").read_text())
        folder.joinpath("pyproject.toml").write_text(text)
        return timed([UV, "lock", "--upgrade", "--quiet"], folder, _variables(caches)).wall


def _variables(caches: Path) -> Mapping[str, str]:
    """Both programs with caches of their own below ``caches``, and no cut-off."""
    own = {"LOCKBOT_CACHE_DIR": str(caches / "lockbot"), "UV_CACHE_DIR": str(caches / "uv"), "HOME": os.environ["HOME"]}
    kept = {key: value for key, value in environment(**own).items() if key != "UV_EXCLUDE_NEWER"}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never"}


if __name__ == "__main__":
    main()
