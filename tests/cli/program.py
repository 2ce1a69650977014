"""lockbot started as a program: in a folder, without the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """``text`` is what it printed, ``said`` what it told on standard error."""

    code: int
    text: str
    said: str


def run_lockbot(*arguments: str, folder: Path, home: Path, **environment: str) -> Ended:
    """Runs it in ``folder``; ``home`` need not exist."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "LOCKBOT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**clean, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
