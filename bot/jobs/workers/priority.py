"""Who comes first when both processors are taken: the door, then the work."""

from __future__ import annotations

import contextlib
import os

#: A worker gets about a tenth of a processor that somebody else wants too, and all of one that nobody wants.
_NICE = 10


def step_back(process: int) -> None:
    """Give a process (0: this one), and what it starts from now on, a lower priority; never a higher one."""
    with contextlib.suppress(OSError):
        if os.getpriority(os.PRIO_PROCESS, process) < _NICE:
            os.setpriority(os.PRIO_PROCESS, process, _NICE)
