"""What sessions are sealed, signed and bound with: keys that every web process of a server makes of the same secret.

They also depend on where the forge is: what was made for one is worth nothing on another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class Keys:
    """``secret`` is the App's client secret: with a new one all sessions are over."""

    def __init__(self, secret: str, *, forge: str, client: str) -> None:
        def derive(purpose: str) -> bytes:
            info = json.dumps(["lockbot", purpose, forge, client]).encode()
            return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())

        self._cookies, self._forms = derive("cookies"), derive("forms")
        self._tokens = Fernet(base64.urlsafe_b64encode(derive("tokens")))
        self._ways = Fernet(base64.urlsafe_b64encode(derive("ways")))

    def __repr__(self) -> str:
        return "Keys()"

    # --- sessions ---------------------------------------------------------------------------------

    def make_cookie(self) -> str:
        """A new secret for a browser, signed, so that nobody is looked up who made one up."""
        secret = secrets.token_urlsafe(32)
        return f"{secret}.{_sign(self._cookies, secret)}"

    def find_digest(self, cookie: str) -> str | None:
        """What a session is kept under; None for a cookie that none of us made."""
        secret, _, signature = cookie.partition(".")
        if not hmac.compare_digest(_sign(self._cookies, secret).encode(), signature.encode()):
            return None
        return hashlib.sha256(secret.encode()).hexdigest()

    def make_form_token(self, digest: str) -> str:
        """Stands in the forms of that session, and in nobody else's."""
        return _sign(self._forms, digest)

    def is_form_token(self, digest: str, token: str) -> bool:
        return hmac.compare_digest(self.make_form_token(digest).encode(), token.encode())

    def seal(self, value: Mapping[str, object]) -> str:
        return self._tokens.encrypt(json.dumps(value).encode()).decode()

    def open(self, kind: TypeAdapter[T], sealed: str) -> T | None:
        """None for what was sealed with another key."""
        return _open(self._tokens, kind, sealed)

    # --- the way to the forge and back ------------------------------------------------------------

    def seal_way(self, value: Mapping[str, object], now: float) -> str:
        return self._ways.encrypt_at_time(json.dumps(value).encode(), int(now)).decode()

    def open_way(self, kind: TypeAdapter[T], sealed: str, now: float, *, seconds: int) -> T | None:
        """None for what is older than so many seconds, or not ours."""
        try:
            text = self._ways.decrypt_at_time(sealed.encode(), seconds, int(now))
            return kind.validate_json(text)
        except (InvalidToken, ValidationError):
            return None


def _open(fernet: Fernet, kind: TypeAdapter[T], sealed: str) -> T | None:
    try:
        return kind.validate_json(fernet.decrypt(sealed.encode()))
    except (InvalidToken, ValidationError):
        return None


def _sign(key: bytes, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")
