"""What a doorway (``bot.web.doorway``) makes of one request of a forge."""

from __future__ import annotations

from dataclasses import dataclass

from bot.events.event import Event, Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A genuine message of a forge. The same ``id`` comes again when it is delivered again.

    ``kind`` is the forge's word for what happened, or "other" where lockbot has no use for it.
    """

    id: str
    kind: str
    event: Event | Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A genuine message that is not what its ``kind`` promises."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No message of the forge's, with the HTTP status that says so. The sender learns nothing about the secret."""

    status: int
    reason: str
