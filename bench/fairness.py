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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.stub_world import COMMENT, Ended, Plan, Told, percentiles, stub_folder, stub_workers
from bot.app.clock import SystemClock
from bot.events.jobs import CommandJob, RunJob, Scope
from bot.jobs.opening import open_database
from bot.jobs.queue.queue import JobQueue
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


@dataclass(frozen=True, kw_only=True)
class Shares:
    """``runs`` that were begun from when the small accounts came until the last of theirs was; ``given`` and ``reactions``
    by repository; ``left``: how many jobs were waiting when all commands were obeyed."""

    runs: Sequence[Ended]
    given: Mapping[int, float]
    reactions: Mapping[int, Mapping[str, float]]
    left: int

    @property
    def ahead(self) -> int:
        return sum(one.installation == BIG for one in self.runs)


def measure_shares(plan: Plan, *, big: int, accounts: int, each: int, commands: int, workers: int) -> Shares:
    database = open_database(plan.url)
    queue = database.open_queue(SystemClock())
    store_turns(queue, BIG, big)
    with stub_workers(plan, workers) as told:
        # The others come when all of the big account's runs are in the lane where they are solved.
        wait(lambda: sum(one.lane == "jobs" for one in told.ended()) >= big)
        for installation in range(100, 100 + accounts):
            store_turns(queue, installation, each)
        wait(lambda: sum(one.installation != BIG for one in solved(told)) >= accounts * each)
        given = give_commands(queue, big, commands)
        wait(lambda: all(len(told.reactions(one)) == 2 for one in given))
        left = queue.count_jobs()["waiting"]
        found = solved(told)
        reactions = {one: told.reactions(one) for one in given}
    queue.close()
    database.engine.dispose()
    small = [one for one in found if one.installation != BIG]
    came, gone = min(one.received for one in small), max(one.started for one in small)
    runs = [one for one in found if came <= one.started <= gone]
    return Shares(runs=runs, given=given, reactions=reactions, left=left)


def give_commands(queue: JobQueue, big: int, commands: int) -> dict[int, float]:
    given: dict[int, float] = {}
    for number in range(commands):
        # Of those whose turn comes late.
        there = ref(BIG, big - 1 - number)
        given[there.id] = time.time()
        job = CommandJob(repository=there, number=1, comment=COMMENT, author="ada", command="rebase")
        queue.store(f"command-{number}", (job,))
    return given


def show_shares(found: Shares, asked: argparse.Namespace) -> None:
    small = [one for one in found.runs if one.installation != BIG]
    waits = [one.started - one.received for one in small]
    first, last = min(one.received for one in small), max(one.started for one in small)
    pace = (last - first) / len(found.runs)
    rounds = [pace * (asked.accounts + 1) * turn for turn in range(1, asked.each + 1) for _ in range(asked.accounts)]
    print(f"  runs of the small accounts began after (50 / 95 / 99 / 100 %): {percentiles(waits)} s")
    print(f"  their fair share at this pace ({1 / pace:.1f} solves/s): {percentiles(rounds)} s at the latest")
    print(f"  behind all that came before them it would have been {asked.big * pace:.0f} s and more")
    print(f"  while they waited {len(small)} runs of theirs were begun and {found.ahead} of the big account's")


def show_commands(found: Shares) -> None:
    eyes = [row["eyes"] - found.given[number] for number, row in found.reactions.items()]
    done = [row["+1"] - found.given[number] for number, row in found.reactions.items()]
    print(f"  {len(eyes)} commands at once, {found.left} jobs of a schedule waiting:")
    print(f"    acknowledged after {percentiles(eyes)} s, done after {percentiles(done)} s")


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
        plan = Plan(folder=folder, url=url, solve=asked.solve, latency=0.01, seed=asked.seed)
        counts = {name: getattr(asked, name) for name in ("big", "accounts", "each", "commands", "workers")}
        found = measure_shares(plan, **counts)
    print(
        f"an account of {asked.big} repositories, {asked.accounts} of {asked.each}; {asked.workers} workers, {asked.database}:"
    )
    show_shares(found, asked)
    if found.given:
        show_commands(found)


if __name__ == "__main__":
    main()
