"""So many of something in a while, and no more: what is beyond is refused at once."""

from __future__ import annotations

from collections.abc import Callable


class Throttle:
    """``burst`` at once, and one more each ``every`` seconds. Used on the event loop alone."""

    def __init__(self, *, burst: int, every: float, now: Callable[[], float]) -> None:
        self._burst = burst
        self._every = every
        self._now = now
        self._left = float(burst)
        self._since = now()

    def take(self) -> bool:
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._since) / self._every)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
