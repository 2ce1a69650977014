"""What a check of ``lockbot doctor`` found, and the checks that need no more than the command line does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import LockbotError
from bot.index.access.entries import Entry
from bot.index.access.secret import Keeper
from bot.resolver.lowering.indexes import PYPI_URL
from bot.resolver.model.index import Index, IndexPort


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``problem`` says what is wrong and what to do; None: all is well, as ``detail`` tells. ``skipped``: nothing was
    looked at, since what it takes is missing."""

    what: str
    detail: str = ""
    problem: str | None = None
    skipped: bool = False

    @property
    def mark(self) -> str:
        return "--  " if self.skipped else "ok  " if self.problem is None else "FAIL"


def skip(what: str, missing: str) -> Finding:
    return Finding(what=what, detail=f"not looked at without {missing}", skipped=True)


def look_at(what: str, check: Callable[[], str]) -> Finding:
    """``check`` says what it found, or raises what is wrong."""
    try:
        return Finding(what=what, detail=check())
    except (LockbotError, OSError) as error:
        return Finding(what=what, problem=str(error))


def obtain_all(entries: Sequence[Entry]) -> str:
    """Obtain every secret for private indexes once; how many there are. Raises ``LockbotError`` for the first that fails."""
    for entry in entries:
        try:
            Keeper(entry.source, time.time).get()
        except LockbotError as error:
            raise LockbotError(f"number {entry.number} of LOCKBOT_INDEX_CREDENTIALS: {error}") from None
    return f"{len(entries)}" if entries else "none"


def ask_pypi(index: IndexPort) -> str:
    if index.get_page(Index(url=PYPI_URL, default=True), "packaging") is None:
        raise LockbotError("PyPI does not know the package 'packaging': is something else answering in its place?")
    return "PyPI answers"
