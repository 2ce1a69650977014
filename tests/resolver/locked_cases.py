"""Cases on disk: files written, wheels to depend on, and the real uv to lock them with."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.options.lock_settings import Surroundings, make_settings
from bot.command_line.environment import with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import absent_values
from bot.resolver.lowering import CommandSettings
from tests.real_uv import need_uv

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_wheel(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        extra = "Provides-Extra: x\n"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{extra}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def write_case(files: Mapping[str, str], root: Path) -> None:
    """Write the files, and the wheels of a, b, c and d (1.0 and 2.0) to two folders beside them."""
    write_files(files, root)
    for folder in ("links", "links2"):
        for name in "abcd":
            for version in ("1.0", "2.0"):
                make_wheel(root / folder, name, version)


def write_files(files: Mapping[str, str], root: Path) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.removeprefix("\n"), "utf-8", newline="")


@dataclass(frozen=True, slots=True)
class OfflineUv:
    """``uv lock`` without network and without settings from outside the case.

    The cases share ``cache``: what uv keeps of their wheels is kept by path, and what the interpreter says is the same
    for all, so that it is asked once.
    """

    cache: Path

    def lock(
        self, root: Path, folder: Path, variables: Mapping[str, str], *options: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        environment |= {"UV_CACHE_DIR": str(self.cache), "UV_PYTHON": sys.executable, "TZ": "UTC", **variables}
        environment |= {"XDG_CONFIG_HOME": str(root / ".config"), "XDG_CONFIG_DIRS": str(root / ".config")}
        command = [need_uv(), "lock", "--offline", *options]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def settings_of(root: Path, variables: Mapping[str, str]) -> CommandSettings:
    options = with_environment(LOCK_OPTIONS, absent_values(LOCK_OPTIONS), variables)
    settings = make_settings(options, Surroundings(root=root, folder=".", now=NOW, zone=UTC))
    return replace(settings, python=PYTHON, stands_for=None)
