"""Is a webhook request GitHub's? Pure: signature and headers ("Validating webhook deliveries").

The signature is checked over the raw bytes, in constant time, before anything is parsed.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.events import Delivery

#: GitHub itself caps a payload at 25 MB.
MAX_BODY = 25 * 1024 * 1024

_PREFIX = "sha256="
_GUID = re.compile(r"[0-9A-Za-z-]{8,64}")
_EVENT = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An HTTP answer that says why. The sender learns nothing about the secret."""

    status: int
    reason: str


def is_signed(body: bytes, signature: str | None, secret: str) -> bool:
    if signature is None or not signature.startswith(_PREFIX):
        return False
    expected = hmac.new(secret.encode(), body, "sha256").hexdigest()
    # As bytes: compare_digest takes no text beyond ASCII, and a header may hold any.
    return hmac.compare_digest(expected.encode(), signature[len(_PREFIX) :].encode("utf-8", "surrogateescape"))


def read_delivery(headers: Mapping[str, str], body: bytes, secret: str) -> Delivery | Refused:
    """``headers`` has lower-case names."""
    if not is_signed(body, headers.get("x-hub-signature-256"), secret):
        return Refused(status=401, reason="X-Hub-Signature-256 is missing or wrong: check the webhook secret")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refused(status=415, reason="Content-Type must be application/json: set it in the App's webhook")
    event, guid = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
    if not _EVENT.fullmatch(event):
        return Refused(status=400, reason="X-GitHub-Event is missing or malformed")
    if not _GUID.fullmatch(guid):
        return Refused(status=400, reason="X-GitHub-Delivery is missing or malformed")
    return Delivery(id=guid, event=event, body=body)
