"""Where a forge's messages come in. A forge implements this; the server knows no more of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.events import Delivery, Malformed, Refused


class Doorway(Protocol):
    """``max_body``: the bytes that a message may have; more are not read."""

    @property
    def max_body(self) -> int: ...

    def receive(self, headers: Mapping[str, str], body: bytes) -> Delivery | Malformed | Refused:
        """What an HTTP request says, if it is the forge's. ``headers`` has lower-case names; nothing may be waited for."""
        ...
