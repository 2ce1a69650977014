"""What installing costs: ``uv tool install`` of a wheel with nothing there before, for each extra.

    python -m bench.installs [WHEEL] [--times N] [--extras server …]

Without a wheel the one of this tree is built. Prints megabytes, packages, and the fewest seconds of ``N`` installations with
an empty cache (everything is downloaded) and with a full one. Needs PyPI.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    megabytes: float
    packages: int
    cold: float
    warm: float


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("wheel", nargs="?", type=Path)
    words.add_argument("--times", type=int, default=3)
    words.add_argument("--extras", nargs="*", default=None)
    said = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheel = (said.wheel or build(place / "dist")).resolve()
        print("| installed | MB | packages | seconds, empty cache | seconds, full cache |\n|---|---|---|---|---|")
        for extra in all_extras() if said.extras is None else ("", *said.extras):
            cost = measure(f"{wheel}[{extra}]" if extra else str(wheel), place, said.times)
            name = f"uv-lockbot[{extra}]" if extra else "uv-lockbot"
            print(
                f"| `{name}` | {cost.megabytes:.0f} | {cost.packages} | {cost.cold:.1f} | {cost.warm:.1f} |", flush=True
            )


def all_extras() -> Sequence[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return ("", *project["optional-dependencies"])


def build(folder: Path) -> Path:
    subprocess.run([UV, "build", "-q", "--wheel", "-o", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


def measure(what: str, place: Path, times: int) -> Cost:
    cold, warm = [], []
    for _ in range(times):
        shutil.rmtree(place / "cache", ignore_errors=True)
        cold.append(install(what, place))
        warm.append(install(what, place))
    return Cost(
        megabytes=sum(size_of(place / "tools")) / 1e6,
        packages=len(list((place / "tools").glob("*/lib/python3*/site-packages/*.dist-info"))),
        cold=min(cold),
        warm=min(warm),
    )


def install(what: str, place: Path) -> float:
    """How long it takes, into folders that are not there."""
    for name in ("tools", "bin"):
        shutil.rmtree(place / name, ignore_errors=True)
    environment = {
        **os.environ,
        "UV_TOOL_DIR": str(place / "tools"),
        "UV_TOOL_BIN_DIR": str(place / "bin"),
        "UV_CACHE_DIR": str(place / "cache"),
        "UV_LINK_MODE": "copy",
    }
    started = time.monotonic()
    subprocess.run([UV, "tool", "install", "-q", "--python", sys.executable, what], check=True, env=environment)
    return time.monotonic() - started


def size_of(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.stat().st_size


if __name__ == "__main__":
    main()
