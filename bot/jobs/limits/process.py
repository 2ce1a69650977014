"""Limits on the memory and the time of what a worker solves: on its own process, while it solves.

A process of its own for each repository would have neither the pages that the worker keeps parsed nor its connections,
which is what makes most runs short. So the limit is on the worker's own process. More memory than the limit gives is
refused by the kernel: Python makes a ``MemoryError`` of that, which ends in the wall around the unit, and where a library
can't bear it the process ends and is started again. Time is looked at by the watchdog (``bot.jobs.limits.watchdog``), which
needs the interpreter's attention; what keeps that for itself is ended by an alarm that the kernel rings.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: How much later than the watchdog the kernel ends the process, in seconds.
_GRACE = 60.0
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """``seconds`` that a job may take, ``memory`` in bytes that solving may take beyond what the worker has."""

    seconds: float
    memory: int


@contextmanager
def limited(limits: JobLimits) -> Iterator[None]:
    """The limits hold within. One at a time in a process."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    held = read_data_size()
    if held is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (_least(held + limits.memory, *before), before[1]))
    # The default action of this signal is the end of the process, whatever the interpreter is doing.
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + _GRACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _least(*sizes: int) -> int:
    return min(size for size in sizes if size != resource.RLIM_INFINITY)


def read_data_size() -> int | None:
    """What the limit counts (writable memory of this process), in bytes; ``None`` where the system does not tell."""
    return _read_status("VmData:")


def read_resident_size() -> int | None:
    """What this process has in memory now, in bytes; ``None`` where the system does not tell."""
    return _read_status("VmRSS:")


def _read_status(name: str) -> int | None:
    try:
        with open(f"/proc/{os.getpid()}/status", encoding="ascii", errors="replace") as file:
            found = next((line for line in file if line.startswith(name)), None)
    except OSError:
        return None
    return None if found is None else int(found.split()[1]) * _KIB
