"""The way to the forge and back: ``/sign-in``, ``/sign-in/callback``, ``/sign-out``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.errors import LockbotError
from bot.ports.people import PeoplePort, SignInEnded, SignInRefused
from bot.web.html.rendering import Templates
from bot.web.limits.threads import Busy, Threads
from bot.web.limits.throttle import Throttle
from bot.web.signin.forms import read_form
from bot.web.signin.keys import Keys
from bot.web.signin.sessions import LIFE, Begun
from bot.web.signin.visitors import COOKIE, PATIENCE, Visitors
from bot.web.signin.way import WAY_LIFE, Way, begin_way, find_way

CALLBACK = "/sign-in/callback"
_WAY_COOKIE = "lockbot-way"
#: Codes that are taken to the forge by this process: at once, and the seconds for one more.
_BURST, _EVERY = 20, 2.0


class Failure(StrEnum):
    """Why nobody is signed in; the template has the words."""

    DENIED = "denied"
    LOST = "lost"
    REFUSED = "refused"
    BUSY = "busy"
    UNWELL = "unwell"
    ADDRESS = "address"
    OUT = "out"


_STATUS = {
    Failure.DENIED: 403,
    Failure.LOST: 400,
    Failure.REFUSED: 400,
    Failure.BUSY: 503,
    Failure.UNWELL: 503,
    Failure.ADDRESS: 500,
    Failure.OUT: 503,
}
#: What the forge says when it sends a person back without a code.
_SAID = {"access_denied": Failure.DENIED, "redirect_uri_mismatch": Failure.ADDRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInParts:
    """``public_url`` is where browsers find this server; nothing that a request says is taken for it."""

    visitors: Visitors
    people: PeoplePort
    keys: Keys
    public_url: str
    now: Callable[[], float] = field(repr=False)


class SignInRoutes:
    def __init__(self, parts: SignInParts, templates: Templates) -> None:
        self._parts = parts
        self._templates = templates
        self._redirect = f"{parts.public_url}{CALLBACK}"
        self._throttle = Throttle(burst=_BURST, every=_EVERY, now=parts.now)
        self._threads = Threads("signing in", 4, most=16, asked="the forge")
        self._revoking = Threads("revoking", 2, most=64, asked="the forge")

    def make_routes(self) -> list[Route]:
        return [
            Route("/sign-in", self.begin),
            Route(CALLBACK, self.come_back),
            Route("/sign-out", self.leave, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Nothing is stored here: what is to be remembered goes along in the browser."""
        way = begin_way(request.query_params.get("next", "/"))
        address = self._parts.people.get_address(state=way.state, challenge=way.challenge, redirect=self._redirect)
        response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
        sealed = way.seal(self._parts.keys, self._parts.now())
        self._parts.visitors.jar.put(response, _WAY_COOKIE, sealed, seconds=WAY_LIFE)
        return response

    async def come_back(self, request: Request) -> Response:
        asked, jar = request.query_params, self._parts.visitors.jar
        sealed = jar.find(request.headers, _WAY_COOKIE)
        way = find_way(self._parts.keys, sealed, asked.get("state", ""), self._parts.now())
        if way is None:
            return self._fail(Failure.LOST)
        if "code" not in asked:
            return self._fail(_SAID.get(asked.get("error", ""), Failure.REFUSED))
        if not self._throttle.take():
            return self._fail(Failure.BUSY)
        return await self._sign_in(request, way, asked["code"])

    async def _sign_in(self, request: Request, way: Way, code: str) -> Response:
        former = self._parts.visitors.find_cookie(request)
        log = structlog.get_logger("lockbot.web")
        try:
            begun = await self._threads.run(lambda: self._begin_session(way, code, former), PATIENCE)
        except (SignInRefused, SignInEnded) as error:
            log.warning("sign-in refused", reason=str(error))
            return self._fail(Failure.REFUSED)
        except Busy:
            return self._fail(Failure.BUSY)
        except LockbotError as error:
            log.warning("sign-in failed", reason=str(error))
            return self._fail(Failure.UNWELL)
        response = RedirectResponse(way.target, status_code=303, headers={"Cache-Control": "no-store"})
        self._parts.visitors.jar.take(response, _WAY_COOKIE)
        self._parts.visitors.jar.put(response, COOKIE, begun.cookie, seconds=LIFE)
        response.background = BackgroundTask(self._revoke, begun.over)
        return response

    def _begin_session(self, way: Way, code: str, former: str | None) -> Begun:
        people = self._parts.people
        tokens = people.exchange(code=code, verifier=way.verifier, redirect=self._redirect)
        try:
            access = people.read_access(tokens.access)
            return self._parts.visitors.sessions.begin(tokens, access, former)
        except LockbotError:
            # No session has it, so that nobody would give it back later.
            with suppress(LockbotError):
                people.revoke(tokens.access)
            raise

    async def leave(self, request: Request) -> Response:
        """Who is not signed in is where they wanted to be already."""
        visitors = self._parts.visitors
        cookie, form = visitors.find_cookie(request), await read_form(request)
        response: Response = RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
        if cookie is None:
            return response
        digest = self._parts.keys.find_digest(cookie)
        if digest is None or not visitors.is_form(request, digest, form.get("token", "")):
            return self._fail(Failure.LOST)
        try:
            over = await visitors.threads.run(lambda: visitors.sessions.end(cookie), PATIENCE)
        except LockbotError as error:
            structlog.get_logger("lockbot.web").warning("sign-out failed", reason=str(error))
            response, over = self._fail(Failure.OUT), ()
        visitors.jar.take(response, COOKIE)
        response.background = BackgroundTask(self._revoke, over)
        return response

    async def _revoke(self, over: tuple[str, ...]) -> None:
        """After the answer: nobody waits for the forge to be rid of a session that is over here."""
        if not over:
            return
        try:
            reasons = await self._revoking.run(lambda: self._parts.visitors.sessions.revoke(over), PATIENCE)
        except LockbotError as error:
            reasons = (str(error),)
        for reason in reasons:
            structlog.get_logger("lockbot.web").warning("token not revoked", reason=reason)

    def _fail(self, failure: Failure) -> Response:
        response = self._templates.respond("sign_in_failed.html", status=_STATUS[failure], failure=failure.value)
        self._parts.visitors.jar.take(response, _WAY_COOKIE)
        return response
