"""A repository, an index that says much of its releases, and notes of them, all in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.index.memory import MemoryIndex
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.solver import Solver
from bot.ports.notes import Notes, NotesAccess, NotesQuestion
from bot.ports.run import BranchName, Proposal, RunReport, RunRequest, Sha
from bot.resolver.lowering import CommandSettings, lower_project
from bot.wall import KeepError
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
#: Fills an index; told whether it is as it was when the repository was locked.
Fill = Callable[[MemoryIndex, bool], None]


@dataclass(slots=True)
class MemoryNotes:
    """``bot.ports.notes.NotesReader``: what is known by package. ``asked`` is every question."""

    known: Mapping[str, Notes] = field(default_factory=dict)
    asked: list[NotesQuestion] = field(default_factory=list)

    def find(
        self, questions: Sequence[NotesQuestion], access: NotesAccess, patience: float, /
    ) -> Mapping[NotesQuestion, Notes]:
        del access, patience
        self.asked += questions
        return {one: self.known[one.package] for one in questions if one.package in self.known}


def project(*requirements: str, python: str = ">=3.11", extra: str = "") -> str:
    rows = "".join(f"    {requirement},\n" for requirement in requirements)
    return f'[project]\nname = "app"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [\n{rows}]\n{extra}'


def lock(files: Mapping[str, str], fill: Fill) -> MemoryCommit:
    """The commit with the lock that it had when the index was as it was."""
    index, commit = MemoryIndex(), MemoryCommit(dict(files))
    fill(index, True)
    settings = CommandSettings(now=NOW, python="3.13", tree_root="/repository")
    request = lower_project(commit, root=".", settings=settings)
    made = Solver(index=index, settings=settings)(request, tree=commit, folder=".", existing=None, existing_text=None)
    return MemoryCommit({**files, "uv.lock": made.text})


def run(
    files: Mapping[str, str],
    fill: Fill,
    *,
    notes: MemoryNotes | None = None,
    more: bool = True,
    only: str | None = None,
    keep: KeepError = keep_nothing,
    earlier: Mapping[str, str] | None = None,
) -> tuple[RunReport, MemoryIndex]:
    """``more``: the index may be asked for what nothing is solved with; ``earlier``: what was locked, if not this."""
    index, commit = MemoryIndex(), MemoryCommit({**lock(earlier or files, fill).files, **files})
    fill(index, False)
    request = RunRequest(
        root=Path("/repository"),
        base=Sha("0" * 40),
        base_branch=BranchName("main"),
        now=NOW,
        repository="owner/name",
        only=only,
    )
    edges = Edges(open_commit=commit.open, index=index, keep=keep, notes=notes, releases=index if more else None)
    return run_repository(request, edges), index


def find_proposal(report: RunReport, branch: str) -> Proposal:
    found = {one.branch: one for one in report.proposals}
    assert f"lockbot/{branch}" in found, (sorted(found), report.problems, report.held_back)
    return found[BranchName(f"lockbot/{branch}")]
