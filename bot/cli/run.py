"""``lockbot run``: the whole bot on a local git repository; every proposal becomes a branch with one commit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from bot.app.advisories import make_advisories
from bot.app.commits import open_commit
from bot.app.notes import make_notes
from bot.app.registry import make_registry
from bot.cli.local.repository import LocalRun, look_around, make_request, named_indexes, open_index
from bot.cli.local.speaking import KeptErrors, Progress, Voice, make_voice, refusals, speaks
from bot.cli.tabled import HELP_OPTIONS
from bot.git.command import Git, GitError
from bot.git.commit import BranchState, CommitPlan, commit_on_branch
from bot.git.sources import SCRATCH
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.security.knowledge import NO_ADVISORIES, Advisories
from bot.ports.run import BranchName, Problem, Proposal, RunReport, Sha
from bot.ports.surroundings import NOTHING_AROUND, Surroundings
from bot.report.patch import render_patch
from bot.report.review import render_review
from bot.report.run_json import render_json
from bot.report.screens.plan import render_plan
from bot.report.terminal import problem_line, timing_lines
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


# --- the command ----------------------------------------------------------------------------------


@click.command(context_settings=HELP_OPTIONS)
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Plan and solve, but make no branch.")
@click.option("--only", metavar="NAME", help="Only this group, branch or package.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown"]), default="table", show_default=True,
    help="markdown: what a reviewer would see.",
)  # fmt: skip
@click.option("--notes", is_flag=True, help="Read release notes, licenses and publishers too, as the server does.")
@click.option("--diff", is_flag=True, help="Print the changes of all proposals as patches.")
@click.option("--exit-zero", is_flag=True, help="End with 0 also where there were problems.")
@speaks
@click.pass_context
def run(
    context: click.Context,
    path: Path,
    *,
    dry_run: bool,
    only: str | None,
    as_json: bool,
    form: str,
    notes: bool,
    diff: bool,
    exit_zero: bool,
) -> None:
    """Plan and solve every update of the git repository at PATH, and commit each proposal on its own branch.

    The checked-out branch, the index and the working tree stay as they are. Works on the committed HEAD.

    Ends with 0 when all was done (what is held back included), 1 when a unit had a problem or a branch could not be
    written, 2 when the repository or its configuration could not be read.
    """
    forms = [
        name for name, is_asked in (("--json", as_json), ("--diff", diff), ("--format", form != "table")) if is_asked
    ]
    if len(forms) > 1:
        raise click.UsageError(f"{forms[0]} and {forms[1]} contradict each other")
    voice, kept = make_voice(context, os.environ), KeptErrors()
    with refusals(voice, kept):
        call = LocalRun(
            path=path,
            environ=os.environ,
            now=datetime.now(UTC),
            only=only,
            dry_run=dry_run,
            scratch=read_settings().cache_dir / SCRATCH,
        )
        settings = read_settings()
        with (
            open_index(named_indexes(call), call.environ, call.now) as index,
            make_advisories(settings) as service,
            voice.progress() as progress,
        ):
            advisories = Advisories(service=service, public=settings.all_public_indexes)
            around, releases = look_around(call.environ), index if notes else None
            result = run_local(call, index, kept, progress, around, advisories, releases=releases)
        patches = _patches(call, result.report) if diff else ""
    if as_json:
        voice.give(render_json(result.report))
    elif diff:
        voice.give(patches)
    elif form == "markdown":
        voice.give(render_review(result.report, only))
    else:
        voice.tell(render_plan(result.report, result.outcomes, voice.screen, only))
    _tell_problems(voice, result, kept)
    raise SystemExit(0 if exit_zero and result.exit_code == 1 else result.exit_code)


def _tell_problems(voice: Voice, result: LocalResult, kept: KeptErrors) -> None:
    if result.report.warnings or result.report.unsure or result.report.problems:
        voice.part()
    for warning in result.report.warnings:
        voice.warn(f"warning: {problem_line(warning)}")
    if result.report.unsure is not None:
        voice.warn(f"security updates may be missing: {result.report.unsure}")
    for problem in result.report.problems:
        voice.warn(problem_line(problem))
    voice.explain(timing_lines(result.report.timings))
    click.echo(kept.render(), err=True, nl=False)


def _patches(call: LocalRun, report: RunReport) -> str:
    """A patch for each proposal, behind a line that names its branch: ``git apply`` passes over such lines."""
    parts = []
    with open_commit(call.path, report.base, environ=call.environ) as tree:
        for proposal in report.proposals:
            before = {file.path: tree.read_text(file.path) for file in proposal.files}
            parts.append(f"# {proposal.branch}: {proposal.title}\n{render_patch(proposal.files, before)}")
    return "\n".join(parts)
