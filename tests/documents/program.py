"""``lockbot`` in this process, as somebody at a terminal of eighty columns sees it."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main


class Terminal(io.StringIO):
    """What stands on the screen: both streams, as they come."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Shown:
    code: int
    screen: str


def call_lockbot(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Shown:
    """What the program does in ``folder`` with this environment and no other."""
    screen = Terminal()
    collecting = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(screen), redirect_stderr(_Unwatched(screen)):
        patch.chdir(folder)
        for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
            patch.delenv(name)
        for name, text in {**environment, "COLUMNS": "80", "NO_COLOR": "1"}.items():
            patch.setenv(name, text)
        patch.setattr(sys, "argv", ["lockbot", *arguments])
        patch.setattr(gc, "freeze", lambda: None)
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            gc.set_threshold(*collecting)
    return Shown(code, screen.getvalue())


class _Unwatched(io.TextIOBase):
    """Standard error that stands on the same screen, without the progress that somebody would see there."""

    def __init__(self, screen: Terminal) -> None:
        self._screen = screen

    def write(self, text: str) -> int:
        return self._screen.write(text)
