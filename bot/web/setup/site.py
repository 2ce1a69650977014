"""The pages of set-up, and the door that leads to them until the server is set up and to the server itself from then on.

One browser goes from stage to stage; each page shows the stage that set-up is in, whatever was clicked before. Messages of
the forge that come while the App is being stored wait for the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from secrets import token_urlsafe
from time import monotonic
from typing import ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.addresses import is_server_address
from bot.errors import LockbotError
from bot.web.html.assets import Assets
from bot.web.html.events import render_event, render_pause, stream
from bot.web.html.rendering import Templates
from bot.web.html.site import make_site
from bot.web.limits.stopping import pause
from bot.web.setup.arrivals import Arrivals
from bot.web.setup.choice import WrongChoice, begin_texts, parse_choice
from bot.web.setup.doorkeeper import Doorkeeper, Refusal, Session
from bot.web.setup.edge import Choice, Keep, NotKept, NotRegistered, Registered, SetupEdge
from bot.web.setup.waiting import Waiting
from bot.web.signin.cookies import Jar
from bot.web.signin.forms import read_form

P = ParamSpec("P")
T = TypeVar("T")

PATH = "/setup"
_COOKIE = "lockbot-setup"
#: Seconds that a message of the forge waits for the server; a forge waits ten for its answer.
_PATIENCE = 8.0
_MOST_WAITING = 32
#: Seconds after which the last page is gone too.
_AFTERWARDS = 3600.0
#: Seconds of one stream: a connection has a minute, and the browser asks again by itself.
_STREAM = 45.0
_EVERY = 1.0


class Stage(StrEnum):
    CHOOSE = "choose"
    REGISTER = "register"
    FAILED = "failed"
    STORE = "store"
    SHOW = "show"
    SHOWN = "shown"
    LIVE = "live"


@dataclass(slots=True, kw_only=True)
class _Progress:
    """``code`` is kept while it may be good; ``trouble`` is of the last thing that was tried."""

    stage: Stage = Stage.CHOOSE
    origin: str = ""
    choice: Choice | None = None
    code: str | None = None
    registered: Registered | None = None
    failure: NotRegistered | None = None
    trouble: str | None = None


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
        self._edge = edge
        self._now = now
        self._arrivals = arrivals
        self._doorkeeper = Doorkeeper(secret, make_token, now)
        self._progress = _Progress()
        self._jar = Jar(is_secure=False)
        self._live: ASGIApp | None = None
        self._since = 0.0
        self._settled = asyncio.Event()
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="setup")
        self._watch = Waiting(edge.describe_sent, now)
        assets = Assets()
        self._templates = Templates("bot.web.setup", assets)
        self._site = make_site(self._make_routes(), assets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._site if self._live is None or self._is_last_page(scope) else self._live
        await app(scope, receive, send)

    def _is_last_page(self, scope: Scope) -> bool:
        """Of a server that is set up set-up's own browser sees the last page, for an hour; nobody else sees anything."""
        if scope["type"] != "http" or self._now() > self._since + _AFTERWARDS:
            return False
        path = scope["path"]
        return (
            path in (PATH, f"{PATH}/events", f"{PATH}/finish", "/installed") and self._find(Request(scope)) is not None
        )

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
            Route(f"{PATH}/reveal", self._reveal, methods=["POST"]),
            Route(f"{PATH}/finish", self._finish, methods=["POST"]),
            Route(f"{PATH}/events", self._events),
        ]

    # --- what is open to everybody ----------------------------------------------------------------

    async def _nothing(self, _request: Request) -> Response:
        return self._templates.respond("nothing.html")

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _not_ready(self, _request: Request) -> Response:
        return PlainTextResponse("not ready: no App is set up\n", status_code=503)

    async def _webhook(self, _request: Request) -> Response:
        """From the moment that the forge may know this server its messages wait until they can be checked and kept."""
        if self._progress.stage is Stage.CHOOSE or self._waiting >= _MOST_WAITING:
            return _not_yet()
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._settled.wait()
        except (TimeoutError, asyncio.CancelledError):
            # Cancelled by a server that stops.
            return _not_yet()
        finally:
            self._waiting -= 1
        return _Handed(self._live) if self._live is not None else _not_yet()

    async def _come_back(self, request: Request) -> Response:
        """Where the forge sends people to who have installed the App."""
        return _see(PATH) if self._find(request) is not None else await self._nothing(request)

    # --- the way in -------------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        session = self._find(request)
        if session is None:
            return self._templates.respond("begin.html", secret=request.query_params.get("secret", ""), refusal="")
        return self._show_stage(session)

    async def _begin(self, request: Request) -> Response:
        """By a form, so that whatever fetches an address that is pasted somewhere does not use it up."""
        form = await read_form(request)
        entered = self._doorkeeper.enter(form.get("secret", ""))
        if isinstance(entered, Refusal):
            status = 429 if entered is Refusal.CLOSED else 403
            return self._templates.respond("begin.html", status=status, secret="", refusal=entered.value)
        self._progress.origin = _find_origin(request)
        self._jar = Jar(is_secure=self._progress.origin.startswith("https://"))
        answer = _see(PATH)
        self._jar.put(answer, _COOKIE, entered.cookie, seconds=2 * _AFTERWARDS)
        return answer

    def _find(self, request: Request) -> Session | None:
        return self._doorkeeper.find(self._jar.find(request.headers, _COOKIE))

    # --- stages -----------------------------------------------------------------------------------

    def _show_stage(self, session: Session, *, wrong: WrongChoice | None = None) -> Response:
        progress = self._progress
        match progress.stage:
            case Stage.CHOOSE:
                return self._show_choice(session, wrong)
            case Stage.REGISTER:
                return self._show_form(session)
            case Stage.LIVE:
                return self._show_waiting(session)
            case _:
                return self._respond(f"{progress.stage}.html", session)

    def _respond(self, name: str, session: Session, *, status: int = 200, more: Mapping[str, object] = {}) -> Response:
        progress = self._progress
        values: dict[str, object] = {
            "token": session.token,
            "choice": progress.choice,
            "registered": progress.registered,
            "failure": progress.failure,
            "trouble": progress.trouble,
            "folder": self._edge.folder,
            **more,
        }
        return self._templates.respond(name, status=status, form_targets=(), **values)

    def _show_choice(self, session: Session, wrong: WrongChoice | None) -> Response:
        fixed, seen = self._edge.fixed, self._progress.origin
        more = {
            "texts": wrong.texts if wrong else begin_texts(fixed, seen),
            "problems": wrong.problems if wrong else {},
            "broken": self._edge.find_trouble(),
            "unfinished": self._edge.find_unfinished(),
        }
        return self._respond("choose.html", session, status=422 if wrong else 200, more=more)

    def _show_form(self, session: Session) -> Response:
        choice = self._progress.choice
        assert choice is not None
        form = self._edge.make_form(choice, self._doorkeeper.get_state())
        return self._templates.respond(
            "register.html",
            form_targets=(choice.github_url,),
            token=session.token,
            choice=choice,
            form=form,
            is_plain=choice.public_url.startswith("http://") and choice.github_url.startswith("https://"),
        )

    def _show_waiting(self, session: Session) -> Response:
        arrived = self._arrivals.look()
        return self._respond("live.html", session, more={"arrived": arrived, "fields": self._watch.tell(arrived)})

    async def _choose(self, request: Request) -> Response:
        session, form = await self._read(request)
        if session is None or self._progress.stage not in (Stage.CHOOSE, Stage.REGISTER, Stage.FAILED):
            return _see(PATH)
        self._doorkeeper.forget_state()
        choice = parse_choice(form, self._edge.fixed)
        if isinstance(choice, WrongChoice):
            self._progress.stage = Stage.CHOOSE
            return self._show_stage(session, wrong=choice)
        self._progress.choice = choice
        self._progress.stage = Stage.REGISTER
        return _see(PATH)

    async def _back(self, request: Request) -> Response:
        session, _ = await self._read(request)
        if session is not None and self._progress.stage in (Stage.REGISTER, Stage.FAILED):
            self._progress.stage, self._progress.failure, self._progress.code = Stage.CHOOSE, None, None
        return _see(PATH)

    async def _created(self, request: Request) -> Response:
        """The forge sends the browser here with a code, which leaves the address at once."""
        session = self._find(request)
        if session is None:
            return self._templates.respond("elsewhere.html", status=403)
        if not self._doorkeeper.take_state(request.query_params.get("state", "")):
            return self._respond("stale.html", session, status=403)
        async with self._turn:
            self._progress.code = request.query_params.get("code", "")
            await self._register()
        return _see(PATH)

    async def _again(self, request: Request) -> Response:
        session, _ = await self._read(request)
        if session is None:
            return _see(PATH)
        async with self._turn:
            if self._progress.stage is Stage.FAILED and self._progress.code is not None:
                await self._register()
            elif self._progress.stage is Stage.STORE:
                await self._store()
        return _see(PATH)

    async def _register(self) -> None:
        progress = self._progress
        assert progress.choice is not None
        found = await self._run(self._edge.register, progress.choice, progress.code or "")
        if isinstance(found, NotRegistered):
            progress.stage, progress.failure = Stage.FAILED, found
            progress.code = progress.code if found.may_retry else None
            return
        progress.registered, progress.failure, progress.code = found, None, None
        if progress.choice.keep is Keep.KUBERNETES:
            # It is another server's to take messages.
            progress.stage = Stage.SHOW
            self._settled.set()
        else:
            await self._store()

    async def _store(self) -> None:
        """Stored first, then served from what is stored: a start anew finds the same."""
        progress = self._progress
        progress.stage = Stage.STORE
        kept = await self._run(self._edge.keep)
        progress.trouble = kept.reason if isinstance(kept, NotKept) else None
        if kept is not None:
            return
        try:
            live = await self._run(self._edge.go_live)
        except LockbotError as error:
            progress.trouble = str(error)
            return
        self._since = self._now()
        self._watch.begin()
        progress.stage = Stage.LIVE
        self._live = live
        self._settled.set()

    async def _reveal(self, request: Request) -> Response:
        session, _ = await self._read(request)
        if session is None or self._progress.stage not in (Stage.SHOW, Stage.STORE):
            return _see(PATH)
        async with self._turn:
            text = await self._run(self._edge.render_secret)
            self._progress.stage = Stage.SHOWN
        return self._respond("secret.html", session, more={"text": text}) if text is not None else _see(PATH)

    async def _finish(self, request: Request) -> Response:
        session, _ = await self._read(request)
        if session is not None and self._progress.stage is Stage.LIVE:
            self._doorkeeper.end()
        return _see("/")

    async def _run(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """On a thread of its own: what hangs there keeps no page waiting but its own."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(call, *arguments, **named))

    async def _read(self, request: Request) -> tuple[Session | None, dict[str, str]]:
        """None where the form is not one that this browser got from here."""
        session, form = self._find(request), dict(await read_form(request))
        if session is None or not session.is_token(form.get("token", "")):
            return None, {}
        return session, form

    async def _events(self, request: Request) -> Response:
        if self._find(request) is None or self._progress.stage is not Stage.LIVE:
            return Response(status_code=204)
        return stream(self._tell(request.scope))

    async def _tell(self, scope: Scope) -> AsyncIterator[str]:
        """What changes on the last page, until everything has arrived."""
        until = self._now() + _STREAM
        yield render_pause(1000)
        while self._now() < until:
            arrived = self._arrivals.look()
            yield render_event("fields", await asyncio.to_thread(self._watch.tell, arrived))
            if arrived.installed:
                yield render_event("end", {})
                return
            if await pause(scope, _EVERY):
                return


class _Handed(Response):
    """An answer that another application gives."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _find_origin(request: Request) -> str:
    """Where this browser sees the server: a proposal, which a person confirms. Who asks has shown the secret of the printed
    address, so that it is no stranger's word."""
    said = request.headers.get("x-forwarded-proto", request.url.scheme)
    is_secure = said.partition(",")[0].strip().lower() == "https"
    found = f"{'https' if is_secure else 'http'}://{request.headers.get('host', '')}"
    return found if is_server_address(found) else ""


def _see(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def _not_yet() -> Response:
    return JSONResponse(
        {"error": "no App is set up yet; redeliver"},
        status_code=503,
        headers={"Retry-After": "10", "Connection": "close"},
    )
