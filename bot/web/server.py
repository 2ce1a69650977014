"""The HTTP side: ``POST /webhook`` (verify, translate, store, answer at once), health, metrics, a status page.

Nothing is worked on here. Storing is a short database write in a thread, so the event loop never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import InputError, LockbotError
from bot.events import Delivery, Ignored, Job, parse_event, plan_jobs
from bot.web.metrics import Metrics
from bot.web.status import StatusPage, render_status
from bot.web.verify import MAX_BODY, Refused, read_delivery

#: Event names that may become a metric label; anything else counts as "other".
_COUNTED = frozenset(
    {"installation", "installation_repositories", "push", "pull_request", "issue_comment", "ping", "check_run"}
)


class Queue(Protocol):
    """Where accepted jobs go. Storing the same delivery again stores nothing and is no error."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def count_jobs(self) -> Mapping[str, int]:
        """Jobs by state. Raises when the database can't be reached."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCount:
    running: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the server needs. ``count_workers`` tells about the worker processes beside it."""

    queue: Queue
    webhook_secret: str = field(repr=False)
    metrics: Metrics
    count_workers: Callable[[], WorkerCount] = WorkerCount
    max_body: int = MAX_BODY


def make_server(parts: WebParts) -> Starlette:
    handlers = _Handlers(parts)
    return Starlette(
        routes=[
            Route("/webhook", handlers.webhook, methods=["POST"]),
            Route("/healthz", handlers.health),
            Route("/readyz", handlers.ready),
            Route("/metrics", handlers.metrics),
            Route("/", handlers.status),
        ]
    )


class _Handlers:
    def __init__(self, parts: WebParts) -> None:
        self._parts = parts

    async def webhook(self, request: Request) -> Response:
        started = perf_counter()
        try:
            event, outcome, response = await self._receive(request)
        except ClientDisconnect:
            return Response(status_code=400)
        self._parts.metrics.deliveries.labels(event if event in _COUNTED else "other", outcome).inc()
        self._parts.metrics.seconds.observe(perf_counter() - started)
        return response

    async def _receive(self, request: Request) -> tuple[str, str, Response]:
        body = await read_body(request, self._parts.max_body)
        if isinstance(body, Refused):
            return "other", "refused", _refuse(body)
        delivery = read_delivery(request.headers, body, self._parts.webhook_secret)
        if isinstance(delivery, Refused):
            return "other", "refused", _refuse(delivery)
        return await self._accept(delivery)

    async def _accept(self, delivery: Delivery) -> tuple[str, str, Response]:
        try:
            event = parse_event(delivery)
        except InputError as error:
            return delivery.event, "malformed", _refuse(Refused(status=400, reason=str(error)))
        if isinstance(event, Ignored):
            return delivery.event, "ignored", JSONResponse({"ignored": event.reason}, status_code=202)
        jobs = plan_jobs(event)
        try:
            await run_in_threadpool(self._parts.queue.store, delivery.id, jobs)
        except LockbotError:
            return (
                delivery.event,
                "failed",
                _refuse(Refused(status=503, reason="the queue can't be reached; redeliver")),
            )
        for job in jobs:
            self._parts.metrics.jobs.labels(job.kind).inc()
        return delivery.event, "accepted", JSONResponse({"jobs": len(jobs)}, status_code=202)

    async def health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        try:
            await run_in_threadpool(self._parts.queue.count_jobs)
        except LockbotError as error:
            return PlainTextResponse(f"not ready: {error}\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def metrics(self, _request: Request) -> Response:
        metrics, workers = self._parts.metrics, self._parts.count_workers()
        for state, count in (await self._count_jobs()).items():
            metrics.queued.labels(state).set(count)
        metrics.workers.set(workers.running)
        metrics.restarts.set(workers.restarts)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def status(self, _request: Request) -> Response:
        workers = self._parts.count_workers()
        page = StatusPage(
            version=version("lockbot"),
            jobs=await self._count_jobs(),
            workers=workers.running,
            restarts=workers.restarts,
        )
        return HTMLResponse(render_status(page), headers={"Content-Security-Policy": "default-src 'none'"})

    async def _count_jobs(self) -> Mapping[str, int]:
        try:
            return await run_in_threadpool(self._parts.queue.count_jobs)
        except LockbotError:
            return {}


async def read_body(request: Request, limit: int) -> bytes | Refused:
    """Stops reading at the limit, whatever Content-Length says."""
    too_large = Refused(status=413, reason=f"body is larger than {limit} bytes")
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        return too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            return too_large
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse(refused: Refused) -> Response:
    return JSONResponse({"error": refused.reason}, status_code=refused.status)
