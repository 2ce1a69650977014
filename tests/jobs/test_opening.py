"""A job database that vanishes, and the names of those who work on one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.events.jobs import RunJob, Scope
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue.queue import JobQueue
from bot.jobs.workers.worker import take_name
from tests.work.scene import NOW, REF, FixedClock

RUN = RunJob(repository=REF, scope=Scope.ALL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def database(path: Path) -> JobDatabase:
    return open_database(f"sqlite:///{path}")


@pytest.fixture
def queue(database: JobDatabase) -> JobQueue:
    return database.open_queue(FixedClock())


def delete(path: Path) -> None:
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


def test_a_database_that_is_deleted_is_begun_anew(database: JobDatabase, queue: JobQueue, path: Path) -> None:
    queue.store("guid-0001", (RUN,))
    assert not database.is_lost()
    delete(path)
    assert database.is_lost()
    queue.store("guid-0002", (RUN,))
    assert not database.is_lost()
    # The job, and the question to the forge which repositories there are.
    assert queue.count_jobs()["waiting"] == 2
    assert database.registry.list_repositories() == ()


def test_whoever_asks_whether_it_is_ready_mends_it(database: JobDatabase, queue: JobQueue, path: Path) -> None:
    queue.store("guid-0001", (RUN,))
    delete(path)
    assert queue.count_jobs()["waiting"] == 1


def test_a_database_that_another_took_the_place_of_is_noticed(
    database: JobDatabase, queue: JobQueue, path: Path
) -> None:
    delete(path)
    open_database(f"sqlite:///{path}").registry.remember([REF], NOW)
    assert database.is_lost()
    queue.store("guid-0001", (RUN,))
    assert [one.ref for one in database.registry.list_repositories()] == [REF]


def test_a_folder_that_is_gone_for_good_is_told(queue: JobQueue, path: Path) -> None:
    delete(path)
    path.mkdir()
    with pytest.raises(DatabaseUnavailable):
        queue.count_jobs()


def test_readers_and_the_writer_do_not_wait_for_each_other(database: JobDatabase) -> None:
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"


# --- names ----------------------------------------------------------------------------------------


def test_two_machines_have_different_names_and_a_restarted_worker_its_old_one(tmp_path: Path) -> None:
    names = []
    for machine in ("one", "two", "one"):
        with take_name(tmp_path / machine) as name:
            names.append(name)
    assert names[0] == names[2] != names[1]


def test_workers_of_a_machine_have_different_names(tmp_path: Path) -> None:
    with take_name(tmp_path) as first, take_name(tmp_path) as second:
        assert first.partition(":")[0] == second.partition(":")[0]
        assert (first.partition(":")[2], second.partition(":")[2]) == ("0", "1")


def test_a_name_is_made_up_once_by_however_many_start_together(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from bot.jobs.workers.worker import take_name\n"
    program += "with take_name(Path(sys.argv[1])) as name: print(name, flush=True); sys.stdin.read()"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    names = [one.stdout.readline().strip() for one in started if one.stdout]
    for one in started:
        one.communicate("")
    folder, _, _ = names[0].partition(":")
    assert sorted(names) == [f"{folder}:{number}" for number in range(4)]
