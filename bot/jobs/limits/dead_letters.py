"""Dead letters: what took its worker down twice is set aside, where a person sees it and can have it tried again.

Many jobs are under way in a worker, so its death says little about each of them; but it solves one repository at a time,
and nothing else takes memory or time. So the ledger notes the commit that is being solved before it begins and strikes it
out when that comes to any end. A note that is still there was left by a worker that died over it. A worker that is told to
stop takes its own notes back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.tables import LEDGER
from bot.jobs.limits.process import JobLimits, limited
from bot.ports.counting import stage
from bot.ports.forge import Cloner, CloneSource
from bot.ports.run import Sha
from bot.ports.steps import SetAside

#: A commit that took down as many workers is not solved again unasked.
MOST_DEATHS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """``repository`` is owner/name, ``reason`` what is known of the last death, ``moment`` when it was begun last."""

    repository: str
    head: Sha
    moment: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    repository: str
    head: str

    @property
    def row(self) -> sa.ColumnElement[bool]:
        return (LEDGER.c.repository == self.repository) & (LEDGER.c.head == self.head)


class Ledger:
    """Moments are seconds since the epoch. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._running: set[_Key] = set()

    @contextmanager
    def note(self, repository: str, head: Sha, now: float) -> Iterator[None]:
        """Within, a death of this process is the commit's. Raises ``SetAside`` where there were too many."""
        key = _Key(repository=repository, head=head)
        self._begin(key, now)
        with self._lock:
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                is_noted = key in self._running
                self._running.discard(key)
            if is_noted:
                self._strike_out(key)

    def _begin(self, key: _Key, now: float) -> None:
        with translated(), self._engine.begin() as connection:
            found = connection.execute(sa.select(LEDGER.c.begun, LEDGER.c.reason).where(key.row)).first()
            deaths, reason = (found.begun, found.reason) if found else (0, "")
            if found is None:
                row = {"repository": key.repository, "head": key.head, "begun": 1, "moment": now}
                connection.execute(sa.insert(LEDGER).values(row))
            else:
                values = {"set_aside": True} if deaths >= MOST_DEATHS else {"begun": deaths + 1, "moment": now}
                connection.execute(sa.update(LEDGER).where(key.row).values(values))
        if deaths >= MOST_DEATHS:
            raise SetAside(f"{key.repository} at {key.head[:12]} took its worker down {deaths} times{_because(reason)}")

    def _strike_out(self, key: _Key) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(LEDGER).where(key.row))

    def blame(self, reason: str) -> None:
        """This process is about to die of what it solves; say why."""
        with self._lock:
            running = tuple(self._running)
        for key in running:
            with translated(), self._engine.begin() as connection:
                connection.execute(sa.update(LEDGER).where(key.row).values(reason=reason))

    def take_back(self) -> None:
        """This process is told to stop: what it leaves unfinished is no death."""
        with self._lock:
            running = tuple(self._running)
            self._running.clear()
        for key in running:
            with translated(), self._engine.begin() as connection:
                connection.execute(sa.update(LEDGER).where(key.row).values(begun=LEDGER.c.begun - 1))
                connection.execute(sa.delete(LEDGER).where(key.row, LEDGER.c.begun <= 0))

    # --- what was set aside -----------------------------------------------------------------------

    def list_dead_letters(self) -> tuple[DeadLetter, ...]:
        """The last first."""
        wanted = sa.select(LEDGER).where(LEDGER.c.set_aside).order_by(LEDGER.c.moment.desc())
        with translated(), self._engine.connect() as connection:
            return tuple(
                DeadLetter(repository=row.repository, head=Sha(row.head), moment=row.moment, reason=row.reason)
                for row in connection.execute(wanted)
            )

    def forgive(self, repository: str) -> int:
        """What was set aside of a repository may be tried again; how many commits of it were."""
        with translated(), self._engine.begin() as connection:
            rows = LEDGER.c.set_aside & (LEDGER.c.repository == repository)
            return int(connection.execute(sa.delete(LEDGER).where(rows)).rowcount)

    def drop_old(self, before: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(LEDGER).where(LEDGER.c.moment < before))


def count_dead_letters(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(LEDGER).where(LEDGER.c.set_aside)) or 0


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedCloner:
    """A cloner whose clones are what a worker may die of: everything that is solved is cloned first, and worked on within
    the context. The limits on a job hold there."""

    cloner: Cloner
    ledger: Ledger
    limits: JobLimits
    now: Callable[[], float] = field(repr=False)

    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        repository = urlsplit(source.url).path.strip("/").removesuffix(".git")
        with (
            self.ledger.note(repository, commit, self.now()),
            limited(self.limits),
            _timed(self.cloner.clone(source, commit)) as root,
        ):
            yield root


@contextmanager
def _timed(clone: AbstractContextManager[Path]) -> Iterator[Path]:
    with ExitStack() as stack:
        with stage("clone"):
            root = stack.enter_context(clone)
        yield root
