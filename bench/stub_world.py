"""Workers whose forge is in memory and whose solves are sleeps, for benchmarks of the queue itself.

Everything between is the product's: the queue on a real SQLite or Postgres, DBOS, the lanes, the workflows, publishing. Each
worker is a process with a world of its own; repositories come into being when they are asked for. What each job came to
is written down by the worker, as it tells whoever counts jobs.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.server_stage import database_url
from bot.app.clock import SystemClock
from bot.app.process import stop_on_signals
from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.jobs.clock.cadence import is_open
from bot.jobs.limits.process import JobLimits
from bot.jobs.opening import open_database
from bot.jobs.queue.queue import JobQueue
from bot.jobs.workers.worker import take_name, work
from bot.jobs.workflows.parts import WorkerParts
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
from bot.ports.run import BranchName, FileChange, Proposal, RunReport, RunRequest, Sha
from bot.work.ended import EndedJob
from bot.work.job import JobPorts

MAIN, BRANCH = BranchName("main"), BranchName("lockbot/non-major")
PROPOSAL = Proposal(
    branch=BRANCH,
    group="non-major",
    title="T",
    body="B\n",
    commit_message="M\n",
    labels=(),
    updates=(),
    files=(FileChange(path="a", text="2"),),
    units=("a",),
)
_TELLING = threading.Lock()
#: The number of the only comment on a pull request.
COMMENT = 2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``solve``: the median of a solve's seconds, ``spread`` the sigma of its logarithm; ``latency`` of the forge's answers.

    ``opened``: of a hundred repositories so many have an open pull request of the App's, the others one of a person's.
    """

    folder: str
    url: str
    solve: float = 0.05
    spread: float = 0.0
    latency: float = 0.05
    opened: int = 100
    seed: int = 8

    def is_opened(self, repository: int) -> bool:
        return random.Random(f"{self.seed}/{repository}").randrange(100) < self.opened

    def draw_solve(self, chance: random.Random) -> float:
        return self.solve * chance.lognormvariate(0.0, self.spread)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One attempt that a worker ended."""

    name: str
    kind: str
    lane: str
    outcome: str
    note: str
    installation: int
    received: float
    started: float
    ended: float


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
        _tell({"reaction": str(reaction), "repository": self.ref.id, "at": time.time()})


def _tell(row: dict[str, object]) -> None:
    with _TELLING:
        print(json.dumps(row), flush=True)


def _tell_end(one: EndedJob) -> None:
    told = Ended(
        name=one.name,
        kind=one.kind,
        lane=one.lane,
        outcome=one.outcome.value,
        note=one.note,
        installation=one.installation or 0,
        received=one.received,
        started=one.started,
        ended=one.ended,
    )
    _tell(asdict(told))


@contextmanager
def _no_clone(_source: CloneSource, _commit: Sha) -> Iterator[Path]:
    yield Path()


class NoClone:
    clone = staticmethod(_no_clone)


class World(MemoryForgeApp):
    """Each repository has one pull request with one comment."""

    plan: Plan

    def open_repository(self, ref: RepositoryRef) -> MemoryForge:
        if ref.id not in self.forges:
            plain = self.add_repository(ref)
            forge = FarForge(repository=plain.repository, identity=self.identity)
            forge.commit(MAIN, {"a": "1"}, author="ada")
            forge.commit(BRANCH, {"a": "2"}, author="ada")
            forge.permissions["ada"] = Permission.WRITE
            one = forge.open_pull_request(NewPullRequest(head=BRANCH, base=MAIN, title="T", body=""))
            if not self.plan.is_opened(ref.id):
                closed = replace(one, state=PullRequestState.CLOSED, author="ada")
                forge.pull_requests[one.number] = closed
            forge.add_comment(one.number, "/lockbot rebase", author="ada")
            self.forges[ref.id] = forge
        return self.forges[ref.id]


@dataclass(frozen=True)
class SleepingJudge:
    seconds: float

    def judge(self, request: JudgeRequest) -> CommitReport:
        del request
        time.sleep(self.seconds)
        return CommitReport()

    def relock(self, request: JudgeRequest) -> Relocked:
        raise AssertionError(request)


def run_worker(plan: Plan) -> None:
    set_up_logs("json", level=30)
    clock, chance = SystemClock(), random.Random()
    database = open_database(plan.url)
    FarForge.latency, World.plan = plan.latency, plan
    world = World()

    def sleep(request: RunRequest) -> RunReport:
        time.sleep(plan.draw_solve(chance))
        return RunReport(base=request.base, base_branch=request.base_branch, proposals=(PROPOSAL,))

    judge = SleepingJudge(plan.solve / 4)
    ports = JobPorts(app=world, cloner=NoClone(), run_repository=sleep, judge=judge, clock=clock, is_open=is_open)
    stop = threading.Event()
    stop_on_signals(stop)
    queue = database.open_queue(clock)
    parts = WorkerParts(ports=ports, queue=queue, registry=database.registry, hear_end=(_tell_end,))
    with take_name(Path(plan.folder)) as name:
        work(database, name, parts, stop, JobLimits(seconds=1800.0, memory=2_000_000_000))


@dataclass(frozen=True)
class Told:
    """What workers wrote down so far."""

    paths: Sequence[Path]

    def _rows(self) -> Iterator[dict[str, object]]:
        for path in self.paths:
            for line in path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    yield json.loads(line)

    def ended(self) -> list[Ended]:
        return [Ended(**row) for row in self._rows() if "outcome" in row]  # type: ignore[arg-type]

    def reactions(self, repository: int) -> dict[str, float]:
        return {
            str(row["reaction"]): float(str(row["at"]))
            for row in self._rows()
            if row.get("repository") == repository and "reaction" in row
        }


@contextmanager
def stub_workers(plan: Plan, count: int) -> Iterator[Told]:
    command = [sys.executable, "-m", "bench.stub_world", json.dumps(asdict(plan))]
    told = [Path(plan.folder) / f"told-{number}" for number in range(count)]
    with ExitStack() as files:
        outputs = [files.enter_context(path.open("a")) for path in told]
        processes = [subprocess.Popen(command, stdout=one) for one in outputs]
    try:
        yield Told(told)
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            one.wait()


@contextmanager
def stub_folder(database: str) -> Iterator[tuple[str, str]]:
    """A folder that lasts as long as the context, and the URL of an empty ``sqlite`` or ``postgres`` database."""
    with TemporaryDirectory(prefix="lockbot-bench-") as folder, database_url(database, Path(folder)) as url:
        yield folder, url


def wait_until_empty(queue: JobQueue) -> None:
    while (counts := queue.count_jobs())["waiting"] or counts["running"]:
        time.sleep(0.2)


def percentiles(values: Sequence[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    picked = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99))
    return " / ".join(f"{one:.1f}" for one in (*picked, ordered[-1]))


if __name__ == "__main__":
    run_worker(Plan(**json.loads(sys.argv[1])))
