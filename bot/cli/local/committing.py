"""Proposals as branches of the repository on this disk: each with one commit, what is checked out left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from bot.app.commits import open_commit
from bot.app.notes import make_notes
from bot.app.registry import make_registry
from bot.cli.local.repository import LocalRun, make_request
from bot.cli.local.speaking import Progress
from bot.git.command import Git, GitError
from bot.git.commit import BranchState, CommitPlan, commit_on_branch
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.security.knowledge import NO_ADVISORIES, Advisories
from bot.ports.run import BranchName, Problem, Proposal, RunReport, Sha
from bot.ports.surroundings import NOTHING_AROUND, Surroundings
from bot.resolver.model.attested import ReleaseReader
from bot.resolver.model.index import IndexPort
from bot.settings import read_settings
from bot.values import value
from bot.wall import KeepError, to_problem

_WRITTEN = frozenset({BranchState.CREATED, BranchState.UPDATED, BranchState.UNCHANGED})


@value
class LocalResult:
    """``outcomes``: what became of each branch."""

    report: RunReport
    outcomes: Mapping[BranchName, str]

    @property
    def exit_code(self) -> int:
        """2 for a broken configuration, 1 when a unit had a problem or a branch could not be written, else 0."""
        if self.report.config.problems:
            return 2
        return 1 if self.report.problems else 0


def run_local(
    run: LocalRun,
    index: IndexPort,
    keep: KeepError,
    progress: Progress = lambda _stage, _what: None,
    around: Surroundings = NOTHING_AROUND,
    advisories: Advisories = NO_ADVISORIES,
    releases: ReleaseReader | None = None,
) -> LocalResult:
    """Plan the repository's HEAD and (unless dry) commit each proposal on its branch; raises ``LockbotError``.

    ``releases``: what more is asked about what moves, with release notes; ``None``: nothing.
    """
    git = Git(folder=run.path, environ=run.environ)
    request = make_request(git, run)
    commits = partial(open_commit, environ=run.environ)
    edges = Edges(
        open_commit=commits,
        index=index,
        is_local=True,
        progress=progress,
        keep=keep,
        around=around,
        advisories=advisories,
        registry=make_registry(read_settings(), run.environ, is_local=True),
        releases=releases,
        notes=None if releases is None else make_notes(read_settings(), run.environ),
    )
    report = run_repository(request, edges)
    outcomes: dict[BranchName, str] = {}
    problems = []
    for proposal in () if run.dry_run else report.proposals:
        progress("commit", proposal.branch)
        try:
            state = _commit(git, request.base, proposal, run)
        except (GitError, OSError) as error:
            problems.append(Problem(message=f"branch {proposal.branch} could not be written: {error}"))
            continue
        except Exception as error:  # noqa: BLE001 - the wall
            problems.append(to_problem(error, "", keep))
            continue
        outcomes[proposal.branch] = state.value
        if state not in _WRITTEN:
            problems.append(Problem(message=f"branch {proposal.branch} {_left(state)}; it was left as it is"))
    return LocalResult(report=replace(report, problems=(*report.problems, *problems)), outcomes=outcomes)


def _commit(git: Git, base: Sha, proposal: Proposal, run: LocalRun) -> BranchState:
    plan = CommitPlan(branch=proposal.branch, base=base, message=proposal.commit_message, files=proposal.files)
    return commit_on_branch(git, plan, now=run.now, scratch=run.scratch).state


def _left(state: BranchState) -> str:
    return "is checked out" if state is BranchState.CHECKED_OUT else state.value
