"""The ledger: whose fault a worker's death is, and what is set aside for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType

import pytest

from bot.errors import InputError
from bot.events.jobs import RunJob, Scope
from bot.jobs.limits.dead_letters import Ledger, WatchedCloner
from bot.jobs.limits.process import JobLimits
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.operating import list_troubled, try_again
from bot.jobs.queue.queue import JobQueue
from bot.jobs.workflows.steps import DurableSteps
from bot.ports.forge import CloneSource
from bot.ports.run import Sha
from bot.ports.steps import SetAside
from tests.work.scene import NOW, REF, FixedClock

APP = REF.full_name
ONE, TWO = Sha("1" * 40), Sha("2" * 40)
LIMITS = JobLimits(seconds=1000.0, memory=1 << 40)


@pytest.fixture
def database(tmp_path: Path) -> JobDatabase:
    return open_database(f"sqlite:///{tmp_path}/jobs.sqlite")


@dataclass
class Graveyard:
    """Workers that died: what they were in is never left."""

    database: JobDatabase
    left: list[AbstractContextManager[None]] = field(default_factory=list)

    def die(self, head: Sha = ONE, *, reason: str = "", times: int = 1) -> None:
        for _ in range(times):
            worker = Ledger(self.database.engine)
            note = worker.note(APP, head, NOW.timestamp())
            note.__enter__()
            self.left.append(note)
            if reason:
                worker.blame(reason)


@pytest.fixture
def workers(database: JobDatabase) -> Graveyard:
    return Graveyard(database=database)


def solve(database: JobDatabase, head: Sha = ONE) -> None:
    with Ledger(database.engine).note(APP, head, NOW.timestamp()):
        pass


def test_what_took_its_worker_down_twice_is_set_aside(database: JobDatabase, workers: Graveyard) -> None:
    workers.die(times=2, reason="it took longer than 5 seconds")
    with pytest.raises(SetAside, match=f"{APP} at 111111111111 took its worker down 2 times: it took longer than 5"):
        solve(database)
    (letter,) = database.ledger.list_dead_letters()
    assert (letter.repository, letter.head, letter.reason) == (APP, ONE, "it took longer than 5 seconds")


def test_what_took_its_worker_down_once_is_tried_again_and_forgotten_when_it_ends(
    database: JobDatabase, workers: Graveyard
) -> None:
    for _ in range(3):
        workers.die()
        solve(database)
    assert database.ledger.list_dead_letters() == ()


def test_an_error_is_an_end_like_any_other(database: JobDatabase) -> None:
    for _ in range(3):
        with pytest.raises(KeyError), Ledger(database.engine).note(APP, ONE, 0.0):
            raise KeyError
    solve(database)


def test_another_commit_begins_at_zero(database: JobDatabase, workers: Graveyard) -> None:
    workers.die(times=2)
    solve(database, TWO)
    with pytest.raises(SetAside):
        solve(database, ONE)


def test_a_worker_that_is_told_to_stop_takes_its_note_back(database: JobDatabase, workers: Graveyard) -> None:
    for _ in range(3):
        worker = Ledger(database.engine)
        note = worker.note(APP, ONE, 0.0)
        note.__enter__()
        worker.take_back()
        # The thread that solved may still come to an end.
        note.__exit__(None, None, None)
    workers.die()
    solve(database)


def test_old_notes_are_dropped(database: JobDatabase, workers: Graveyard) -> None:
    workers.die(times=2)
    database.ledger.drop_old(NOW.timestamp() + 1)
    solve(database)


def test_a_resumed_job_meets_the_same_refusal(database: JobDatabase, workers: Graveyard) -> None:
    workers.die(times=2)
    recorded: dict[str, str] = {}

    def record(name: str, step: object) -> str:
        assert callable(step)
        return recorded.setdefault(name, step())

    for _ in range(2):
        with pytest.raises(SetAside, match="took its worker down"):
            DurableSteps(record=record).run("solve", NoneType, lambda: solve(database))


class FolderCloner:
    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        del source, commit
        yield Path("clone")


def test_a_clone_is_noted_by_its_repository(database: JobDatabase, workers: Graveyard) -> None:
    cloner = WatchedCloner(cloner=FolderCloner(), ledger=database.ledger, limits=LIMITS, now=NOW.timestamp)
    source = CloneSource(url=f"https://github.test/{APP}.git")
    with cloner.clone(source, ONE) as root:
        assert root == Path("clone")
    workers.die(times=2)
    with pytest.raises(SetAside), cloner.clone(source, ONE):
        pass
    with cloner.clone(source, TWO):
        pass


# --- operators ------------------------------------------------------------------------------------


@pytest.fixture
def queue(database: JobDatabase) -> JobQueue:
    return database.open_queue(FixedClock())


def set_aside(database: JobDatabase, workers: Graveyard) -> None:
    workers.die(times=2)
    with pytest.raises(SetAside):
        solve(database)


def test_what_was_set_aside_is_counted_listed_and_tried_again(
    database: JobDatabase, queue: JobQueue, workers: Graveyard
) -> None:
    database.registry.remember([REF], NOW)
    assert list_troubled(database, queue) == ()
    set_aside(database, workers)

    assert queue.count_jobs()["set aside"] == 1
    (one,) = list_troubled(database, queue)
    assert (one.name, one.state, one.reason) == (APP, "set aside", "took its worker down at 111111111111")

    assert try_again(database, queue, APP, NOW) == f"{APP} is tried again"
    assert list_troubled(database, queue) == ()
    assert queue.count_jobs()["waiting"] == 1
    solve(database)


def test_a_name_that_nothing_has_is_refused(database: JobDatabase, queue: JobQueue) -> None:
    with pytest.raises(InputError, match="nothing of the name 'octo/other'"):
        try_again(database, queue, "octo/other", NOW)


def test_a_job_that_failed_is_listed_and_begun_again(database: JobDatabase, queue: JobQueue) -> None:
    queue.store("guid", (RunJob(repository=REF, scope=Scope.ALL),))
    name = f"guid:{REF.id}"
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_status SET status = 'ERROR'")

    (one,) = list_troubled(database, queue)
    assert (one.name, one.state, one.reason) == (name, "failed", f"run of repository:{REF.id}")
    assert try_again(database, queue, name, NOW) == f"{name} is tried again"
    assert queue.count_jobs()["waiting"] == 1
