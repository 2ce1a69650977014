"""What is accepted is kept until it is on the queue: whatever the queue does, wherever the process is killed."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import LockbotError
from bot.events.jobs import Job, RunJob, Scope
from bot.jobs.database.engine import DatabaseUnavailable, open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.queue.inbox import Inbox
from bot.jobs.queue.queue import JobQueue, migrate
from tests.runs.server import ROOT, eventually
from tests.work.scene import REF, FixedClock

RUN = (RunJob(repository=REF, scope=Scope.ALL),)


@dataclass
class Shelf:
    """A queue that can be away, hang, or refuse one delivery."""

    stored: list[tuple[str, tuple[Job, ...]]] = field(default_factory=list)
    away: bool = False
    refused: str = ""
    free: threading.Event = field(default_factory=threading.Event)
    settled: list[str] = field(default_factory=list)
    before_settling: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.free.set()

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        self.free.wait()
        if self.away:
            raise DatabaseUnavailable("away")
        if delivery == self.refused:
            raise RuntimeError("nobody expected this")
        self.stored.append((delivery, jobs))

    def settle(self) -> None:
        self.settled = self.names()
        self.before_settling()

    def names(self) -> list[str]:
        return [delivery for delivery, _ in self.stored]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "inbox.sqlite"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    one = Shelf()
    yield one
    one.free.set()


def open_inbox(path: Path, shelf: Shelf, clock: FixedClock | None = None) -> Inbox:
    return Inbox(path, shelf, clock or FixedClock())


def count(inbox: Inbox) -> int:
    return inbox.look()[0]


def test_a_delivery_goes_on_to_the_queue_and_leaves_nothing(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.start()
    inbox.store("guid-1", RUN)
    eventually(lambda: shelf.stored == [("guid-1", RUN)], "it is moved")
    eventually(lambda: count(inbox) == 0, "it is removed")
    inbox.stop()


def test_an_entry_stays_until_the_queue_has_it_on_its_disk(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    at_settling: list[int] = []
    shelf.before_settling = lambda: at_settling.append(count(inbox))
    for number in range(3):
        inbox.store(f"guid-{number}", RUN)
    inbox.start()
    eventually(lambda: count(inbox) == 0, "they are removed")
    inbox.stop()
    assert (shelf.settled, at_settling) == (["guid-0", "guid-1", "guid-2"], [3])


def test_a_delivery_that_the_inbox_can_not_take_is_on_the_queues_disk(path: Path, shelf: Shelf) -> None:
    path.parent.write_text("not a folder")
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    assert shelf.settled == ["guid-1"]


def test_what_was_left_is_moved_first_at_the_start_and_in_its_order(path: Path, shelf: Shelf) -> None:
    before = open_inbox(path, shelf)
    for number in range(250):
        before.store(f"guid-{number}", RUN)
    before.close()
    after = open_inbox(path, shelf)
    after.store("guid-new", RUN)
    after.start()
    after.stop()
    assert shelf.names() == [*(f"guid-{number}" for number in range(250)), "guid-new"]


def test_the_same_delivery_again_is_one(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    for _ in range(3):
        inbox.store("guid-1", RUN)
    assert count(inbox) == 1
    inbox.close()


def test_a_queue_that_is_away_is_tried_again(path: Path, shelf: Shelf) -> None:
    shelf.away = True
    inbox = open_inbox(path, shelf)
    inbox.start()
    inbox.store("guid-1", RUN)
    shelf.away = False
    eventually(lambda: shelf.names() == ["guid-1"], "it is moved")
    inbox.stop()


def test_a_queue_that_hangs_keeps_nobody_waiting(path: Path, shelf: Shelf) -> None:
    shelf.free.clear()
    clock = FixedClock()
    inbox = open_inbox(path, shelf, clock)
    inbox.start()
    for number in range(20):
        inbox.store(f"guid-{number}", RUN)
    assert count(inbox) == 20
    shelf.free.set()
    eventually(lambda: count(inbox) == 0, "all are moved")
    inbox.stop()


def test_one_that_is_refused_holds_up_no_other(path: Path, shelf: Shelf) -> None:
    shelf.refused = "guid-0"
    inbox = open_inbox(path, shelf)
    for number in range(3):
        inbox.store(f"guid-{number}", RUN)
    inbox.start()
    eventually(lambda: shelf.names() == ["guid-1", "guid-2"], "the others are moved")
    eventually(lambda: count(inbox) == 1, "the one stays")
    inbox.stop()


def test_an_entry_of_another_version_is_set_aside_and_kept(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    inbox.store("guid-2", RUN)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE deliveries SET jobs = ? WHERE delivery = 'guid-1'", ('[{"kind": "new"}]',))
    other.close()
    inbox.start()
    eventually(lambda: shelf.names() == ["guid-2"], "the other is moved")
    inbox.stop()
    again = open_inbox(path, shelf)
    assert count(again) == 1
    again.close()


def test_writes_at_the_same_time_are_all_kept(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)

    def write(first: int) -> None:
        for number in range(10):
            inbox.store(f"guid-{first}-{number}", RUN)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(inbox) == 80
    inbox.close()


def test_an_inbox_that_can_not_be_written_lets_the_queue_do_it(tmp_path: Path, shelf: Shelf) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    inbox = open_inbox(tmp_path / "data" / "inbox.sqlite", shelf)
    inbox.store("guid-1", RUN)
    assert shelf.names() == ["guid-1"]
    shelf.away = True
    with pytest.raises(DatabaseUnavailable):
        inbox.store("guid-2", RUN)
    with pytest.raises(LockbotError, match="the inbox"):
        inbox.look()


def test_a_full_disk_lets_the_queue_do_it_and_spoils_nothing(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    # What SQLite says on a full disk, it says beyond this many pages.
    inbox._open().execute("PRAGMA max_page_count=1")
    inbox.store("guid-2" + "x" * 100_000, RUN)
    assert len(shelf.stored) == 1
    inbox._open().execute("PRAGMA max_page_count=1000000")
    inbox.store("guid-3", RUN)
    assert count(inbox) == 2
    inbox.close()


def test_a_file_that_was_taken_away_is_made_anew_with_what_it_held(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    shutil.rmtree(path.parent)
    inbox.store("guid-2", RUN)
    inbox.close()
    after = open_inbox(path, shelf)
    after.start()
    after.stop()
    assert shelf.names() == ["guid-1", "guid-2"]


def test_what_was_taken_away_outlives_a_disk_that_can_not_be_written(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    shutil.rmtree(path.parent)
    path.parent.write_text("a file where the folder was")
    inbox.store("guid-2", RUN)
    assert shelf.names() == ["guid-2"]
    path.parent.unlink()
    inbox.start()
    inbox.stop()
    assert shelf.names() == ["guid-2", "guid-1"]


def test_a_file_that_is_no_database_is_put_beside(path: Path, shelf: Shelf) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database " * 1000)
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    assert count(inbox) == 1
    assert path.with_name("inbox.sqlite.damaged").read_bytes().startswith(b"not a database")
    inbox.close()


def test_the_age_is_that_of_the_oldest(path: Path, shelf: Shelf) -> None:
    clock = FixedClock()
    inbox = open_inbox(path, shelf, clock)
    assert inbox.look() == (0, 0.0)
    inbox.store("guid-1", RUN)
    clock.moment += timedelta(seconds=30)
    inbox.store("guid-2", RUN)
    assert inbox.look() == (2, 30.0)
    inbox.close()


def test_a_stop_that_comes_before_the_first_pass_still_moves_what_is_there(path: Path, shelf: Shelf) -> None:
    inbox = open_inbox(path, shelf)
    inbox.store("guid-1", RUN)
    inbox._stop.set()
    inbox.start()
    inbox.stop()
    assert shelf.names() == ["guid-1"]


def test_a_log_cut_off_anywhere_gives_the_first_entries_whole(path: Path, shelf: Shelf) -> None:
    """A machine that loses power keeps what was on the disk: the log up to some byte."""
    inbox = open_inbox(path, shelf)
    wal = path.with_name("inbox.sqlite-wal")
    sizes = []
    for number in range(4):
        inbox.store(f"guid-{number}", RUN)
        sizes.append(wal.stat().st_size)
    kept = {name: path.with_name(name).read_bytes() for name in ("inbox.sqlite", "inbox.sqlite-wal")}
    inbox.close()
    # All bytes around the ends of commits, and a sample in between.
    cuts = {size + near for size in sizes for near in range(-30, 31)} | set(range(sizes[0], sizes[-1], 97))
    for cut in sorted(one for one in cuts if sizes[0] <= one <= sizes[-1]):
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        for name, content in kept.items():
            path.with_name(name).write_bytes(content[:cut] if name.endswith("-wal") else content)
        reopened, found = open_inbox(path, Shelf()), Shelf()
        reopened._queue = found
        reopened.start()
        reopened.stop()
        assert found.names() == [f"guid-{number}" for number in range(sum(size <= cut for size in sizes))], cut


# --- killed ---------------------------------------------------------------------------------------

_WEB = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.jobs.database.engine import open_engine
from bot.jobs.queue.inbox import Inbox
from bot.jobs.queue.queue import JobQueue
from tests.jobs.test_inbox import RUN

class Now:
    def now(self):
        return datetime.now(UTC)

folder, first = Path(sys.argv[1]), int(sys.argv[2])
queue = JobQueue(open_engine(f"sqlite:///{folder / 'jobs.sqlite'}"), Now())
inbox = Inbox(folder / "inbox.sqlite", queue, Now())
inbox.start()
for number in range(first, first + 1000):
    inbox.store(f"guid-{number:06}", RUN)
    print(f"guid-{number:06}", flush=True)
"""


def test_a_process_killed_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    migrate(url)
    engine = open_engine(url)
    migrate_tables(engine)
    queue = JobQueue(engine, FixedClock())
    queue.declare()
    answered: list[str] = []
    for attempt, lines in enumerate((1, 2, 7, 20)):
        command = [sys.executable, "-c", _WEB, str(tmp_path), str(attempt * 1000)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        answered += [process.stdout.readline().strip() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        answered += [line.strip() for line in process.stdout if line.endswith("\n")]
        process.stdout.close()
        process.wait()
    left = Inbox(tmp_path / "inbox.sqlite", queue, FixedClock())
    left.start()
    eventually(lambda: count(left) == 0, "the rest is moved")
    left.stop()
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT workflow_uuid FROM workflow_status").scalars().all()
    found = [str(one).partition(":")[0] for one in rows]
    assert len(found) == len(set(found))
    assert set(answered) <= set(found)
    # One more of each process at most: written, and killed before it could say so.
    assert len(found) <= len(answered) + 4
    queue.close()
    engine.dispose()
