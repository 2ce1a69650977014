"""A model of the queue, for days that the real one would take days for: lanes, ranks and turns of ``bot.jobs``, with costs.

A worker does sixteen jobs of the first lane at a time, which wait for the forge and share one processor with what is solved,
and one job of the second lane. Both look for work every quarter of a second. A run is covered by one of the same repository
that has not begun; pushes where no pull request is open come to nothing at a glance.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.day_events import IGNORED, Event

POLL = 0.25
AT_ONCE = 16

RUNS = ("push", "moved base", "turn")

#: Rank in both lanes, as ``bot.jobs.queue.envelope.rank_of`` has it.
RANKS: Mapping[str, int] = {
    "command": 1,
    "pull request": 1,
    "closed": 2,
    "check word": 2,
    "look": 2,
    "look at account": 2,
    "advisories": 2,
    "push": 3,
    "moved base": 3,
    "turn": 3,
}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Seconds. ``first_cpu`` of a worker for a job at a glance, ``answer`` of the forge for one that asks it.

    ``solve`` is the median, ``spread`` the sigma of its logarithm; a check of a pull request takes a quarter of a run.
    """

    first_cpu: float = 0.008
    answer: float = 0.3
    solve: float = 3.0
    spread: float = 0.8
    opened: float = 0.6

    def faster(self, factor: float) -> Costs:
        """The same work where only solves are shortened, as a replay against the real queue does."""
        return Costs(
            first_cpu=self.first_cpu,
            answer=self.answer,
            solve=self.solve / factor,
            spread=self.spread,
            opened=self.opened,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """``begun``: when it was taken up in the lane where it ended; ``solved``: whether that was the second."""

    event: Event
    begun: float
    ended: float
    solved: bool


@dataclass
class _Lane:
    """What waits, by rank and place; places as in ``bot.jobs.database.shares``."""

    waiting: list[tuple[int, int, float, int, Event]] = field(default_factory=list)
    last: dict[tuple[int, int], int] = field(default_factory=dict)
    served: Counter[int] = field(default_factory=Counter)
    stored: int = 0

    def put(self, event: Event, now: float) -> None:
        rank = RANKS[event.kind]
        place = max(self.last.get((rank, event.account), 0), self.served[rank])
        self.last[rank, event.account] = place + 1
        self.stored += 1
        heapq.heappush(self.waiting, (rank, place, now, self.stored, event))

    def take(self) -> Event:
        rank, place, _, _, event = heapq.heappop(self.waiting)
        self.served[rank] = max(self.served[rank], place)
        return event


class Model:
    """Give it the events in the order of time; ``done`` is what became of them."""

    def __init__(self, workers: int, costs: Costs, seed: int) -> None:
        self._costs, self._chance = costs, random.Random(seed)
        self._first, self._solving = _Lane(), _Lane()
        self._workers = workers
        self._free = {"first": AT_ONCE * workers, "solving": workers}
        #: When each worker's processor has done all that was asked of it in the first lane.
        self._busy = [0.0] * workers  # a heap
        self._ends: list[tuple[float, int, str, Event, float]] = []
        self._ids = 0
        self._queued_runs: Counter[int] = Counter()
        self.done: list[Done] = []
        self.depth: dict[int, int] = defaultdict(int)

    def run(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.kind in IGNORED:
                continue
            self._go_on(event.second)
            self._first.put(event, event.second)
            self._begin(event.second)
        self._go_on(float("inf"))

    def _go_on(self, until: float) -> None:
        while self._ends and self._ends[0][0] <= until:
            now, _, lane, event, begun = heapq.heappop(self._ends)
            self._free[lane] += 1
            self._end(now, lane, event, begun)
            self._begin(now)

    def _end(self, now: float, lane: str, event: Event, begun: float) -> None:
        if lane == "first" and self._is_solved(event):
            if event.kind in RUNS:
                self._queued_runs[event.repository] += 1
            self._solving.put(event, now)
        else:
            self.done.append(Done(event, begun, now, lane == "solving"))
        hour = int(now // 3600)
        self.depth[hour] = max(self.depth[hour], len(self._first.waiting) + len(self._solving.waiting))

    def _is_solved(self, event: Event) -> bool:
        if event.kind in ("push", "moved base"):
            return (
                event.repository * 7919 % 1000 < 1000 * self._costs.opened and not self._queued_runs[event.repository]
            )
        if event.kind == "turn":
            return not self._queued_runs[event.repository]
        return event.kind in ("command", "pull request")

    def _begin(self, now: float) -> None:
        while self._first.waiting and self._free["first"]:
            self._free["first"] -= 1
            event = self._first.take()
            solving = self._free["solving"] < self._workers
            begun = max(now + self._poll(), self._busy[0])
            ready = begun + self._costs.first_cpu * (2 if solving else 1)
            heapq.heapreplace(self._busy, ready)
            asks = event.kind not in ("check word", "look", "advisories")
            self._schedule(ready + (self._costs.answer if asks else 0.0), "first", event, begun)
        while self._solving.waiting and self._free["solving"]:
            self._free["solving"] -= 1
            event = self._solving.take()
            if event.kind in RUNS:
                self._queued_runs[event.repository] -= 1
            begun = now + self._poll()
            self._schedule(begun + self._draw(event), "solving", event, begun)

    def _poll(self) -> float:
        return POLL * self._chance.random()

    def _draw(self, event: Event) -> float:
        median = self._costs.solve / 4 if event.kind == "pull request" else self._costs.solve
        return median * self._chance.lognormvariate(0.0, self._costs.spread)

    def _schedule(self, moment: float, lane: str, event: Event, begun: float) -> None:
        self._ids += 1
        heapq.heappush(self._ends, (moment, self._ids, lane, event, begun))


def waits_by_kind(done: Sequence[Done]) -> Iterator[tuple[str, list[float]]]:
    """Seconds from the event to the end of its job, of those that were solved apart."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in done:
        found[one.event.kind + (", solved" if one.solved else "")].append(one.ended - one.event.second)
    yield from sorted(found.items())
