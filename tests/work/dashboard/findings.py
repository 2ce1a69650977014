"""Runs as a dashboard is told of them, and a forge to tell it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.ports.forge import Issue
from bot.ports.run import (
    BranchName,
    ConfigState,
    DashboardOptions,
    DetectedFile,
    DetectedPackage,
    Problem,
    Proposal,
    RunReport,
    Sha,
    UpdateKind,
)
from bot.work.dashboard.board import find_board, write_board
from bot.work.dashboard.facts import Findings
from bot.work.dashboard.issue import Home, KnownIssues
from bot.work.publishing.outcome import Outcome, Published
from tests.work.scene import MAIN, REF, propose

DETECTED = DetectedFile(
    path="pyproject.toml",
    kind="project",
    lock="uv.lock",
    packages=(
        DetectedPackage(package="alpha", required=">=1", locked="1.0", newest="2.0", kind=UpdateKind.MAJOR, days=731),
        DetectedPackage(package="beta", required="", locked="3.1"),
    ),
)
DAY = date(2026, 11, 30)
OTHER = BranchName("lockbot/major-alpha")
BROKEN = Problem(path=".lockbot.json", line=3, message="no option", hint="leave it out")


def findings(
    *published: Published,
    proposals: Sequence[Proposal] = (),
    config: ConfigState | None = None,
    detected: tuple[DetectedFile, ...] = (DETECTED,),
    problems: tuple[Problem, ...] = (),
) -> Findings:
    """What is not among ``proposals`` is proposed as ``tests.work.scene`` does."""
    known = {one.branch for one in proposals}
    more = [propose(branch=one.branch) for one in published if one.branch not in known]
    report = RunReport(
        base=Sha("b" * 40),
        base_branch=MAIN,
        config=config or ConfigState(),
        proposals=(*proposals, *more),
        detected=detected,
        problems=problems,
    )
    return Findings(reports=(report,), published=published, problems=problems, today=DAY)


def opened(branch: BranchName = OTHER, number: int = 7) -> Published:
    return Published(branch=branch, outcome=Outcome.OPENED, number=number)


def not_open(branch: BranchName = OTHER) -> Published:
    return Published(branch=branch, outcome=Outcome.NOT_OPEN)


def with_options(given: Findings, **options: object) -> Findings:
    config = replace(given.config, dashboard=replace(DashboardOptions(), **options))  # type: ignore[arg-type]
    return replace(given, reports=(replace(given.reports[0], config=config), *given.reports[1:]))


@dataclass
class Wall:
    """A repository whose dashboard is looked at. ``memory`` is a worker's."""

    app: MemoryForgeApp = field(default_factory=MemoryForgeApp)
    memory: KnownIssues = field(default_factory=KnownIssues)

    def __post_init__(self) -> None:
        self.forge: MemoryForge = self.app.add_repository(REF)
        self.base = self.forge.commit(MAIN, {"uv.lock": ""}, author="octo")

    @property
    def home(self) -> Home:
        return Home(forge=self.forge, login=self.app.identity.login, known=self.memory)

    def write(self, given: Findings) -> str:
        """As the run on the newest commit came to it."""
        reports = tuple(replace(one, base=self.base) for one in given.reports)
        given = replace(given, reports=reports)
        return write_board(find_board(self.home, has_issues=self.forge.repository.has_issues), given)

    @property
    def issue(self) -> Issue:
        (one,) = self.forge.issues.values()
        return one

    def edit(self, old: str, new: str) -> None:
        """A person edits the body."""
        assert old in self.issue.body
        self.forge.edit_issue(self.issue.number, body=self.issue.body.replace(old, new))
