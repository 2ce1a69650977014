"""Cookies: how ours are set, and how they are read when somebody else may have set some beside them.

Where the server is reached by https their names begin with ``__Host-``: browsers then take them from no other host and for
no part of it. A name that comes twice counts as none: one of both was put there by somebody.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """``is_secure``: the server is reached by https."""

    is_secure: bool

    def find(self, headers: Headers, name: str) -> str | None:
        wanted = self._full(name)
        pairs = (part.strip().partition("=") for line in headers.getlist("cookie") for part in line.split(";"))
        found = [value for own, _, value in pairs if own == wanted]
        return found[0] if len(found) == 1 else None

    def put(self, response: Response, name: str, value: str, *, seconds: float) -> None:
        response.set_cookie(
            self._full(name),
            value,
            max_age=int(seconds),
            path="/",
            secure=self.is_secure,
            httponly=True,
            # Not strict: people come back from the forge, and by links in pull requests.
            samesite="lax",
        )

    def take(self, response: Response, name: str) -> None:
        response.delete_cookie(self._full(name), path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def _full(self, name: str) -> str:
        return f"__Host-{name}" if self.is_secure else name
