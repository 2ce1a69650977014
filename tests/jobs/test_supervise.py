"""Workers are kept running, and end with their supervisor."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bot.jobs.limits.watchdog import Watchdog
from bot.jobs.workers.supervise import Supervisor
from bot.jobs.workers.worker import take_name
from tests.runs.server import eventually

_WRITE_AND_WAIT = "import os,sys,pathlib; pathlib.Path(sys.argv[1], str(os.getpid())).touch(); sys.stdin.read()"


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor([(sys.executable, "-c", _WRITE_AND_WAIT, str(tmp_path))] * 2)
    supervisor.start()
    eventually(lambda: len(list(tmp_path.iterdir())) == 2, "two workers run")
    first = int(next(tmp_path.iterdir()).name)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(list(tmp_path.iterdir())) == 3, "a third one is started")
    assert supervisor.count() == (2, 1)
    supervisor.stop()
    assert supervisor.count()[0] == 0


def test_no_workers_are_fine() -> None:
    supervisor = Supervisor([])
    supervisor.start()
    supervisor.stop()
    assert supervisor.count() == (0, 0)


def test_a_job_that_hangs_is_found() -> None:
    now = [0.0]
    watchdog = Watchdog(longest=10.0, clock=lambda: now[0])
    with watchdog.watch("one"):
        now[0] = 10.0
        assert watchdog.find_hanging() is None
        now[0] = 10.5
        assert watchdog.find_hanging() == "one"
    assert watchdog.find_hanging() is None


def test_the_lowest_free_name_is_taken(tmp_path: Path) -> None:
    with take_name(tmp_path) as first, take_name(tmp_path) as second:
        assert (first.rpartition(":")[2], second.rpartition(":")[2]) == ("0", "1")
    with take_name(tmp_path) as again:
        assert again == first
