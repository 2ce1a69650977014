"""The HTTP side: ``POST /webhook`` (ask the doorway, store, answer at once), health, metrics, a status page.

Nothing is worked on here. Storing is a short database write in a thread, so the event loop never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import Protocol, assert_never

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import LockbotError
from bot.events import Delivery, Ignored, Job, Malformed, Refused, plan_jobs
from bot.web.doorway import Doorway
from bot.web.metrics import Metrics
from bot.web.status import StatusPage, render_status


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
    doorway: Doorway
    metrics: Metrics
    count_workers: Callable[[], WorkerCount] = WorkerCount


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
            kind, outcome, response = await self._receive(request)
        except ClientDisconnect:
            return Response(status_code=400)
        self._parts.metrics.deliveries.labels(kind, outcome).inc()
        self._parts.metrics.seconds.observe(perf_counter() - started)
        return response

    async def _receive(self, request: Request) -> tuple[str, str, Response]:
        """What kind of message it was, what became of it, and the answer."""
        doorway = self._parts.doorway
        body = await read_body(request, doorway.max_body)
        received = body if isinstance(body, Refused) else doorway.receive(request.headers, body)
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

    async def _accept(self, delivery: Delivery) -> tuple[str, Response]:
        event = delivery.event
        jobs = event if isinstance(event, Ignored) else plan_jobs(event)
        if isinstance(jobs, Ignored):
            return "ignored", JSONResponse({"ignored": jobs.reason}, status_code=202)
        try:
            await run_in_threadpool(self._parts.queue.store, delivery.id, jobs)
        except LockbotError:
            return "failed", _refuse(503, "the queue can't be reached; redeliver")
        for job in jobs:
            self._parts.metrics.jobs.labels(job.kind).inc()
        return "accepted", JSONResponse({"jobs": len(jobs)}, status_code=202)

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


def _refuse(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)
