"""The HTTP side: ``POST /webhook`` (ask the doorway, store, answer at once), health, metrics, pages for people.

Nothing is worked on here. What may wait for a disk or a database is done in a thread, with a deadline: an answer always
comes before a forge gives up waiting for it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol, assert_never

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.errors import LockbotError
from bot.events.delivery import Delivery, Malformed, Refused
from bot.events.event import Ignored
from bot.events.jobs import Job
from bot.events.planning import plan_jobs
from bot.ports.measures import Measured
from bot.web.bodies import Bodies, BodyLimits
from bot.web.doorway import Doorway
from bot.web.html.assets import Assets
from bot.web.html.site import make_site
from bot.web.limits.threads import Threads
from bot.web.metrics import Metrics, Seen
from bot.web.pages.installed import Installed
from bot.web.pages.routes import PagesParts, make_closed_routes, make_routes, make_templates
from bot.web.pages.state import LivingWorker, ServerState
from bot.web.pages.welcome import Welcome

#: Bytes of a body that the event loop itself takes apart; with larger ones other requests would wait.
_SMALL = 65_536
#: Seconds after which a forge that was refused may come again; a few seconds are enough for a burst to pass.
_RETRY_AFTER = "10"


class Queue(Protocol):
    """Where accepted jobs go. Storing the same delivery again stores nothing and is no error."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def count_jobs(self) -> Mapping[str, int]:
        """Jobs by state. Raises when the database can't be reached."""
        ...

    def measure(self) -> Measured:
        """All that is told of jobs and workers. Raises as ``count_jobs`` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCount:
    running: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxState:
    """Deliveries that were accepted and are not on the queue yet, and for how many seconds the oldest waits."""

    length: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the server needs. ``count_workers`` tells about the worker processes beside it, ``look_at_inbox`` about what
    waits in front of the queue. ``pages``: what is shown to people who sign in; None: nobody can. ``list_workers`` tells of
    those of all machines, ``measure_cache`` how many bytes the cache of indexes has and may have.

    ``storing`` and ``counting``: seconds that the queue has for either. ``metrics_token``: who asks for the metrics has to
    show it; ``None``: anybody may.
    """

    queue: Queue
    doorway: Doorway
    metrics: Metrics
    count_workers: Callable[[], WorkerCount] = WorkerCount
    look_at_inbox: Callable[[], InboxState] = InboxState
    version: str = ""
    pages: PagesParts | None = None
    list_workers: Callable[[], Sequence[LivingWorker]] = tuple
    measure_cache: Callable[[], tuple[int, int] | None] = lambda: None
    bodies: BodyLimits = field(default_factory=BodyLimits)
    storing: float = 6.0
    counting: float = 5.0
    metrics_token: str | None = field(default=None, repr=False)


def make_server(parts: WebParts) -> ASGIApp:
    handlers, assets = _Handlers(parts), Assets()
    templates = make_templates(assets)
    pages = make_closed_routes(templates) if parts.pages is None else make_routes(parts.pages, templates, handlers)
    routes = [
        Route("/webhook", handlers.webhook, methods=["POST"]),
        Route("/healthz", handlers.health),
        Route("/readyz", handlers.ready),
        Route("/metrics", handlers.metrics),
        Route("/installed", Installed(templates).show),
        *pages,
    ]
    return make_site(routes, assets, Welcome(templates).miss)


class _Handlers:
    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._bodies = Bodies(parts.bodies)
        self._storing = Threads("storing", 8)
        # One of each: whoever asks again and again keeps one thread busy and no more.
        self._counting, self._looking = Threads("counting", 1), Threads("looking", 1)
        self._counts: asyncio.Task[_Counts] | None = None
        self._told: asyncio.Task[bytes] | None = None

    async def webhook(self, request: Request) -> Response:
        started = perf_counter()
        try:
            kind, outcome, response = await self._receive(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except asyncio.CancelledError:
            # Only a server that stops cancels: a body that had not come by then.
            return _refuse(503, "the server stops; redeliver")
        self._parts.metrics.deliveries.labels(kind, outcome).inc()
        self._parts.metrics.seconds.observe(perf_counter() - started)
        return response

    async def _receive(self, request: Request) -> tuple[str, str, Response]:
        """What kind of message it was, what became of it, and the answer."""
        received = await self._read(request)
        match received:
            case Refused():
                return "other", "refused", _refuse(received.status, received.reason)
            case Malformed():
                return received.kind, "malformed", _refuse(400, received.reason)
            case Delivery():
                outcome, response = await self._accept(received)
                return received.kind, outcome, response
            case _:
                assert_never(received)

    async def _read(self, request: Request) -> Delivery | Malformed | Refused:
        doorway = self._parts.doorway
        opened = doorway.find_refusal(request.headers) or self._bodies.open(request.headers, doorway.max_body)
        if isinstance(opened, Refused):
            return opened
        with opened:
            body = await opened.read(request.stream())
            if isinstance(body, Refused):
                return body
            if len(body) <= _SMALL:
                return doorway.receive(request.headers, body)
            return await self._storing.run(lambda: doorway.receive(request.headers, body))

    async def _accept(self, delivery: Delivery) -> tuple[str, Response]:
        event = delivery.event
        jobs = event if isinstance(event, Ignored) else plan_jobs(event)
        if isinstance(jobs, Ignored):
            return "ignored", JSONResponse({"ignored": jobs.reason}, status_code=202)
        try:
            await self._storing.run(lambda: self._parts.queue.store(delivery.id, jobs), self._parts.storing)
        except LockbotError:
            self._parts.metrics.unsaved.inc()
            return "failed", _refuse(503, "the queue can't be reached; redeliver")
        for job in jobs:
            self._parts.metrics.jobs.labels(job.kind).inc()
        return "accepted", JSONResponse({"jobs": len(jobs)}, status_code=202)

    async def health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        counts = await self._count()
        inbox = f"inbox: {counts.inbox.length} deliveries, the oldest for {counts.inbox.age:.0f} s\n"
        if counts.problem is not None:
            return PlainTextResponse(f"not ready: {counts.problem}\n{inbox}", status_code=503)
        return PlainTextResponse(f"ready\n{inbox}")

    async def metrics(self, request: Request) -> Response:
        if not _may_see(request, self._parts.metrics_token):
            headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
            return PlainTextResponse("a token is asked for: LOCKBOT_METRICS_TOKEN\n", status_code=401, headers=headers)
        if self._told is None or self._told.done():
            self._told = asyncio.get_running_loop().create_task(self._tell())
        return Response(await asyncio.shield(self._told), media_type=CONTENT_TYPE_LATEST)

    async def _tell(self) -> bytes:
        """Whoever asks while somebody else's question is under way gets the same answer."""
        workers, inbox = self._parts.count_workers(), await self._look_at_inbox()
        measured = await self._measure(inbox)
        return self._parts.metrics.render(
            Seen(
                running=workers.running,
                restarts=workers.restarts,
                inbox=inbox.length,
                inbox_age=inbox.age,
                measured=measured,
            )
        )

    async def _measure(self, inbox: InboxState) -> Measured | None:
        try:
            found = await self._counting.run(self._parts.queue.measure, self._parts.counting)
        except LockbotError:
            return None
        return replace(found, jobs={**found.jobs, "waiting": found.jobs.get("waiting", 0) + inbox.length})

    async def look(self) -> ServerState:
        """For operators (``bot.web.pages.state.StatePort``)."""
        workers, inbox = self._parts.count_workers(), await self._look_at_inbox()
        measured = await self._measure(inbox)
        return ServerState(
            version=self._parts.version,
            jobs=measured.jobs if measured is not None else {},
            workers_here=workers.running,
            restarts=workers.restarts,
            workers=await self._list_workers(),
            inbox=inbox.length,
            inbox_age=inbox.age,
            cache=self._parts.measure_cache(),
            is_reached=measured is not None,
        )

    async def _list_workers(self) -> Sequence[LivingWorker]:
        try:
            return await self._counting.run(self._parts.list_workers, self._parts.counting)
        except LockbotError:
            return ()

    async def _count(self) -> _Counts:
        """Whoever asks while somebody else's question is under way gets the same answer."""
        if self._counts is None or self._counts.done():
            self._counts = asyncio.get_running_loop().create_task(self._count_now())
        return await asyncio.shield(self._counts)

    async def _count_now(self) -> _Counts:
        # The inbox first: what moves meanwhile is counted twice then, and never overlooked.
        inbox = await self._look_at_inbox()
        try:
            await self._counting.run(self._parts.queue.count_jobs, self._parts.counting)
        except LockbotError as error:
            return _Counts(inbox=inbox, problem=str(error))
        return _Counts(inbox=inbox)

    async def _look_at_inbox(self) -> InboxState:
        try:
            return await self._looking.run(self._parts.look_at_inbox, self._parts.counting)
        except LockbotError:
            return InboxState()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """``problem``: why the database can't be asked."""

    inbox: InboxState
    problem: str | None = None


def _may_see(request: Request, token: str | None) -> bool:
    if token is None:
        return True
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())


def _refuse(status: int, reason: str) -> Response:
    # Closed: what else comes on this connection may be the rest of a body that nobody reads.
    headers = {"Connection": "close"} | ({"Retry-After": _RETRY_AFTER} if status == 503 else {})
    return JSONResponse({"error": reason}, status_code=status, headers=headers)
