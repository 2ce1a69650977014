"""Parts of pages that change while they are looked at, as server-sent events: few at a time, short, and over with the session.

A browser opens the next stream when one ends; where there are too many, a page simply stays as it was loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.errors import LockbotError
from bot.web.html.events import render_event, render_pause, stream
from bot.web.limits.stopping import pause
from bot.web.pages.desk import Desk
from bot.web.signin.sessions import Session

#: The fields of a page by name; None: this person may see them no longer.
Fields: TypeAlias = Callable[[Session], Awaitable[Mapping[str, str] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """``most`` streams at a time, ``most_each`` of one session. Seconds: ``every`` so many it is looked, and each lasts
    ``lasts``, which is less than the door gives a request."""

    most: int = 50
    most_each: int = 4
    every: float = 5.0
    lasts: float = 45.0


@dataclass(slots=True, kw_only=True)
class Live:
    desk: Desk
    limits: LiveLimits = field(default_factory=LiveLimits)
    _open: Counter[str] = field(default_factory=Counter)

    def respond(self, request: Request, session: Session, fields: Fields) -> Response:
        is_full = self._open.total() >= self.limits.most or self._open[session.digest] >= self.limits.most_each
        if is_full:
            return PlainTextResponse("too many pages are looked at\n", status_code=503, headers={"Retry-After": "60"})
        return stream(self._stream(request, session, fields))

    async def _stream(self, request: Request, session: Session, fields: Fields) -> AsyncIterator[str]:
        self._open[session.digest] += 1
        try:
            yield render_pause(3000)
            async for event in self._tell(request, fields):
                yield event
        finally:
            self._open[session.digest] -= 1
            if not self._open[session.digest]:
                del self._open[session.digest]

    async def _tell(self, request: Request, fields: Fields) -> AsyncIterator[str]:
        told: Mapping[str, str] | None = None
        for _ in range(int(self.limits.lasts / self.limits.every)):
            found = await self._look(request, fields)
            if found is None:
                yield render_event("end")
                return
            # A line that says nothing shows who has gone away.
            yield ": \n\n" if found == told else render_event("fields", found)
            told = found
            if await pause(request.scope, self.limits.every):
                return

    async def _look(self, request: Request, fields: Fields) -> Mapping[str, str] | None:
        """None where the session is over, or nothing can be found out."""
        try:
            session = await self.desk.visitors.find(request, is_use=False)
            return None if session is None else await fields(session)
        except LockbotError:
            return None
