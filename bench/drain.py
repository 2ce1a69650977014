"""How fast the queue empties: jobs that come to nothing, and a command behind runs that take their time.

    python bench/drain.py [--jobs 10000] [--workers 2] [--waiting 300] [--solve 0.5] [--latency 0.05] [--seed 8] [--url URL]

Real workers (processes) on a real database, SQLite in a temporary folder unless ``--url`` names another one; the forge is
the one in memory, each of its answers ``--latency`` seconds away. A third of the empty jobs each: a run that another one
covers, a push where no pull request is open, a closed pull request of somebody else's. A solve is a sleep.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.app.process import SystemClock, stop_on_signals
from bot.events import ClosedJob, CommandJob, Job, RunJob, Scope
from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.jobs.cadence import is_open
from bot.jobs.limits import JobLimits
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue import JobQueue
from bot.jobs.worker import take_name, work
from bot.jobs.workflows import WorkerParts
from bot.logs import set_up_logs
from bot.ports.forge import (
    CloneSource,
    NewPullRequest,
    Permission,
    PullRequestState,
    Reaction,
    Repository,
    RepositoryRef,
)
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.work.job import JobPorts

MAIN, BRANCH = BranchName("main"), BranchName("lockbot/non-major")
COMMANDED = 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    folder: str
    url: str
    jobs: int
    waiting: int
    solve: float
    latency: float
    seed: int

    @property
    def repositories(self) -> int:
        return max(self.jobs, self.waiting) + 1


def ref(number: int) -> RepositoryRef:
    return RepositoryRef(installation=7, id=number, owner="octo", name=f"app-{number}")


# --- a worker -------------------------------------------------------------------------------------


class FarForge(MemoryForge):
    """Each answer takes a while, as GitHub's do."""

    latency = 0.0

    def get_repository(self) -> Repository:
        time.sleep(self.latency)
        return super().get_repository()

    def find_branch(self, branch: BranchName) -> Sha | None:
        time.sleep(self.latency)
        return super().find_branch(branch)

    def get_permission(self, login: str) -> Permission:
        time.sleep(self.latency)
        return super().get_permission(login)

    def react(self, comment: int, reaction: Reaction) -> None:
        time.sleep(self.latency)
        super().react(comment, reaction)
        tell(self.ref, str(reaction))


def tell(where: RepositoryRef, what: str) -> None:
    print(json.dumps({"repository": where.id, "what": what, "at": time.time()}), flush=True)


@contextmanager
def no_clone(_source: CloneSource, _commit: Sha) -> Iterator[Path]:
    yield Path()


class NoClone:
    clone = staticmethod(no_clone)


class World(MemoryForgeApp):
    """Repositories come into being when they are asked for: each has a closed pull request of a person and an open one
    of the App's where the command is given or a run is to take its time."""

    solving: range = range(0)

    def open_repository(self, ref: RepositoryRef) -> MemoryForge:
        if ref.id not in self.forges:
            plain = self.add_repository(ref)
            forge = FarForge(repository=plain.repository, identity=self.identity)
            forge.commit(MAIN, {"a": "1"}, author="ada")
            forge.commit(BRANCH, {"a": "2"}, author="ada")
            forge.permissions["ada"] = Permission.WRITE
            one = forge.open_pull_request(NewPullRequest(head=BRANCH, base=MAIN, title="T", body=""))
            if ref.id not in self.solving:
                closed = replace(one, state=PullRequestState.CLOSED, author="ada")
                forge.pull_requests[one.number] = closed
            forge.add_comment(one.number, "/lockbot rebase", author="ada")
            self.forges[ref.id] = forge
        return self.forges[ref.id]


class NoJudge:
    """No pull request comes in here."""

    def judge(self, request: JudgeRequest) -> CommitReport:
        raise AssertionError(request)

    def relock(self, request: JudgeRequest) -> Relocked:
        raise AssertionError(request)


def run_worker(plan: Plan) -> None:
    set_up_logs("json", level=30)
    clock = SystemClock()
    database = open_database(plan.url)
    FarForge.latency = plan.latency
    world = World()
    World.solving = range(1, plan.waiting + 2)

    def sleep(request: RunRequest) -> RunReport:
        time.sleep(plan.solve)
        return RunReport(base=request.base, base_branch=request.base_branch)

    ports = JobPorts(app=world, cloner=NoClone(), run_repository=sleep, judge=NoJudge(), clock=clock, is_open=is_open)
    stop = threading.Event()
    stop_on_signals(stop)
    parts = WorkerParts(ports=ports, queue=database.open_queue(clock), registry=database.registry)
    with take_name(Path(plan.folder)) as name:
        work(database, name, parts, stop, JobLimits(seconds=1800.0, memory=2_000_000_000))


# --- the measurement ------------------------------------------------------------------------------


@contextmanager
def workers(plan: Plan, count: int) -> Iterator[list[Path]]:
    """Their standard output goes to files: the reactions that they gave, and when."""
    command = [sys.executable, __file__, "--worker", json.dumps(vars(plan))]
    told = [Path(plan.folder) / f"told-{number}" for number in range(count)]
    processes = [subprocess.Popen(command, stdout=path.open("w")) for path in told]
    try:
        yield told
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            one.wait()


def wait_until_empty(queue: JobQueue) -> None:
    while (counts := queue.count_jobs())["waiting"] or counts["running"]:
        time.sleep(0.1)


def empty_jobs(plan: Plan) -> list[Job]:
    kinds: list[Job] = []
    for number in range(1, plan.jobs + 1):
        here = ref(number + plan.waiting + 1)
        kinds.append(
            (
                RunJob(repository=here, scope=Scope.ALL),
                RunJob(repository=here, scope=Scope.OPEN),
                ClosedJob(repository=here, number=1),
            )[number % 3]
        )
    random.Random(plan.seed).shuffle(kinds)
    return kinds


def measure_empty(plan: Plan, database: JobDatabase, queue: JobQueue, count: int) -> None:
    jobs = empty_jobs(plan)
    covered = [one.repository for one in jobs if isinstance(one, RunJob) and one.scope is Scope.ALL]
    now = datetime.now(UTC)
    database.registry.remember(covered, now)
    for one in covered:
        database.registry.record_cover(one.id, Scope.ALL, now.timestamp() + 86_400)
    for number, job in enumerate(jobs):
        queue.store(f"empty-{number}", (job,))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with workers(plan, count):
        wait_until_empty(queue)
        took = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{len(jobs)} empty jobs, {count} workers: {took:.1f} s with their start, {len(jobs) / took:.0f} jobs/s,")
    print(f"  {1000 * spent / len(jobs):.1f} ms of CPU for each (start and end of the workers included)")


def measure_command(plan: Plan, queue: JobQueue, count: int) -> None:
    for number in range(2, plan.waiting + 2):
        queue.store(f"run-{number}", (RunJob(repository=ref(number), scope=Scope.ALL),))
    with workers(plan, count) as told:
        while queue.count_jobs()["running"] < count:
            time.sleep(0.05)
        time.sleep(2.0)
        given = time.time()
        job = CommandJob(repository=ref(COMMANDED), number=1, comment=2, author="ada", command="rebase")
        queue.store("command", (job,))
        times = dict.fromkeys(("eyes", "+1"), 0.0)
        while not all(times.values()):
            time.sleep(0.05)
            rows = [json.loads(line) for path in told for line in path.read_text().splitlines()]
            times |= {row["what"]: row["at"] for row in rows if row["repository"] == COMMANDED}
        left = queue.count_jobs()["waiting"]
    acknowledged, done = times["eyes"] - given, times["+1"] - given
    print(f"a command behind {plan.waiting} runs of {plan.solve} s ({left} still wait when it is done):")
    print(f"  acknowledged after {acknowledged:.2f} s, done after {done:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--waiting", type=int, default=300)
    parser.add_argument("--solve", type=float, default=0.5)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--url")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        run_worker(Plan(**json.loads(asked.worker)))
        return
    with tempfile.TemporaryDirectory(prefix="lockbot-drain-") as folder:
        plan = Plan(
            folder=folder,
            url=asked.url or f"sqlite:///{folder}/jobs.sqlite",
            jobs=asked.jobs,
            waiting=asked.waiting,
            solve=asked.solve,
            latency=asked.latency,
            seed=asked.seed,
        )
        set_up_logs("text")
        database = open_database(plan.url)
        queue = database.open_queue(SystemClock())
        if plan.jobs:
            measure_empty(plan, database, queue, asked.workers)
        if plan.waiting:
            measure_command(plan, queue, asked.workers)
        queue.close()


if __name__ == "__main__":
    main()
