"""A worker process: DBOS launched with a name of its own, one job at a time, and signs of life.

The name is taken by a file lock, so that a worker that is started again gets the name of the one that died, and DBOS
resumes its jobs at once. Jobs of a worker on another machine are taken over when it has been silent for a minute.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from bot.jobs.database import DatabaseUnavailable, translated
from bot.jobs.queue import APPLICATION, VERSION, WORKFLOW
from bot.jobs.takeover import take_over_jobs
from bot.jobs.watchdog import Watchdog
from bot.jobs.workflows import WorkerParts, make_workflow

_BEAT = 10.0
_SILENT = 60.0
#: A job that took the process down this often is left alone.
_MOST_RECOVERIES = 5


@contextmanager
def take_name(data_dir: Path) -> Iterator[str]:
    """The lowest free worker name on this machine, held for as long as the context lasts."""
    with translated():
        data_dir.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()
    for number in range(1000):
        with (data_dir / f"worker-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{host}:{number}"
            return
    raise DatabaseUnavailable(f"{data_dir}: all worker names are taken")


def work(url: str, name: str, parts: WorkerParts, stop: threading.Event) -> None:
    """Work until ``stop`` is set; the queue is declared. A job under way then is left to be resumed."""
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": VERSION,
        "executor_id": name,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    watchdog = Watchdog()
    DBOS(config=config)
    DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_MOST_RECOVERIES)(make_workflow(parts, watchdog))
    DBOS.launch()
    try:
        structlog.get_logger("lockbot.worker").info("worker ready", worker=name)
        while not stop.is_set():
            _show_life(parts, name)
            _end_if_hanging(watchdog)
            stop.wait(_BEAT)
    finally:
        structlog.get_logger("lockbot.worker").info("worker ends", worker=name)
        DBOS.destroy()


def _end_if_hanging(watchdog: Watchdog) -> None:
    job = watchdog.find_hanging()
    if job is not None:
        structlog.get_logger("lockbot.worker").error("job hangs, worker ends", job=job)
        # No clean way out: the job's thread can't be stopped.
        os._exit(os.EX_TEMPFAIL)


def _show_life(parts: WorkerParts, name: str) -> None:
    now = parts.ports.clock.now().timestamp()
    try:
        parts.registry.beat(name, now)
        silent = parts.registry.take_silent(now - _SILENT)
    except DatabaseUnavailable as error:
        structlog.get_logger("lockbot.worker").warning("no sign of life given", reason=str(error))
        return
    if silent:
        structlog.get_logger("lockbot.worker").warning("taking over jobs", workers=", ".join(silent))
        take_over_jobs(silent)
