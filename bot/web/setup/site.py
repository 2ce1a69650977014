"""Set-up as an application: the door that leads to its pages until the server is set up, and to the server itself from then
on.

One browser goes from stage to stage; each page shows the stage that set-up is in, whatever was clicked before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from secrets import token_urlsafe
from time import monotonic

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.web.html.assets import Assets
from bot.web.html.events import render_event, render_pause, stream
from bot.web.html.rendering import Templates
from bot.web.html.site import make_site
from bot.web.limits.stopping import pause
from bot.web.setup.arrivals import Arrivals
from bot.web.setup.doorkeeper import Doorkeeper, Refusal
from bot.web.setup.edge import SetupEdge
from bot.web.setup.entrance import Entrance
from bot.web.setup.held import Held, refuse
from bot.web.setup.stages import Stage, Stages
from bot.web.setup.views import Views
from bot.web.setup.waiting import Waiting

PATH = "/setup"
#: What set-up's own browser still finds once the server is in service, for so many seconds.
_LAST_PAGES = frozenset({PATH, f"{PATH}/events", f"{PATH}/finish", "/installed"})
_AFTERWARDS = 3600.0
#: Seconds of one stream: a connection has a minute, and the browser asks again by itself.
_STREAM = 45.0
_EVERY = 1.0


class SetupSite:
    """An application: set-up first, the server once ``edge.go_live`` has given it."""

    def __init__(
        self,
        edge: SetupEdge,
        secret: str,
        arrivals: Arrivals,
        *,
        now: Callable[[], float] = monotonic,
        make_token: Callable[[], str] = token_urlsafe,
    ) -> None:
        assets = Assets()
        self._now = now
        self._arrivals = arrivals
        self._doorkeeper = Doorkeeper(secret, make_token, now)
        self._entrance = Entrance(self._doorkeeper)
        self._held = Held()
        self._stages = Stages(edge, self._held, now)
        self._waiting = Waiting(edge.describe_sent, now)
        self._templates = Templates("bot.web.setup", assets)
        self._views = Views(edge, self._stages, self._entrance, self._templates, arrivals, self._waiting)
        self._site = make_site(self._make_routes(), assets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        live = self._stages.live
        app = self._site if live is None or self._is_last_page(scope) else live
        await app(scope, receive, send)

    def _is_last_page(self, scope: Scope) -> bool:
        """Of a server that is set up set-up's own browser sees the last page, for an hour; nobody else sees anything."""
        if scope["type"] != "http" or self._now() > self._stages.since + _AFTERWARDS:
            return False
        return scope["path"] in _LAST_PAGES and self._entrance.find(Request(scope)) is not None

    def _make_routes(self) -> list[Route]:
        return [
            Route("/", self._nothing),
            Route("/healthz", self._health),
            Route("/readyz", self._not_ready),
            Route("/webhook", self._webhook, methods=["POST"]),
            Route("/installed", self._come_back),
            Route(PATH, self._show),
            Route(f"{PATH}/begin", self._begin, methods=["POST"]),
            Route(f"{PATH}/choose", self._choose, methods=["POST"]),
            Route(f"{PATH}/back", self._back, methods=["POST"]),
            Route(f"{PATH}/created", self._created),
            Route(f"{PATH}/again", self._again, methods=["POST"]),
            Route(f"{PATH}/resume", self._resume, methods=["POST"]),
            Route(f"{PATH}/reveal", self._reveal, methods=["POST"]),
            Route(f"{PATH}/finish", self._finish, methods=["POST"]),
            Route(f"{PATH}/events", self._events),
        ]

    @property
    def _stage(self) -> Stage:
        return self._stages.progress.stage

    # --- what is open to everybody ----------------------------------------------------------------

    async def _nothing(self, _request: Request) -> Response:
        return self._templates.respond("nothing.html")

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _not_ready(self, _request: Request) -> Response:
        return PlainTextResponse("not ready: no App is set up\n", status_code=503)

    async def _webhook(self, _request: Request) -> Response:
        """From the moment that the forge may know this server."""
        return refuse() if self._stage is Stage.CHOOSE else await self._held.respond()

    async def _come_back(self, request: Request) -> Response:
        """Where the forge sends people to who have installed the App."""
        return _see(PATH) if self._entrance.find(request) is not None else await self._nothing(request)

    # --- for one browser --------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        session = self._entrance.find(request)
        if session is None:
            return self._templates.respond("begin.html", secret=request.query_params.get("secret", ""), refusal="")
        return self._views.show(session)

    async def _begin(self, request: Request) -> Response:
        entered = await self._entrance.enter(request)
        if isinstance(entered, Refusal):
            status = 429 if entered is Refusal.CLOSED else 403
            return self._templates.respond("begin.html", status=status, secret="", refusal=entered.value)
        answer = _see(PATH)
        self._entrance.put_cookie(entered, answer)
        return answer

    async def _choose(self, request: Request) -> Response:
        session, form = await self._entrance.read(request)
        if session is None or not self._stages.may_choose():
            return _see(PATH)
        self._doorkeeper.forget_state()
        wrong = self._stages.choose(form)
        return _see(PATH) if wrong is None else self._views.show(session, wrong=wrong)

    async def _back(self, request: Request) -> Response:
        session, _ = await self._entrance.read(request)
        if session is not None:
            self._stages.go_back()
        return _see(PATH)

    async def _created(self, request: Request) -> Response:
        """The forge sends the browser here with a code, which leaves the address at once."""
        session = self._entrance.find(request)
        if session is None:
            return self._templates.respond("elsewhere.html", status=403)
        if not self._doorkeeper.take_state(request.query_params.get("state", "")):
            return self._views.respond("stale.html", session, status=403)
        await self._stages.take_code(request.query_params.get("code", ""))
        return _see(PATH)

    async def _again(self, request: Request) -> Response:
        session, _ = await self._entrance.read(request)
        if session is not None:
            await self._stages.try_again()
        return _see(PATH)

    async def _resume(self, request: Request) -> Response:
        session, _ = await self._entrance.read(request)
        if session is not None:
            self._doorkeeper.forget_state()
            await self._stages.resume()
        return _see(PATH)

    async def _reveal(self, request: Request) -> Response:
        session, _ = await self._entrance.read(request)
        text = await self._stages.reveal() if session is not None else None
        if session is None or text is None:
            return _see(PATH)
        return self._views.respond("secret.html", session, more={"text": text})

    async def _finish(self, request: Request) -> Response:
        session, _ = await self._entrance.read(request)
        if session is not None and self._stage is Stage.LIVE:
            self._doorkeeper.end()
        return _see("/")

    # --- what changes on the last page ------------------------------------------------------------

    async def _events(self, request: Request) -> Response:
        if self._entrance.find(request) is None or self._stage is not Stage.LIVE:
            return Response(status_code=204)
        return stream(self._tell(request.scope))

    async def _tell(self, scope: Scope) -> AsyncIterator[str]:
        """Until everything has arrived."""
        until = self._now() + _STREAM
        yield render_pause(1000)
        while self._now() < until:
            arrived = self._arrivals.look()
            yield render_event("fields", await asyncio.to_thread(self._waiting.tell, arrived, self._stages.since))
            if arrived.installed:
                yield render_event("end", {})
                return
            if await pause(scope, _EVERY):
                return


def _see(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})
