"""What has arrived from the forge since the App was made: what the waiting page tells."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.events.delivery import Delivery, Malformed, Refused
from bot.events.event import Ignored
from bot.web.doorway import Doorway


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """``messages`` were signed as they have to be; ``installed``: one of them brought work. ``refused``: why one was
    not let in, if none was since."""

    messages: int = 0
    installed: bool = False
    refused: str = ""


class Arrivals:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Arrived()

    def look(self) -> Arrived:
        return self._now

    def note(self, received: Delivery | Malformed | Refused) -> None:
        with self._lock:
            match received:
                case Refused(reason=reason):
                    self._now = replace(self._now, refused=reason)
                case Delivery(event=event):
                    installed = self._now.installed or not isinstance(event, Ignored)
                    self._now = Arrived(messages=self._now.messages + 1, installed=installed)
                case Malformed():
                    self._now = replace(self._now, messages=self._now.messages + 1, refused="")


class WatchedDoorway:
    """A doorway that tells what came through it."""

    def __init__(self, inner: Doorway, arrivals: Arrivals) -> None:
        self._inner = inner
        self._arrivals = arrivals

    @property
    def max_body(self) -> int:
        return self._inner.max_body

    def find_refusal(self, headers: Mapping[str, str]) -> Refused | None:
        return self._inner.find_refusal(headers)

    def receive(self, headers: Mapping[str, str], body: bytes) -> Delivery | Malformed | Refused:
        received = self._inner.receive(headers, body)
        self._arrivals.note(received)
        return received
