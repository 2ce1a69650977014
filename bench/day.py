"""A day of webhooks: what waits for how long, how deep the queue gets, what the database grows by, whether small accounts wait.

    python -m bench.day [--repositories 1000] [--workers 2] [--solve 3.0] [--seed 8]
    python -m bench.day --real [--database sqlite|postgres] [--from 0] [--hours 1] [--faster 20] …

Without ``--real`` the whole day goes through a model (``bench.day_model``), in seconds. With it a stretch of the same day
goes through the real queue: DBOS, workers that are processes, a forge in memory and solves that are sleeps. Time is
pressed together ``--faster`` times: events come so much sooner and solves are so much shorter. What the queue itself takes
can't be shortened (processor time for a job, the quarter of a second between two looks for work), so a faster day is a harder
one, and beyond some hundred jobs a second it measures this machine. Therefore the same stretch, as fast, goes through the
model as well, and both are printed side by side: that is how the model is held to the truth.
"""

from __future__ import annotations

import argparse
import random
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bench.day_events import IGNORED, Event, Population, draw_day, draw_population
from bench.day_model import Costs, Model, waits_by_kind
from bench.stub_world import COMMENT, Ended, Plan, percentiles, stub_folder, stub_workers, wait_until_empty
from bot.app.clock import SystemClock
from bot.events.jobs import ClosedJob, CommandJob, Job, MergeJob, RunJob, Scope, WatchJob
from bot.jobs.opening import open_database
from bot.jobs.queue.queue import JobQueue
from bot.ports.forge import RepositoryRef

#: Bytes in the job database of a job, kept for a week, and of one that was solved, for an hour (``docs/scaling.md``).
KEPT_BYTES, SOLVED_BYTES = 1_400, 390_000
#: Seconds that the steps of a solved job are kept at most.
_KEPT = 70 * 60
#: What the replay has; checks and looks need more of a forge than the stubs give.
REPLAYED = ("push", "moved base", "closed", "check word", "command", "turn")


def show_day(asked: argparse.Namespace) -> None:
    chance = random.Random(asked.seed)
    population = draw_population(asked.repositories, chance)
    events = draw_day(population, chance)
    told = [one for one in events if one.kind not in IGNORED]
    print(f"{population.repositories} repositories of {len(population.accounts)} accounts, the largest has", end=" ")
    print(
        f"{max(map(len, population.accounts.values()))}; {len(events)} events, {len(told)} jobs, {asked.workers} workers"
    )
    started = time.monotonic()
    model = Model(asked.workers, asked.costs, asked.seed)
    model.run(events)
    solved = [one for one in model.done if one.solved]
    busy = sum(one.ended - one.begun for one in solved)
    print(f"  {len(solved)} solved, {busy / 3600:.1f} hours of workers; modelled in {time.monotonic() - started:.0f} s")
    print("  seconds from the event to the end of its job, 50 / 95 / 99 / 100 %:")
    for kind, waits in waits_by_kind(model.done):
        print(f"    {kind:28} {len(waits):8}  {percentiles(waits)}")
    print("  most that waited, by hour:", " ".join(str(model.depth.get(hour, 0)) for hour in range(24)))
    ends = sorted(one.ended for one in solved)
    most = max((bisect_right(ends, end + _KEPT) - number for number, end in enumerate(ends)), default=0)
    week, hour = len(told) * 7 * KEPT_BYTES, most * SOLVED_BYTES
    print(
        f"  database: {week / 1e6:.0f} MB for a week's jobs, and {hour / 1e6:.0f} MB at most for what was solved just now"
    )
    show_fairness(
        population, [(one.event.account, one.begun - one.event.second) for one in solved if one.event.kind == "turn"]
    )


def show_fairness(population: Population, waits: Sequence[tuple[int, float]]) -> None:
    found: dict[str, list[float]] = defaultdict(list)
    for account, wait in waits:
        size = len(population.accounts[account])
        found["1 or 2" if size <= 2 else "3 to 30" if size <= 30 else "more"].append(wait)
    print("  turns began after, by the account's number of repositories:")
    for name, values in sorted(found.items()):
        print(f"    {name:8} {len(values):8}  {percentiles(values)}")


# --- a stretch for real ---------------------------------------------------------------------------


def make_job(event: Event) -> Job:
    owner = f"o{event.account}"
    ref = RepositoryRef(installation=event.account, id=event.repository, owner=owner, name=f"r{event.repository}")
    match event.kind:
        case "push" | "moved base":
            return RunJob(repository=ref, scope=Scope.OPEN)
        case "turn":
            return RunJob(repository=ref, scope=Scope.TURN)
        case "closed":
            return ClosedJob(repository=ref, number=1)
        case "command":
            return CommandJob(repository=ref, number=1, comment=COMMENT, author="ada", command="rebase")
        case "check word":
            return MergeJob(repository=ref)
        case _:
            return WatchJob()


def cut(events: Sequence[Event], asked: argparse.Namespace) -> list[Event]:
    """The stretch, pressed together."""
    first, last = 3600 * asked.since, 3600 * (asked.since + asked.hours)
    found = (one for one in events if one.kind in REPLAYED and first <= one.second < last)
    return [replace(one, second=(one.second - first) / asked.faster) for one in found]


def feed(queue: JobQueue, events: Sequence[Event]) -> float:
    """Store each job at its time; the most that one was stored too late."""
    begun, late = time.time(), 0.0
    for number, event in enumerate(events):
        time.sleep(max(0.0, begun + event.second - time.time()))
        late = max(late, time.time() - begun - event.second)
        queue.store(f"{event.kind.replace(' ', '-')}-{number}", (make_job(event),))
    return late


def kinds_of(ended: Sequence[Ended]) -> Mapping[str, list[float]]:
    """Seconds from storing to the end, of jobs that ended well; the job that was handed on counts where it was solved."""
    handed = {one.name.partition("/")[0] for one in ended if one.lane == "solving"}
    found: dict[str, list[float]] = defaultdict(list)
    for one in ended:
        if one.outcome != "done" or (one.lane == "jobs" and one.name.partition("#")[0] in handed):
            continue
        kind = one.name.rpartition("-")[0].replace("-", " ") or one.kind
        found[kind + (", solved" if one.lane == "solving" else "")].append(one.ended - one.received)
    return found


def show_stretch(asked: argparse.Namespace) -> None:
    chance = random.Random(asked.seed)
    population = draw_population(asked.repositories, chance)
    events = cut(draw_day(population, chance), asked)
    costs = asked.costs.faster(asked.faster)
    stretch = f"{asked.hours} h from {asked.since}:00, {asked.faster} times faster"
    print(f"{len(events)} jobs of {stretch}, {asked.workers} workers, {asked.database}")
    with stub_folder(asked.database) as (folder, url):
        plan = Plan(
            folder=folder,
            url=url,
            solve=costs.solve,
            spread=costs.spread,
            latency=costs.answer / 2,
            opened=int(100 * costs.opened),
            seed=asked.seed,
        )
        database = open_database(url)
        queue = database.open_queue(SystemClock())
        known = {one.repository: one for one in events}
        refs = [make_job(one).repository for one in known.values()]  # type: ignore[union-attr]
        database.registry.remember(refs, datetime.now(UTC))
        with stub_workers(plan, asked.workers) as told:
            queue.store("warm", (WatchJob(),))
            wait_until_empty(queue)
            late = feed(queue, events)
            wait_until_empty(queue)
            real = kinds_of(told.ended())
        queue.close()
        database.engine.dispose()
    model = Model(asked.workers, costs, asked.seed)
    model.run(events)
    modelled = dict(waits_by_kind(model.done))
    print(f"  stored {late:.1f} s late at most; 50 / 95 / 99 / 100 %, real and modelled:")
    for kind in sorted(real.keys() | modelled.keys()):
        one, other = real.get(kind, []), modelled.get(kind, [])
        print(f"    {kind:20} {len(one):6} {percentiles(one):28} {len(other):6} {percentiles(other)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--solve", type=float, default=3.0)
    parser.add_argument("--first-cpu", type=float, default=0.008)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--from", dest="since", type=float, default=0)
    parser.add_argument("--hours", type=float, default=1)
    parser.add_argument("--faster", type=float, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked = parser.parse_args()
    asked.costs = Costs(solve=asked.solve, first_cpu=asked.first_cpu)
    if asked.real:
        show_stretch(asked)
    else:
        show_day(asked)


if __name__ == "__main__":
    main()
