"""The Pythons of this machine, for what has to work with each that is supported."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.test_architecture import ROOT

_PREFIX = "Programming Language :: Python :: 3."


def supported() -> tuple[str, ...]:
    """As the classifiers say: ``3.11``, …"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return tuple(f"3.{one.removeprefix(_PREFIX)}" for one in project["classifiers"] if one.startswith(_PREFIX))


@cache
def find_python(version: str) -> Path | None:
    """An interpreter of this version that runs: a name on the path may be a shim that leads nowhere."""
    return next((path for path in _places(version) if _version(path) == version), None)


def _places(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    yield from sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/python"))


def _version(python: Path) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip()
