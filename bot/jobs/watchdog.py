"""Is a job running for too long? A worker that hangs ends itself: it is started again, and the job resumed.

After a few such ends DBOS leaves the job alone, so one bad repository can't hold a worker for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds. The slowest honest run takes a few minutes.
LONGEST = 1800.0


class Watchdog:
    def __init__(self, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}

    @contextmanager
    def watch(self, job: str) -> Iterator[None]:
        with self._lock:
            self._running[job] = self._clock()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(job, None)

    def find_hanging(self) -> str | None:
        """The name of a job that has been running for too long."""
        now = self._clock()
        with self._lock:
            return next((job for job, since in self._running.items() if now - since > self._longest), None)
