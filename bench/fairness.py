"""Whether an account that has much to do keeps others waiting, and whether commands come before what a schedule began.

    python -m bench.fairness [--big 1000] [--accounts 50] [--each 2] [--commands 20] [--workers 2] [--solve 0.2]
                             [--seed 8] [--database sqlite|postgres]

One account's repositories all have their turn; while its first runs are solved, accounts with ``--each`` repositories come
with theirs, then people give commands on repositories of the big one. It ends when the small accounts and the people are
served. The fair share: of W workers each of A accounts that have work gets W/A, so the n-th run of a small account begins
when each of the others had n.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from bench.stub_world import COMMENT, Ended, Plan, Told, percentiles, stub_folder, stub_workers
from bot.app.process import SystemClock
from bot.events import CommandJob, RunJob, Scope
from bot.jobs.opening import open_database
from bot.jobs.queue import JobQueue
from bot.ports.forge import RepositoryRef

BIG = 7


def ref(installation: int, number: int) -> RepositoryRef:
    owner = f"owner-{installation}"
    return RepositoryRef(installation=installation, id=installation * 100_000 + number, owner=owner, name=f"r{number}")


def store_turns(queue: JobQueue, installation: int, repositories: int) -> None:
    for number in range(repositories):
        job = RunJob(repository=ref(installation, number), scope=Scope.TURN)
        queue.store(f"turn-{installation}-{number}", (job,))


def solved(told: Told) -> list[Ended]:
    """Solves in the order of their beginnings."""
    found = [one for one in told.ended() if one.lane == "solving" and one.outcome == "done"]
    return sorted(found, key=lambda one: one.started)


def wait(look: Callable[[], bool]) -> None:
    while not look():
        time.sleep(0.2)


def show_shares(runs: Sequence[Ended], accounts: int, each: int, workers: int) -> None:
    small = [one for one in runs if one.installation != BIG]
    came, gone = min(one.received for one in small), max(one.started for one in small)
    between = [one for one in runs if came <= one.started <= gone]
    pace = (gone - came) / len(between)
    waits = [one.started - one.received for one in small]
    fair = [pace * (accounts + 1) * turn for turn in range(1, each + 1) for _ in range(accounts)]
    ahead = sum(one.installation == BIG for one in between)
    print(f"  runs of the small accounts began after (50 / 95 / 99 / 100 %): {percentiles(waits)} s")
    print(f"  their fair share at this pace ({1 / pace:.1f} solves/s, {workers} workers): {percentiles(fair)} s")
    print(f"  while they waited {len(small)} runs of theirs were begun and {ahead} of the big account's")


def show_commands(told: Told, given: dict[int, float], left: int) -> None:
    rows = {number: told.reactions(number) for number in given}
    eyes = [row["eyes"] - given[number] for number, row in rows.items()]
    done = [row["+1"] - given[number] for number, row in rows.items()]
    print(f"  {len(given)} commands, {left} jobs of a schedule waiting: acknowledged after {percentiles(eyes)} s,")
    print(f"    done after {percentiles(done)} s")


def give_commands(queue: JobQueue, big: int, commands: int) -> dict[int, float]:
    given: dict[int, float] = {}
    for number in range(commands):
        # Of those whose turn comes late.
        there = ref(BIG, big - 1 - number)
        given[there.id] = time.time()
        job = CommandJob(repository=there, number=1, comment=COMMENT, author="ada", command="rebase")
        queue.store(f"command-{number}", (job,))
    return given


def measure(plan: Plan, asked: argparse.Namespace) -> None:
    database = open_database(plan.url)
    queue = database.open_queue(SystemClock())
    store_turns(queue, BIG, asked.big)
    with stub_workers(plan, asked.workers) as told:
        # The others come when all of the big account's runs are in the lane where they are solved.
        wait(lambda: sum(one.lane == "jobs" for one in told.ended()) >= asked.big)
        for installation in range(100, 100 + asked.accounts):
            store_turns(queue, installation, asked.each)
        wait(lambda: sum(one.installation != BIG for one in solved(told)) >= asked.accounts * asked.each)
        kind = database.engine.dialect.name
        print(
            f"an account of {asked.big} repositories, {asked.accounts} of {asked.each}, {asked.workers} workers, {kind}:"
        )
        show_shares(solved(told), asked.accounts, asked.each, asked.workers)
        if asked.commands:
            given = give_commands(queue, asked.big, asked.commands)
            wait(lambda: all(len(told.reactions(one)) == 2 for one in given))
            show_commands(told, given, queue.count_jobs()["waiting"])
    queue.close()
    database.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--commands", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--solve", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked = parser.parse_args()
    with stub_folder(asked.database) as (folder, url):
        measure(Plan(folder=folder, url=url, solve=asked.solve, latency=0.01, seed=asked.seed), asked)


if __name__ == "__main__":
    main()
