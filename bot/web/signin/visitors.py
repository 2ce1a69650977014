"""Whose request it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from bot.web.limits.threads import Threads
from bot.web.signin.cookies import Jar
from bot.web.signin.sessions import Session, Sessions

COOKIE = "lockbot"
#: Seconds that the forge and the database have together; the forge's client gives up sooner.
PATIENCE = 40.0


def _make_threads() -> Threads:
    return Threads("sessions", 8, most=64, asked="the forge or the job database")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    sessions: Sessions
    jar: Jar
    threads: Threads = field(default_factory=_make_threads)

    def find_cookie(self, request: Request) -> str | None:
        return self.jar.find(request.headers, COOKIE)

    async def find(self, request: Request, *, fresh: bool = False, is_use: bool = True) -> Session | None:
        """None for who is not signed in. Raises a ``LockbotError`` where that can't be found out now."""
        cookie = self.find_cookie(request)
        if cookie is None:
            return None
        return await self.threads.run(lambda: self.sessions.find(cookie, fresh=fresh, is_use=is_use), PATIENCE)

    def is_form(self, request: Request, digest: str, token: str) -> bool:
        """Whether a form is one that this server gave to the session of that digest: by what stands in it, and by what
        browsers say of where it was sent from. (They give no origin, as no page of ours refers to anything.)"""
        origin = request.headers.get("sec-fetch-site", "same-origin")
        return origin in ("same-origin", "none") and self.sessions.is_form_token(digest, token)
