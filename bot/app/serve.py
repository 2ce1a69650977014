"""The server: webhooks and schedule in this process, workers beside it."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog
import uvicorn

from bot.app.process import SystemClock, stop_on_signals
from bot.forge.github.webhook import GitHubDoorway
from bot.jobs.opening import open_database
from bot.jobs.schedule import Scheduler
from bot.jobs.supervise import Supervisor
from bot.settings import Settings
from bot.web.metrics import Metrics
from bot.web.server import WebParts, WorkerCount, make_server


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """``worker_command`` starts one worker that ends when its standard input does."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    worker_command: tuple[str, ...] = (sys.executable, "-m", "bot", "work", "--until-input-ends")


def serve(settings: Settings, options: ServeOptions) -> None:
    """Web server and scheduler in this process, workers beside it; returns when told to stop by a signal."""
    secret = settings.get_app_credentials().webhook_secret
    clock = SystemClock()
    database = open_database(settings.get_database_url())
    queue = database.open_queue(clock)
    supervisor = Supervisor(options.worker_command, options.workers)
    parts = WebParts(
        queue=queue,
        doorway=GitHubDoorway(secret=secret),
        metrics=Metrics(),
        count_workers=partial(_count_workers, supervisor),
    )
    scheduler = Scheduler(queue, database.registry, clock)
    with ExitStack() as stack:
        stack.callback(queue.close)
        supervisor.start()
        stack.callback(supervisor.stop)
        scheduler.start()
        stack.callback(scheduler.stop)
        scheduler.compare()
        # uvicorn raises the signal again when it is done: without a handler that would end the process right there.
        stop_on_signals(threading.Event())
        structlog.get_logger("lockbot.serve").info("serving", host=options.host, port=options.port)
        uvicorn.run(make_server(parts), host=options.host, port=options.port, log_config=None, access_log=False)


def _count_workers(supervisor: Supervisor) -> WorkerCount:
    running, restarts = supervisor.count()
    return WorkerCount(running=running, restarts=restarts)
