"""Where a forge's messages come in. A forge implements this; the server knows no more of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.events.delivery import Delivery, Malformed, Refused


class Doorway(Protocol):
    """``max_body``: the bytes that a message may have; more are not read."""

    @property
    def max_body(self) -> int: ...

    def find_refusal(self, headers: Mapping[str, str]) -> Refused | None:
        """What is wrong with a request before its body is read. ``headers`` has lower-case names."""
        ...

    def receive(self, headers: Mapping[str, str], body: bytes) -> Delivery | Malformed | Refused:
        """What an HTTP request says, if it is the forge's; nothing may be waited for."""
        ...
