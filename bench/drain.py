"""How fast the queue empties: jobs that come to nothing, a mix of all, and a command behind runs that take their time.

    python -m bench.drain [--what empty mixed command] [--jobs 10000] [--repositories 1000] [--workers 2]
                          [--waiting 300] [--solve 0.05] [--latency 0.05] [--seed 8] [--database sqlite|postgres]

Real workers (processes) on a real database; the forge is the one in memory, each of its answers ``--latency`` seconds away. A
solve is a sleep. *Empty*: a third each of runs that another one covers, pushes where no pull request is open, closed pull
requests of somebody else's. *Mixed*: pushes, words about commits, closings, turns, commands, over accounts of which one has
half of the repositories. Postgres waits for the disk as an operator's does.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bench.stub_world import COMMENT, Plan, percentiles, stub_folder, stub_workers, wait_until_empty
from bot.app.clock import SystemClock
from bot.events.jobs import ClosedJob, CommandJob, Job, MergeJob, RunJob, Scope
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue.queue import JobQueue
from bot.ports.forge import RepositoryRef

COMMANDED = 1
BIG = 7


def ref(number: int, repositories: int = 0) -> RepositoryRef:
    """Half of the repositories are one account's, the others' have ten each."""
    installation = BIG if number <= repositories // 2 or not repositories else 100 + number // 10
    return RepositoryRef(installation=installation, id=number, owner=f"o{installation}", name=f"app-{number}")


def spent() -> float:
    """Seconds of processor time of workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- nothing to do --------------------------------------------------------------------------------


def empty_jobs(asked: argparse.Namespace) -> list[Job]:
    kinds: list[Job] = []
    for number in range(1, asked.jobs + 1):
        here = ref(number + 1_000_000)
        kinds.append(
            (
                RunJob(repository=here, scope=Scope.ALL),
                RunJob(repository=here, scope=Scope.OPEN),
                ClosedJob(repository=here, number=1),
            )[number % 3]
        )
    random.Random(asked.seed).shuffle(kinds)
    return kinds


def measure_empty(plan: Plan, database: JobDatabase, queue: JobQueue, asked: argparse.Namespace) -> None:
    jobs = empty_jobs(asked)
    covered = [one.repository for one in jobs if isinstance(one, RunJob) and one.scope is Scope.ALL]
    now = datetime.now(UTC)
    database.registry.remember(covered, now)
    for one in covered:
        database.registry.record_cover(one.id, Scope.ALL, now.timestamp() + 86_400)
    for number, job in enumerate(jobs):
        queue.store(f"empty-{number}", (job,))
    before, started = spent(), time.monotonic()
    with stub_workers(plan, asked.workers):
        wait_until_empty(queue)
        took = time.monotonic() - started
    print(
        f"{len(jobs)} empty jobs, {asked.workers} workers: {took:.1f} s with their start, {len(jobs) / took:.0f} jobs/s,"
    )
    print(f"  {1000 * (spent() - before) / len(jobs):.1f} ms of CPU for each (start and end of the workers included)")


# --- a mix ----------------------------------------------------------------------------------------


def mixed_jobs(asked: argparse.Namespace) -> list[tuple[str, Job]]:
    """In the order in which they come; each with the name of its delivery."""
    chance = random.Random(asked.seed)
    found: list[tuple[str, Job]] = []
    commanded = set[int]()
    for number in range(asked.jobs):
        here = ref(chance.randint(1, asked.repositories), asked.repositories)
        draw = chance.random()
        job: Job = RunJob(repository=here, scope=Scope.TURN)
        if draw < 0.02 and here.id not in commanded:
            commanded.add(here.id)
            job = CommandJob(repository=here, number=1, comment=COMMENT, author="ada", command="rebase")
        elif draw < 0.45:
            job = RunJob(repository=here, scope=Scope.OPEN)
        elif draw < 0.85:
            job = MergeJob(repository=here)
        elif draw < 0.97:
            job = ClosedJob(repository=here, number=1)
        found.append((f"mixed-{number}", job))
    return found


def measure_mixed(plan: Plan, database: JobDatabase, queue: JobQueue, asked: argparse.Namespace) -> None:
    jobs = mixed_jobs(asked)
    stored = time.monotonic()
    # As a web process's threads do; Postgres lets them wait for the disk together.
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: queue.store(one[0], (one[1],)), jobs))
    stored = time.monotonic() - stored
    before, started, begun = spent(), time.monotonic(), time.time()
    with stub_workers(plan, asked.workers) as told:
        wait_until_empty(queue)
        took = time.monotonic() - started
        ended = told.ended()
    spending = spent() - before
    solves = [one for one in ended if one.lane == "solving" and one.outcome == "done"]
    slept, kind = sum(one.ended - one.started for one in solves), database.engine.dialect.name
    print(f"{len(jobs)} mixed jobs over {asked.repositories} repositories, {asked.workers} workers, {kind}:")
    print(f"  stored in {stored:.1f} s ({1000 * stored / len(jobs):.1f} ms each),")
    print(f"  drained in {took:.1f} s with the workers' start: {len(jobs) / took:.0f} jobs/s;")
    print(f"  {len(ended)} attempts, {len(solves)} solves (they slept {slept:.0f} s in all),")
    print(f"  {1000 * spending / len(ended):.1f} ms of CPU for an attempt; left over: {dict(queue.count_jobs())}")
    waits = defaultdict(list)
    for one in ended:
        if one.outcome == "done":
            waits[one.kind, one.lane].append(one.started - begun)
    print("  begun after (s), 50 / 95 / 99 / 100 %:")
    for (kind, lane), values in sorted(waits.items()):
        print(f"    {kind:8} {lane:8} {len(values):6}  {percentiles(values)}")
    print(f"  database: {size_of(database)}")


def size_of(database: JobDatabase) -> str:
    if database.engine.dialect.name == "sqlite":
        return f"{Path(str(database.engine.url.database)).stat().st_size / 1e6:.1f} MB"
    with database.engine.connect() as connection:
        size = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
    return f"{int(size or 0) / 1e6:.1f} MB"


# --- a command ------------------------------------------------------------------------------------


def measure_command(plan: Plan, queue: JobQueue, asked: argparse.Namespace) -> None:
    for number in range(2, asked.waiting + 2):
        queue.store(f"run-{number}", (RunJob(repository=ref(number), scope=Scope.ALL),))
    with stub_workers(plan, asked.workers) as told:
        while queue.count_jobs()["running"] < asked.workers:
            time.sleep(0.05)
        time.sleep(2.0)
        given = time.time()
        job = CommandJob(repository=ref(COMMANDED), number=1, comment=COMMENT, author="ada", command="rebase")
        queue.store("command", (job,))
        while len(times := told.reactions(COMMANDED)) < 2:
            time.sleep(0.05)
        left = queue.count_jobs()["waiting"]
    print(f"a command behind {asked.waiting} runs of {asked.solve} s ({left} still wait when it is done):")
    print(f"  acknowledged after {times['eyes'] - given:.2f} s, done after {times['+1'] - given:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--what", nargs="+", choices=("empty", "mixed", "command"), default=["empty", "mixed", "command"]
    )
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--waiting", type=int, default=300)
    parser.add_argument("--solve", type=float, default=0.05)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked = parser.parse_args()
    for what in asked.what:
        with stub_folder(asked.database) as (folder, url):
            opened = 0 if what == "empty" else 60 if what == "mixed" else 100
            plan = Plan(
                folder=folder, url=url, solve=asked.solve, latency=asked.latency, opened=opened, seed=asked.seed
            )
            database = open_database(plan.url)
            queue = database.open_queue(SystemClock())
            if what == "empty":
                measure_empty(plan, database, queue, asked)
            elif what == "mixed":
                measure_mixed(plan, database, queue, asked)
            else:
                measure_command(plan, queue, asked)
            queue.close()
            database.engine.dispose()


if __name__ == "__main__":
    main()
