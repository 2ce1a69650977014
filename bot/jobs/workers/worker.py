"""A worker process: DBOS launched with a name of its own, one repository solved at a time, and signs of life.

The name is that of the data folder and the number of a file lock in it, so that a worker that is started again gets the
name of the one that died, and DBOS resumes its jobs at once. A machine's own name is no part of it: two may have the
same, and a container gets another each time. Jobs of a worker elsewhere are taken over when it has been silent for a
minute.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from bot.jobs.database.engine import DatabaseUnavailable, translated
from bot.jobs.database.workers import SILENT
from bot.jobs.limits.process import JobLimits, read_resident_size
from bot.jobs.limits.watchdog import Watchdog
from bot.jobs.opening import JobDatabase
from bot.jobs.queue.queue import APPLICATION, KEPT, VERSION, WORKFLOW
from bot.jobs.workers.takeover import take_over_jobs
from bot.jobs.workers.tally import Tally
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.workflow import make_workflow
from bot.ports.measures import WORKER_MEMORY, Series

#: Gauges of the machine of that name, for whoever watches over it.
Look: TypeAlias = Callable[[str], Mapping[Series, float]]

#: Seconds.
_BEAT = 10
_TELL = 2
#: What takes a moment may end before the worker does. Less than a supervisor waits.
_LAST_MOMENTS = 2
#: A job that was under way in this many processes that died is left alone, whatever they died of.
_MOST_RECOVERIES = 5


@contextmanager
def take_name(data_dir: Path) -> Iterator[str]:
    """The lowest free worker name of this data folder, held for as long as the context lasts."""
    with translated():
        data_dir.mkdir(parents=True, exist_ok=True)
    folder = _name_folder(data_dir)
    for number in range(1000):
        with (data_dir / f"worker-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{folder}:{number}"
            return
    raise DatabaseUnavailable(f"{data_dir}: all worker names are taken")


def _name_folder(data_dir: Path) -> str:
    """Made up once, by the first process that works here."""
    with translated(), (data_dir / "name").open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        name = file.read().strip()
        if not name:
            name = secrets.token_hex(8)
            file.write(name)
        return name


def work(
    database: JobDatabase,
    name: str,
    parts: WorkerParts,
    stop: threading.Event,
    limits: JobLimits,
    look: Look = lambda _: {},
) -> None:
    """Work until ``stop`` is set; the queue is declared. A job under way then is left to be resumed.

    It also ends, to be started again, when memory stays taken after a job that took much. ``look``: see ``Look``.
    """
    watchdog = Watchdog(limits.seconds)
    tally = Tally(database.registry, name, partial(_look_at_itself, name, look))
    parts = replace(parts, hear_end=(*parts.hear_end, tally.hear))
    database.ledger.drop_old((parts.ports.clock.now() - KEPT).timestamp())
    DBOS(config=_configure(database, name))
    DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_MOST_RECOVERIES)(make_workflow(parts, watchdog))
    DBOS.listen_queues([*parts.duty.lanes])
    DBOS.launch()
    try:
        structlog.get_logger("lockbot.worker").info("worker ready", worker=name)
        life = _Life(parts, name, tally)
        for turn in count():
            life.pass_second(turn)
            _end_if_hanging(watchdog, database)
            _end_if_lost(database)
            if _is_swollen(watchdog, limits) or stop.wait(1.0):
                break
    finally:
        parts.ending.set()
        with suppress(DatabaseUnavailable):
            database.ledger.take_back()
            tally.tell(parts.ports.clock.now().timestamp())
        structlog.get_logger("lockbot.worker").info("worker ends", worker=name)
        _end(database, name)


def _configure(database: JobDatabase, name: str) -> DBOSConfig:
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": database.url,
        "application_version": VERSION,
        "executor_id": name,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "enable_otlp": False,
        # Jobs send each other nothing, and the end of a worker waits for who looks for it.
        "notification_listener_polling_interval_sec": 0.1,
    }
    if database.is_file:
        # With its connections set up as ours are.
        config["system_database_engine"] = database.engine
    return config


def _end(database: JobDatabase, name: str) -> None:
    """What is under way has its last moments; DBOS takes a second at least for that, so it is asked where something is."""
    has_work = False
    with suppress(DatabaseUnavailable):
        has_work = database.registry.has_work(name)
    # A job that is cut off is resumed; that DBOS can't record it any more is no news.
    DBOS.logger.setLevel(logging.CRITICAL)
    DBOS.destroy(workflow_completion_timeout_sec=_LAST_MOMENTS if has_work else 0)


def _look_at_itself(name: str, look: Look) -> Mapping[Series, float]:
    size = read_resident_size()
    memory = {} if size is None else {Series(WORKER_MEMORY.name, (name,)): float(size)}
    return {**look(name.partition(":")[0]), **memory}


def _end_if_hanging(watchdog: Watchdog, database: JobDatabase) -> None:
    job = watchdog.find_hanging()
    if job is not None:
        structlog.get_logger("lockbot.worker").error("job hangs, worker ends", job=job)
        with suppress(DatabaseUnavailable):
            database.ledger.blame(f"it took longer than {watchdog.longest:.0f} seconds")
        # No clean way out: the job's thread can't be stopped.
        os._exit(os.EX_TEMPFAIL)


def _is_swollen(watchdog: Watchdog, limits: JobLimits) -> bool:
    """Whether nothing is under way and the process still has more memory than a job may take."""
    size = read_resident_size()
    if size is None or size <= limits.memory or watchdog.is_busy():
        return False
    structlog.get_logger("lockbot.worker").warning("much memory stays taken, worker ends", megabytes=size // 1_000_000)
    return True


def _end_if_lost(database: JobDatabase) -> None:
    if database.is_lost():
        structlog.get_logger("lockbot.worker").error("the job database was deleted or replaced, worker ends")
        # DBOS holds on to the file that is gone. Whoever starts this worker again opens the one that is there.
        os._exit(os.EX_TEMPFAIL)


class _Life:
    """Signs of life of this worker, and a look at those of the others. An outage is one line, and its end another."""

    def __init__(self, parts: WorkerParts, name: str, tally: Tally) -> None:
        self._parts = parts
        self._name = name
        self._tally = tally
        self._away = False

    def pass_second(self, turn: int) -> None:
        """What a worker tells of itself, each thing in as many turns as it takes."""
        if turn % _BEAT == 0:
            self._show()
        elif turn % _TELL == 0:
            with suppress(DatabaseUnavailable):
                self._tally.tell_counts(self._parts.ports.clock.now().timestamp())
        with suppress(DatabaseUnavailable):
            self._parts.progress.tell(self._parts.registry)

    def _show(self) -> None:
        log = structlog.get_logger("lockbot.worker")
        now = self._parts.ports.clock.now().timestamp()
        try:
            self._parts.registry.beat(self._name, now)
            silent = self._parts.registry.take_silent(now - SILENT)
            self._tally.tell(now)
        except DatabaseUnavailable as error:
            if not self._away:
                log.error("the job database is away", reason=str(error))
            self._away = True
            return
        if self._away:
            log.info("the job database is back")
        self._away = False
        if silent:
            log.warning("taking over jobs", workers=", ".join(silent))
            take_over_jobs(silent)
