"""What all handlers of pages share: who asks, what they may see, and answers in the layout."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.errors import LockbotError
from bot.ports.people import May
from bot.web.html.rendering import Templates
from bot.web.limits.threads import Threads
from bot.web.signin.sessions import Session
from bot.web.signin.visitors import Visitors
from bot.work.records.reading import RecordsPort
from bot.work.records.record import Summary

T = TypeVar("T")

#: Seconds that the database has for what one page asks.
_PATIENCE = 10.0

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
SignedIn: TypeAlias = Callable[[Request, Session], Awaitable[Response]]


def _make_threads() -> Threads:
    return Threads("pages", 4, most=32)


class NotHere(LockbotError):
    """As far as this person is concerned there is no such page."""


class MayNot(LockbotError):
    """The person sees it, and may not change it."""


class NoForm(LockbotError):
    """What was posted is no form that this server gave to this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    visitors: Visitors
    records: RecordsPort
    templates: Templates
    now: Callable[[], float] = field(repr=False)
    threads: Threads = field(default_factory=_make_threads)

    async def ask(self, call: Callable[[], T]) -> T:
        return await self.threads.run(call, _PATIENCE)

    def respond(self, name: str, session: Session | None, /, *, status: int = 200, **values: object) -> Response:
        return self.templates.respond(name, status=status, form_targets=(), me=session, now=self.now(), **values)

    def refuse(self, session: Session | None, problem: str, status: int) -> Response:
        return self.respond("problem.html", session, status=status, problem=problem)

    # --- who ----------------------------------------------------------------------------------

    def for_people(self, handler: SignedIn) -> Handler:
        """Who is not signed in is shown how to be, whatever there is at that address."""

        async def handle(request: Request) -> Response:
            session: Session | None = None
            try:
                session = await self.visitors.find(request, fresh=request.method == "POST")
                if session is None:
                    return self._ask_to_sign_in(request)
                return await handler(request, session)
            except NotHere:
                return self.refuse(session, "missing", 404)
            except MayNot:
                return self.refuse(session, "forbidden", 403)
            except NoForm:
                return self.refuse(session, "form", 403)
            except LockbotError as error:
                structlog.get_logger("lockbot.web").warning("page not shown", reason=str(error))
                return self.refuse(None, "unwell", 503)

        return handle

    def for_operators(self, handler: SignedIn) -> Handler:
        async def handle(request: Request, session: Session) -> Response:
            if not session.is_operator:
                raise NotHere("not for this person")
            return await handler(request, session)

        return self.for_people(handle)

    def _ask_to_sign_in(self, request: Request) -> Response:
        if request.method != "GET":
            return RedirectResponse("/", status_code=303)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return self.respond("welcome.html", None, status=401, can_sign_in=True, target=target)

    # --- what ---------------------------------------------------------------------------------

    async def find_repository(self, request: Request, session: Session) -> Summary:
        """Raises ``NotHere`` for one that the person does not see, just as for one that is not there."""
        owner, name = request.path_params["owner"], request.path_params["name"]
        found = await self.ask(lambda: self.records.find_repository(owner, name))
        if found is None or session.find_right(found.ref.id) is None:
            raise NotHere("no such repository for this person")
        return found

    def check_may_change(self, session: Session, found: Summary) -> None:
        if session.find_right(found.ref.id) is not May.WRITE:
            raise MayNot("write access is needed")

    def check_form(self, request: Request, session: Session, token: str) -> None:
        if not self.visitors.is_form(request, session.digest, token):
            raise NoForm("not a form of this session")
