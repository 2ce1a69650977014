"""The uv that lockbot is held against."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

#: Names another uv than the one that is installed beside the tests (``bench.parity`` sets it).
JUDGE = "LOCKBOT_JUDGE"


def find_uv() -> str | None:
    """The uv that the environment names, else that beside this interpreter, else the one on the path."""
    named = os.environ.get(JUDGE)
    beside = Path(sys.executable).with_name("uv")
    return named or (str(beside) if beside.exists() else shutil.which("uv"))


def need_uv() -> str:
    """The same; a test that finds none is skipped."""
    found = find_uv()
    if found is None:
        pytest.skip("uv is not installed")
    return found
