"""What the last page of set-up tells while it waits: how long, what came, what the forge says of what it sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from bot.report.setup import tell_installed, tell_reached, tell_refused
from bot.web.setup.arrivals import Arrived

#: Seconds without a message after which the forge is asked, and how often.
_UNEASY, _ASK_EVERY = 20.0, 15.0


class Waiting:
    """``describe_sent`` asks the forge; ``now`` counts seconds."""

    def __init__(self, describe_sent: Callable[[], str], now: Callable[[], float]) -> None:
        self._describe_sent = describe_sent
        self._now = now
        self._lock = threading.Lock()
        self._asked = 0.0
        self._sent = ""

    def tell(self, arrived: Arrived, since: float) -> Mapping[str, str]:
        """The fields of the page; ``since``: from when on it is waited."""
        waited = self._now() - since
        return {
            "reached": tell_reached(arrived.messages, waited),
            "installed": tell_installed(is_installed=arrived.installed),
            "sent": self._ask(waited) if not arrived.installed else "",
            "refused": tell_refused(arrived.refused) if arrived.refused else "",
        }

    def _ask(self, waited: float) -> str:
        """Whoever asks while somebody else does gets what is known."""
        if waited < _UNEASY or not self._lock.acquire(blocking=False):
            return self._sent
        try:
            if self._now() >= self._asked + _ASK_EVERY or not self._asked:
                self._asked, self._sent = self._now(), self._describe_sent()
        finally:
            self._lock.release()
        return self._sent
