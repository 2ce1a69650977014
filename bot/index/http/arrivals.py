"""Waiting for one answer while others come: whoever waits can use the time for what the others make possible."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Arrivals:
    """Counts what has come. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def note(self, _done: Future[Any]) -> None:
        """Something has come."""
        self._wake(1)

    def attend(self, wanted: Future[Any], meanwhile: Callable[[], None]) -> None:
        """Return when ``wanted`` is there. Call ``meanwhile`` at first, and whenever something has come."""
        if wanted.done():
            return
        wanted.add_done_callback(lambda _: self._wake(0))
        seen = -1
        while not wanted.done():
            if seen != self._count:
                seen = self._count
                meanwhile()
            self._wait(wanted, seen)

    def _wait(self, wanted: Future[Any], seen: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: wanted.done() or self._count != seen)

    def _wake(self, more: int) -> None:
        with self._changed:
            self._count += more
            self._changed.notify_all()
