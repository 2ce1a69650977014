"""The server: webhooks, their inbox and the schedule in this process, workers beside it."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import structlog

from bot.app.clock import SystemClock
from bot.app.pages import make_pages
from bot.app.process import stop_on_signals
from bot.app.registered import remember_app
from bot.app.start import check_start
from bot.distribution import NAME
from bot.events.jobs import Job
from bot.forge.github.webhooks.doorway import GitHubDoorway
from bot.index.cache.trim import read_cache_size
from bot.jobs.clock.schedule import Scheduler
from bot.jobs.measuring import measure
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue.inbox import Inbox
from bot.jobs.queue.queue import JobQueue
from bot.jobs.registry import Registry
from bot.jobs.workers.supervise import Supervisor, worker_commands
from bot.ports.measures import Measured
from bot.ports.steps import Clock
from bot.settings import Settings, begun, get_environment
from bot.traces.heard import HeardDelivery
from bot.traces.tracing import Tracing, start_traces
from bot.web.listening import Address, make_listener
from bot.web.metrics import Metrics
from bot.web.pages.state import LivingWorker
from bot.web.server import InboxState, WebParts, WorkerCount, make_server


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """``worker_command`` starts one worker that ends when its standard input does; the name of its duty is added.

    ``checkers``: workers beside the others that check pull requests and nothing else.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    checkers: int = 1
    worker_command: tuple[str, ...] = (sys.executable, "-m", "bot", "work", "--until-input-ends", "--duty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What comes in goes to the inbox; what is asked about jobs is asked of the queue."""

    inbox: Inbox
    queue: JobQueue
    registry: Registry
    clock: Clock
    tracing: Tracing | None = None

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        started = self.clock.now().timestamp()
        self.inbox.store(delivery, jobs)
        if self.tracing is not None:
            ended = self.clock.now().timestamp()
            self.tracing.hear_delivery(HeardDelivery(id=delivery, started=started, ended=ended, jobs=len(jobs)))

    def count_jobs(self) -> Mapping[str, int]:
        return self.queue.count_jobs()

    def measure(self) -> Measured:
        return measure(self.queue, self.registry, self.clock.now().timestamp())


def serve(settings: Settings, options: ServeOptions) -> None:
    """Web server and scheduler in this process, workers beside it; returns when told to stop by a signal."""
    # The command line lets garbage lie, as it ends soon; this process stays.
    gc.set_threshold(700, 10, 10)
    check_start(settings)
    with ExitStack() as stack:
        parts = begin(settings, options, stack)
        # uvicorn raises the signal again when it is done: without a handler that would end the process right there.
        stop_on_signals(threading.Event())
        make_listener(make_server(parts), Address(host=options.host, port=options.port)).run()


def begin(settings: Settings, options: ServeOptions, stack: ExitStack) -> WebParts:
    """Inbox, workers and schedule, at work until ``stack`` ends; what the web server needs of them."""
    secret = settings.get_app_credentials().webhook_secret
    clock = SystemClock()
    database = open_database(settings.get_database_url())
    if settings.stored_app is not None:
        # Also what a kill kept set-up from noting or forgetting, or a database that began anew.
        begun.forget(settings.data_dir)
        remember_app(database, settings.stored_app, clock.now().timestamp())
    queue = database.open_queue(clock)
    supervisor = Supervisor(worker_commands(options.worker_command, options.workers, options.checkers))
    inbox = Inbox(settings.data_dir / "inbox.sqlite", queue, clock)
    scheduler = Scheduler(queue, database.registry, clock, watches=settings.index_watching)
    tracing = start_traces(get_environment())
    if tracing is not None:
        stack.callback(tracing.close)
    stack.callback(queue.close)
    inbox.start()
    stack.callback(inbox.stop)
    supervisor.start()
    stack.callback(supervisor.stop)
    scheduler.start()
    stack.callback(scheduler.stop)
    scheduler.compare()
    structlog.get_logger("lockbot.serve").info("serving", host=options.host, port=options.port)
    return WebParts(
        queue=Door(inbox=inbox, queue=queue, registry=database.registry, clock=clock, tracing=tracing),
        doorway=GitHubDoorway(secret=secret),
        metrics=Metrics(),
        count_workers=partial(_count_workers, supervisor),
        look_at_inbox=partial(_look_at_inbox, inbox),
        version=version(NAME),
        pages=make_pages(settings, database, queue, clock),
        list_workers=partial(_list_workers, database),
        measure_cache=partial(_measure_cache, settings),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )


def _count_workers(supervisor: Supervisor) -> WorkerCount:
    running, restarts = supervisor.count()
    return WorkerCount(running=running, restarts=restarts)


def _list_workers(database: JobDatabase) -> tuple[LivingWorker, ...]:
    return tuple(LivingWorker(name=name, seen=seen) for name, seen in database.registry.list_workers())


def _measure_cache(settings: Settings) -> tuple[int, int] | None:
    size = read_cache_size(settings.cache_dir)
    return None if size is None else (size, settings.cache_bytes)


def _look_at_inbox(inbox: Inbox) -> InboxState:
    length, age = inbox.look()
    return InboxState(length=length, age=age)
