"""A forge in memory, a clone that is none, and a pipeline that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.events.jobs import RunJob, Scope
from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.jobs.workflows.steps import DurableSteps
from bot.plan.declined import is_declined
from bot.ports.forge import CloneSource, Permission, PullRequest, PullRequestState, RepositoryRef
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.run import (
    BranchName,
    ConfigState,
    Explained,
    FileChange,
    HeldBack,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    Sha,
    UpdateKind,
    UpdateLine,
)
from bot.ports.steps import StepRunner
from bot.work.job import JobDone, JobPorts
from bot.work.publishing.outcome import Outcome
from bot.work.runs import run_job

T = TypeVar("T")

REF = RepositoryRef(installation=7, id=42, owner="octo", name="app")
BRANCH = BranchName("lockbot/non-major")
MAIN = BranchName("main")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class FixedClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class NoClone:
    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        yield Path("/nonexistent")


def propose(version: str = "2.0", branch: BranchName = BRANCH, labels: tuple[str, ...] = ("deps",)) -> Proposal:
    update = UpdateLine(package="alpha", kind=UpdateKind.MAJOR, before="1.0", after=version, manifest="pyproject.toml")
    return Proposal(
        branch=branch,
        group=branch,
        title=f"Update alpha to {version}",
        body=f"alpha {version}\n",
        commit_message="Update\n",
        labels=labels,
        updates=(update,),
        files=(FileChange(path="uv.lock", text=f"alpha {version}\n"),),
        units=("uv.lock",),
    )


@dataclass
class SceneJudge:
    """Says of commits what a test tells it to, and keeps what it was asked."""

    report: CommitReport = field(default_factory=CommitReport)
    relocked: Relocked = field(default_factory=Relocked)
    asked: list[JudgeRequest] = field(default_factory=list)
    fails: Exception | None = None

    def judge(self, request: JudgeRequest) -> CommitReport:
        return self._answer(request, self.report)

    def relock(self, request: JudgeRequest) -> Relocked:
        return self._answer(request, self.relocked)

    def _answer(self, request: JudgeRequest, answer: T) -> T:
        self.asked.append(request)
        if self.fails is not None:
            raise self.fails
        return answer


#: A schedule whose windows are open whatever ``Scene.is_open`` says.
ALWAYS = ("at any time",)


def pass_through(_name: str, step: Callable[[], str]) -> str:
    """Outcomes go through JSON, as they do in a worker, but nothing is kept."""
    return step()


@dataclass
class Scene:
    """``reports``: what the pipeline gives for a configuration text (None: the repository's own)."""

    app: MemoryForgeApp = field(default_factory=MemoryForgeApp)
    clock: FixedClock = field(default_factory=FixedClock)
    proposals: tuple[Proposal, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    config: ConfigState = field(default_factory=ConfigState)
    valid: frozenset[str] = frozenset()
    solved: tuple[str, ...] = ("uv.lock",)
    is_open: bool = True
    ripe_at: float | None = None
    held_back: tuple[HeldBack, ...] = ()
    explained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[RunRequest] = field(default_factory=list)
    judge: SceneJudge = field(default_factory=lambda: SceneJudge())

    def __post_init__(self) -> None:
        self.forge: MemoryForge = self.app.add_repository(REF)
        self.forge.permissions["octo"] = Permission.ADMIN
        self.base = self.forge.commit(MAIN, {"uv.lock": "alpha 1.0\n"}, author="octo")
        self.steps: StepRunner = DurableSteps(pass_through)

    @property
    def ports(self) -> JobPorts:
        return JobPorts(
            app=self.app,
            cloner=NoClone(),
            run_repository=self.run,
            judge=self.judge,
            clock=self.clock,
            is_open=lambda entries, _zone, _moment: self.is_open or not entries or entries == ALWAYS,
        )

    def run(self, request: RunRequest) -> RunReport:
        self.asked.append(request)
        config = self.config
        if request.config is not None and request.config.text in self.valid:
            config = replace(config, problems=())
        report = RunReport(base=request.base, base_branch=request.base_branch, config=config, problems=self.problems)
        if config.problems or not config.enabled:
            return report
        if request.explain:
            told = (Explained(package=name, lines=self.explained.get(name, ())) for name in request.explain)
            return replace(report, explained=tuple(told))
        wanted = [self._leave_out(one, request) for one in self.proposals if request.only in (None, one.branch)]
        report = replace(report, warnings=self.warnings, held_back=self.held_back)
        proposals = tuple(one for one in wanted if one.updates)
        return replace(report, solved=self.solved, proposals=proposals, ripe_at=self.ripe_at)

    def _leave_out(self, proposal: Proposal, request: RunRequest) -> Proposal:
        """What is declined stays away, as the planner has it."""
        if not request.declined:
            return proposal
        kept = tuple(one for one in proposal.updates if not is_declined(one, request.declined))
        files = tuple(replace(one, text=_lines(kept)) for one in proposal.files)
        return replace(proposal, updates=kept, files=files)


def _lines(updates: tuple[UpdateLine, ...]) -> str:
    return "".join(f"{one.package} {one.after}\n" for one in updates)


def propose_group(**versions: str) -> Proposal:
    """A group of minor updates."""
    updates = tuple(
        UpdateLine(package=name, kind=UpdateKind.MINOR, before="1.0", after=version, manifest="pyproject.toml")
        for name, version in versions.items()
    )
    files = (FileChange(path="uv.lock", text=_lines(updates)),)
    return replace(propose(), title="Update all", body=_lines(updates), updates=updates, files=files)


def run(scene: Scene, scope: Scope = Scope.ALL) -> JobDone:
    return run_job(scene.ports, RunJob(repository=REF, scope=scope), scene.steps, "guid")


def opened(scene: Scene) -> PullRequest:
    scene.proposals = (propose(),)
    run(scene)
    (one,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    return one


def act(scene: Scene, scope: Scope = Scope.ALL) -> list[tuple[str, Outcome]]:
    """A run, and what became of each branch."""
    return [(one.branch, one.outcome) for one in run(scene, scope).published]


def one_outcome(scene: Scene, scope: Scope = Scope.ALL) -> Outcome:
    ((_, outcome),) = act(scene, scope)
    return outcome


def said(scene: Scene, number: int) -> list[str]:
    return [one.body for one in scene.forge.list_comments(number) if one.author == scene.app.identity.login]
