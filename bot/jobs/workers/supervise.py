"""Worker processes beside the web server: started, watched, started again when they die, stopped together.

A worker holds the reading end of a pipe to this process: when this one dies in any way, the worker sees it and ends.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence

import structlog

from bot.jobs.queue.envelope import Duty
from bot.jobs.workers.priority import step_back

_GRACE = 10.0
#: A worker that dies at once is not started again in a tight loop.
_PAUSES = (0.2, 1.0, 5.0, 30.0)
_SETTLED = 60.0


def worker_commands(command: tuple[str, ...], workers: int, checkers: int) -> tuple[tuple[str, ...], ...]:
    """What starts each of the workers, and each of those for checks alone. Where there are none, all do both."""
    duty = Duty.RUNS if checkers else Duty.ALL
    return (
        *((*command, duty.value) for _ in range(workers)),
        *((*command, Duty.CHECKS.value) for _ in range(checkers)),
    )


class Supervisor:
    """Each of the ``commands`` starts one worker that ends when its standard input does."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self._commands = [tuple(one) for one in commands]
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._restarts = 0
        self._threads = [
            threading.Thread(target=self._keep, args=(slot,), name=f"worker-{slot}", daemon=True)
            for slot in range(len(commands))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def count(self) -> tuple[int, int]:
        """Workers running now, and how often one was started again."""
        with self._lock:
            return sum(one.poll() is None for one in self._running.values()), self._restarts

    def stop(self) -> None:
        """Ask all workers to end, and end those that don't in time."""
        self._stop.set()
        with self._lock:
            processes = list(self._running.values())
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _GRACE
        for process in processes:
            _wait(process, deadline)
        for thread in self._threads:
            thread.join()

    def _keep(self, slot: int) -> None:
        failures = 0
        while not self._stop.is_set():
            started = time.monotonic()
            process = self._spawn(slot)
            code = process.wait()
            if process.stdin is not None:
                process.stdin.close()
            if self._stop.is_set():
                return
            failures = 0 if time.monotonic() - started > _SETTLED else failures + 1
            structlog.get_logger("lockbot.supervisor").error("worker died", slot=slot, code=code)
            self._stop.wait(_PAUSES[min(failures, len(_PAUSES)) - 1] if failures else _PAUSES[0])
            with self._lock:
                self._restarts += 1

    def _spawn(self, slot: int) -> subprocess.Popen[bytes]:
        with self._lock:
            process = subprocess.Popen(self._commands[slot], stdin=subprocess.PIPE)
            # From the first moment: to start is what takes most of a processor.
            step_back(process.pid)
            self._running[slot] = process
        if self._stop.is_set():
            process.terminate()
        return process


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
