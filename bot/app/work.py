"""Worker processes: one with a given pipeline, or several kept running."""

from __future__ import annotations

import os
import threading

from bot.app.advisories import make_advisories
from bot.app.edges import make_cloner, make_forge_app
from bot.app.process import SystemClock, stop_on_signals
from bot.jobs.cadence import is_open
from bot.jobs.database import check_database
from bot.jobs.dead_letters import WatchedCloner
from bot.jobs.limits import JobLimits
from bot.jobs.opening import open_database
from bot.jobs.priority import step_back
from bot.jobs.supervise import Supervisor
from bot.jobs.worker import take_name, work
from bot.jobs.workflows import WorkerParts
from bot.ports.run import RunRepository
from bot.settings import Settings
from bot.work.job import JobPorts


def run_worker_with(settings: Settings, run_repository: RunRepository, *, until_input_ends: bool = False) -> None:
    step_back(0)
    clock = SystemClock()
    database = open_database(settings.get_database_url())
    limits = JobLimits(seconds=settings.job_seconds, memory=settings.job_memory * 1_000_000)
    ports = JobPorts(
        app=make_forge_app(settings),
        cloner=WatchedCloner(
            cloner=make_cloner(settings),
            ledger=database.ledger,
            limits=limits,
            now=lambda: clock.now().timestamp(),
        ),
        run_repository=run_repository,
        clock=clock,
        is_open=is_open,
        advisories=make_advisories(settings),
    )
    stop = threading.Event()
    stop_on_signals(stop)
    if until_input_ends:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    parts = WorkerParts(ports=ports, queue=database.open_queue(clock), registry=database.registry)
    with take_name(settings.data_dir) as name:
        work(database, name, parts, stop, limits)


def run_workers(settings: Settings, command: tuple[str, ...], workers: int) -> None:
    """Several workers, kept running until a signal. What none of them could work with is refused before they start."""
    check_database(settings.get_database_url())
    supervisor, stop = Supervisor(command, workers), threading.Event()
    stop_on_signals(stop)
    supervisor.start()
    stop.wait()
    supervisor.stop()


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # Not through sys.stdin: its lock would be held by this thread when the interpreter ends.
    while os.read(0, 4096):
        continue
    stop.set()
