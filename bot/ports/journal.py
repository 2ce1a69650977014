"""The lines that a job writes into the log, kept for the people who look at it later."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

#: The first and the last lines of a job that are kept, so many of each; what they may have of characters.
_HALF, _LONGEST, _MOST_VALUES = 100, 600, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """As the log had it, secrets taken out. ``moment`` in seconds since the epoch, ``more`` what stood beside the event."""

    moment: float
    level: str
    event: str
    more: Mapping[str, str] = field(default_factory=dict)


class Journal:
    """Of one job; bounded, whatever is written. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: list[LogLine] = []
        self._last: deque[LogLine] = deque(maxlen=_HALF)
        self._count = 0

    def write(self, line: LogLine) -> None:
        cut = LogLine(
            moment=line.moment,
            level=line.level,
            event=_cut(line.event),
            more={_cut(name): _cut(value) for name, value in [*line.more.items()][:_MOST_VALUES]},
        )
        with self._lock:
            self._count += 1
            (self._first if len(self._first) < _HALF else self._last).append(cut)

    def read(self) -> tuple[LogLine, ...]:
        with self._lock:
            missing = self._count - len(self._first) - len(self._last)
            gap = () if not missing else (_gap(missing, self._last[0].moment),)
            return (*self._first, *gap, *self._last)


def _gap(missing: int, moment: float) -> LogLine:
    return LogLine(moment=moment, level="info", event=f"… {missing} lines left out …")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_OPEN: ContextVar[Journal | None] = ContextVar("journal", default=None)


@contextmanager
def writing_into(journal: Journal) -> Iterator[None]:
    """Within, and in threads that carry this context, lines of the log are kept there too."""
    token = _OPEN.set(journal)
    try:
        yield
    finally:
        _OPEN.reset(token)


def find_journal() -> Journal | None:
    return _OPEN.get()
