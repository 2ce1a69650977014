"""A forge in memory, a clone that is none, and a pipeline that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.ports.forge import CloneSource, Permission, RepositoryRef
from bot.ports.run import (
    BranchName,
    ConfigState,
    FileChange,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    Sha,
    UpdateKind,
    UpdateLine,
)
from bot.ports.steps import PlainSteps
from bot.work import Edges

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
    )


@dataclass
class Scene:
    """``reports``: what the pipeline gives for a configuration text (None: the repository's own)."""

    app: MemoryForgeApp = field(default_factory=MemoryForgeApp)
    clock: FixedClock = field(default_factory=FixedClock)
    proposals: tuple[Proposal, ...] = ()
    problems: tuple[Problem, ...] = ()
    config: ConfigState = field(default_factory=ConfigState)
    valid: frozenset[str] = frozenset()
    asked: list[RunRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.forge: MemoryForge = self.app.add_repository(REF)
        self.forge.permissions["octo"] = Permission.ADMIN
        self.base = self.forge.commit(MAIN, {"uv.lock": "alpha 1.0\n"}, author="octo")
        self.steps = PlainSteps()

    @property
    def edges(self) -> Edges:
        return Edges(app=self.app, cloner=NoClone(), run_repository=self.run, clock=self.clock)

    def run(self, request: RunRequest) -> RunReport:
        self.asked.append(request)
        config = self.config
        if request.config is not None and request.config.text in self.valid:
            config = replace(config, problems=())
        report = RunReport(base=request.base, base_branch=request.base_branch, config=config, problems=self.problems)
        return report if config.problems or not config.enabled else replace(report, proposals=self.proposals)
