"""What was accepted and is not on the queue yet: a small file of the web process's own, in front of the job database.

A delivery is answered when it is safe here, whatever the job database is doing: workers write to it, it may be locked,
or on another machine that is away. A thread moves the entries on, and removes them when that database has them on its
disk. Killed in between, it moves them again: the queue knows a delivery by its number. Several web processes may share the
file.

Writes that come at the same time share one commit, so that a slow disk is waited for once.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import structlog
from pydantic import Field, TypeAdapter, ValidationError

from bot.errors import LockbotError
from bot.events.jobs import Job
from bot.jobs.database.engine import DatabaseUnavailable
from bot.ports.steps import Clock

#: Seconds that a write waits for another process that has the file locked; then the queue is asked itself.
_PATIENCE = 2.0
#: Entries that are moved before they are removed together.
_BATCH = 100
#: Seconds until the queue is tried again; the last one goes on.
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
#: Seconds that a stop waits for what is under way. What is left is moved at the next start.
_GRACE = 5.0

_JOBS: TypeAdapter[tuple[Annotated[Job, Field(discriminator="kind")], ...]] = TypeAdapter(
    tuple[Annotated[Job, Field(discriminator="kind")], ...]
)

_TABLE = """
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery TEXT NOT NULL UNIQUE,
    jobs TEXT NOT NULL,
    received REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    unreadable INTEGER NOT NULL DEFAULT 0
)
"""
_PUT = "INSERT OR IGNORE INTO deliveries (delivery, jobs, received) VALUES (?, ?, ?)"
# What failed comes after what did not, so that one entry never holds up the others.
_NEXT = "SELECT delivery, jobs FROM deliveries WHERE NOT unreadable ORDER BY tries, number LIMIT ?"
_TRIED = "UPDATE deliveries SET tries = tries + 1 WHERE delivery = ?"
_SET_ASIDE = "UPDATE deliveries SET unreadable = 1 WHERE delivery = ?"
_GONE = "DELETE FROM deliveries WHERE delivery = ?"
_LOOK = "SELECT count(*), min(received) FROM deliveries"
_REST = "SELECT delivery, jobs, received FROM deliveries ORDER BY number"


class Storing(Protocol):
    """Where deliveries go in the end (``queue.JobQueue``). Storing one again stores nothing."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def settle(self) -> None:
        """Returns when a power failure takes nothing of what was stored."""


@dataclass(slots=True)
class _Writing:
    """An entry on its way to the disk."""

    row: tuple[str, str, float]
    done: bool = False
    problem: Exception | None = None


class Inbox:
    """Safe to share between threads. Nothing is moved before ``start``."""

    def __init__(self, path: Path, queue: Storing, clock: Clock) -> None:
        self._path = path
        self._queue = queue
        self._clock = clock
        self._gate = threading.Lock()
        self._pending: list[_Writing] = []
        self._file = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._rescued: list[tuple[object, ...]] = []
        self._unwritable = False
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._keep_moving, name="inbox", daemon=True)

    def start(self) -> None:
        """Move what was left from before, and from now on what comes."""
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """Move what can be moved at once; the rest stays for the next start."""
        self._stop.set()
        self._wake.set()
        self._thread.join(_GRACE)
        self._hurry.set()
        if not self._thread.is_alive():
            self.close()

    def close(self) -> None:
        with self._file:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # --- what comes in ------------------------------------------------------------------------------

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        """Returns when it is on the disk, here or, where that can't be, on the queue itself.

        Raises ``DatabaseUnavailable`` when neither could be done.
        """
        row = (delivery, _JOBS.dump_json(jobs).decode(), self._clock.now().timestamp())
        writing = _Writing(row)
        with self._gate:
            self._pending.append(writing)
        with self._file:
            if not writing.done:
                self._write_pending()
        if writing.problem is None:
            self._wake.set()
        else:
            self._queue.store(delivery, jobs)
            self._queue.settle()

    def _write_pending(self) -> None:
        with self._gate:
            batch, self._pending = self._pending, []
        problem: Exception | None = None
        try:
            self._change(_PUT, [one.row for one in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits for this write must not take it for done
            problem = error
        self._tell_writable(problem)
        for one in batch:
            one.problem = problem
            one.done = True

    def _tell_writable(self, problem: Exception | None) -> None:
        """Once when the trouble begins and once when it ends, however many deliveries come."""
        log = structlog.get_logger("lockbot.inbox")
        if problem is not None and not self._unwritable:
            log.error("the inbox can't be written; deliveries go to the job database", reason=str(problem))
        elif problem is None and self._unwritable:
            log.info("the inbox can be written again")
        self._unwritable = problem is not None

    def look(self) -> tuple[int, float]:
        """How many entries there are, and for how many seconds the oldest has waited."""
        try:
            with self._file:
                count, first = self._open().execute(_LOOK).fetchone()
        except (sqlite3.Error, OSError) as error:
            raise DatabaseUnavailable(f"the inbox: {error}") from None
        return count, max(0.0, self._clock.now().timestamp() - first) if count else 0.0

    # --- what goes on -------------------------------------------------------------------------------

    def _keep_moving(self) -> None:
        failures, is_last = 0, False
        while not is_last:
            if failures:
                self._stop.wait(_PAUSES[min(failures, len(_PAUSES)) - 1])
            else:
                self._wake.wait()
            self._wake.clear()
            # Asked before the pass: who is told to stop before this thread ever ran still moves what is there.
            is_last = self._stop.is_set()
            failures = self._move_all(failures)

    def _move_all(self, failures: int) -> int:
        """How many passes in a row have failed now; an outage is logged at its beginning and its end."""
        log = structlog.get_logger("lockbot.inbox")
        try:
            while (rows := self._read_next()) and not self._hurry.is_set():
                self._move(rows)
        except (LockbotError, sqlite3.Error, OSError) as error:
            if not failures:
                log.error("deliveries wait in the inbox", reason=str(error))
            return failures + 1
        except Exception:
            # This thread must outlive whatever a database's library may raise.
            if not failures and not self._hurry.is_set():
                log.error("deliveries wait in the inbox", exc_info=True)
            return failures + 1
        if failures:
            log.info("the inbox is moved on again")
        return 0

    def _read_next(self) -> Sequence[tuple[str, str]]:
        with self._file:
            return self._open().execute(_NEXT, (_BATCH,)).fetchall()

    def _move(self, rows: Sequence[tuple[str, str]]) -> None:
        moved: list[tuple[str]] = []
        try:
            for delivery, text in rows:
                if self._hurry.is_set():
                    return
                try:
                    self._queue.store(delivery, _JOBS.validate_json(text))
                except ValidationError:
                    self._set_aside(delivery)
                    continue
                except Exception:
                    with self._file, contextlib.suppress(sqlite3.Error, OSError):
                        self._change(_TRIED, [(delivery,)])
                    raise
                moved.append((delivery,))
        finally:
            if moved:
                self._queue.settle()
                with self._file:
                    self._change(_GONE, moved)

    def _set_aside(self, delivery: str) -> None:
        """An entry of another version of lockbot; that version may read it, if it comes back."""
        structlog.get_logger("lockbot.inbox").error("a delivery in the inbox is not understood", delivery=delivery)
        with self._file:
            self._change(_SET_ASIDE, [(delivery,)])

    # --- the file -----------------------------------------------------------------------------------

    def _change(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """All of it or nothing, and on the disk when this returns; with ``_file`` held."""
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(statement, rows)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        """The file, made anew when somebody took it away; with ``_file`` held."""
        if self._connection is None or find_inode(self._path) != self._inode:
            self._connection = self._open_anew()
        if self._rescued:
            rows, self._rescued = self._rescued, []
            try:
                self._change(_PUT, rows)
            except BaseException:
                self._rescued = rows
                raise
        return self._connection

    def _open_anew(self) -> sqlite3.Connection:
        if self._connection is not None:
            # What is open still holds what was not moved.
            with contextlib.suppress(sqlite3.Error):
                self._rescued += self._connection.execute(_REST).fetchall()
            self._connection.close()
            self._connection = None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = _first_that_opens(self._path)
        self._inode = find_inode(self._path)
        return connection


def find_inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def _first_that_opens(path: Path) -> sqlite3.Connection:
    """The file at ``path``; one that is no database, or a damaged one, is put beside."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = path.with_name(f"{path.name}.damaged")
        structlog.get_logger("lockbot.inbox").error("the inbox is damaged", kept=str(aside), reason=str(error))
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        path.replace(aside)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        # A commit is on the disk when it returns, in the write-ahead log.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_TABLE)
        # An entry that an older version could not read gets its chance.
        connection.execute("UPDATE deliveries SET unreadable = 0 WHERE unreadable")
    except BaseException:
        connection.close()
        raise
    return connection
