"""Where GitHub's webhooks come in: the doorway of ``bot.web.doorway``. Pure.

Is it GitHub's ("Validating webhook deliveries")? Headers come first, before a body is read; then the signature is checked
over the raw bytes, in constant time, before anything is parsed. Then what it says: ``webhook_events``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import InputError
from bot.events.delivery import Delivery, Malformed, Refused
from bot.forge.github.grants import EVENTS
from bot.forge.github.limits import DELIVERY
from bot.forge.github.webhooks.events import parse_event

_PREFIX = "sha256="
_SIGNATURE = re.compile(_PREFIX + r"[0-9a-f]{64}")
_GUID = re.compile(r"[0-9A-Za-z-]{8,64}")
_EVENT = re.compile(r"[a-z_]{1,64}")

#: Events that GitHub sends to an App like this one; what else somebody may send goes under one name.
_KINDS = EVENTS | {"installation", "installation_repositories", "ping"}

_UNSIGNED = Refused(status=401, reason="X-Hub-Signature-256 is missing or wrong: check the webhook secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubDoorway:
    """``secret`` is the one that was set in the App's webhook."""

    secret: str = field(repr=False)
    max_body: int = DELIVERY

    def receive(self, headers: Mapping[str, str], body: bytes) -> Delivery | Malformed | Refused:
        refused = self.find_refusal(headers)
        if refused is not None:
            return refused
        if not is_signed(body, headers["x-hub-signature-256"], self.secret):
            return _UNSIGNED
        name = headers["x-github-event"]
        kind = name if name in _KINDS else "other"
        try:
            event = parse_event(name, body)
        except InputError as error:
            return Malformed(kind=kind, reason=str(error))
        return Delivery(id=headers["x-github-delivery"], kind=kind, event=event)

    def find_refusal(self, headers: Mapping[str, str]) -> Refused | None:
        if not _SIGNATURE.fullmatch(headers.get("x-hub-signature-256", "")):
            return _UNSIGNED
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Refused(status=415, reason="Content-Type must be application/json: set it in the App's webhook")
        if not _EVENT.fullmatch(headers.get("x-github-event", "")):
            return Refused(status=400, reason="X-GitHub-Event is missing or malformed")
        if not _GUID.fullmatch(headers.get("x-github-delivery", "")):
            return Refused(status=400, reason="X-GitHub-Delivery is missing or malformed")
        return None


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """``signature`` has the form of one."""
    expected = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return hmac.compare_digest(expected, signature.removeprefix(_PREFIX))
