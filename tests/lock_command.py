"""``lockbot lock`` in this process, which is much sooner there than one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from bot.cli.locking.command import run_lock
from bot.errors import LockbotError


def call_lock(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What the command does in ``folder`` with this environment and no other."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
            patch.delenv(name)
        for name, text in environment.items():
            patch.setenv(name, text)
        code = _call(arguments)
    return subprocess.CompletedProcess(["lockbot", "lock", *arguments], code, out.getvalue(), err.getvalue())


def _call(arguments: Sequence[str]) -> int:
    try:
        run_lock(["lock", *arguments])
    except LockbotError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
