"""What one job used of the world: requests to the forge and to indexes, and its seconds stage by stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.ports.counting import ForgeApi, IndexOutcome

#: A repository with hundreds of proposals has as many stages to publish.
_MOST_STRETCHES = 200

#: The stages in which the solver is at work.
_SOLVING = ("lock", "plan", "explain", "judge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What the forge said last of an installation's limit of requests to one of its resources."""

    installation: int
    resource: str
    limit: int
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """When a stage was entered and left, in seconds since the meter was made; stages within it are stretches of their own."""

    stage: str
    begun: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """``stages`` in seconds; what a stage within another took counts for the inner one alone. ``course``: the first of them,
    one by one."""

    forge: Mapping[ForgeApi, int] = field(default_factory=dict)
    index: Mapping[IndexOutcome, int] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)
    allowances: tuple[Allowance, ...] = ()
    course: tuple[Stretch, ...] = field(default=(), repr=False)

    @property
    def solve_seconds(self) -> float:
        return round(sum(self.stages.get(one, 0.0) for one in _SOLVING), 3)


class Meter:
    """Counts for one job; implements ``bot.ports.counting.Counting``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._forge: dict[ForgeApi, int] = {}
        self._index: dict[IndexOutcome, int] = {}
        self._stages: dict[str, float] = {}
        self._allowances: dict[tuple[int, str], Allowance] = {}
        # The stages that are entered; the innermost counts, since that moment.
        self._entered: list[str] = []
        self._since = 0.0
        self._made = clock()
        self._course: list[Stretch] = []

    def read(self) -> Usage:
        with self._lock:
            return Usage(
                forge=dict(self._forge),
                index=dict(self._index),
                stages={name: round(seconds, 3) for name, seconds in self._stages.items()},
                allowances=tuple(self._allowances.values()),
                course=tuple(self._course),
            )

    def add_forge(self, api: ForgeApi) -> None:
        with self._lock:
            self._forge[api] = self._forge.get(api, 0) + 1

    def add_allowance(self, installation: int, resource: str, limit: int, remaining: int) -> None:
        said = Allowance(installation=installation, resource=resource, limit=limit, remaining=remaining)
        with self._lock:
            self._allowances[installation, resource] = said

    def add_index(self, outcome: IndexOutcome) -> None:
        with self._lock:
            self._index[outcome] = self._index.get(outcome, 0) + 1

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._turn()
        begun = self._since - self._made
        self._entered.append(name)
        try:
            yield
        finally:
            self._turn()
            self._entered.pop()
            if len(self._course) < _MOST_STRETCHES:
                self._course.append(Stretch(stage=name, begun=begun, ended=self._since - self._made))

    def _turn(self) -> None:
        """From one stage to another: what passed is the innermost one's."""
        now = self._clock()
        if self._entered:
            inner = self._entered[-1]
            with self._lock:
                self._stages[inner] = self._stages.get(inner, 0.0) + now - self._since
        self._since = now
