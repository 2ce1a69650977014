"""Is a job running for too long? A worker that hangs ends itself: it is started again, and the job resumed.

After the second such end the repository's commit is set aside (``bot.jobs.limits.dead_letters``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.longest = longest
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

    def is_busy(self) -> bool:
        with self._lock:
            return bool(self._running)

    def find_hanging(self) -> str | None:
        """The name of a job that has been running for too long."""
        now = self._clock()
        with self._lock:
            return next((job for job, since in self._running.items() if now - since > self.longest), None)
