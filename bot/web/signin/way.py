"""Where a person may be sent after signing in, and what is remembered of them meanwhile: in their browser, sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from bot.web.signin.keys import Keys

#: Seconds that a person may take on the forge's page; its code is good for as long.
WAY_LIFE = 600
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """``state`` comes back with the person, ``verifier`` proves to the forge that it was this server that sent them."""

    state: str
    verifier: str = field(repr=False)
    target: str

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def seal(self, keys: Keys, now: float) -> str:
        return keys.seal_way({"state": self.state, "verifier": self.verifier, "target": self.target}, now)


_WAY = TypeAdapter(Way)


def begin_way(target: str) -> Way:
    return Way(state=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48), target=choose_target(target))


def find_way(keys: Keys, sealed: str | None, state: str, now: float) -> Way | None:
    """The one that this browser began, if it is this one that came back."""
    way = keys.open_way(_WAY, sealed, now, seconds=WAY_LIFE) if sealed else None
    return way if way is not None and hmac.compare_digest(way.state.encode(), state.encode()) else None


def choose_target(wanted: str) -> str:
    """A page of this server, or the first one: never an address elsewhere, however it is written."""
    is_path = wanted.startswith("/") and not wanted.startswith("//") and len(wanted) <= _LONGEST
    # Browsers read a backslash as a slash, and skip over line breaks and tabs.
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted and " " not in wanted
    return wanted if is_path and is_plain else "/"
