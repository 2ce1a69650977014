"""``lockbot run``: the whole bot on a local git repository; every proposal becomes a branch with one commit."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from bot.app.commits import open_commit
from bot.cli.indexes.choice import IndexChoice
from bot.cli.indexes.client import make_client
from bot.cli.indexes.git_sources import open_git
from bot.detect.repository import find_indexes
from bot.errors import InputError, LockbotError
from bot.git.command import Git, GitError
from bot.git.commit import BranchState, CommitPlan, commit_on_branch
from bot.git.scratch import sweep_folders, sweep_repositories
from bot.git.sources import SCRATCH
from bot.index.cache.trim import trim_cache
from bot.index.client import IndexClient
from bot.pipeline import Edges, run_repository
from bot.ports.run import BranchName, Problem, Proposal, RunReport, RunRequest, Sha
from bot.report.run_json import render_json
from bot.report.terminal import problem_line, render_report
from bot.resolver.lowering.indexes import login_of
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import Index, IndexPort
from bot.settings import read_settings
from bot.values import field, value
from bot.wall import KeepError, make_reference, to_problem

_WRITTEN = frozenset({BranchState.CREATED, BranchState.UPDATED, BranchState.UNCHANGED})


@value
class LocalRun:
    """One call of the command. ``scratch``: the place for passing folders."""

    path: Path
    environ: Mapping[str, str] = field(repr=False)
    now: datetime
    only: str | None = None
    dry_run: bool = False
    scratch: Path | None = None


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


@value
class KeptErrors:
    """Errors that nobody expected, by reference, as they are shown to whoever runs the command."""

    tracebacks: dict[str, str] = field(default_factory=dict)

    def __call__(self, error: Exception, place: str) -> str:
        reference = make_reference(error, place)
        self.tracebacks[reference] = "".join(traceback.format_exception(error))
        return reference

    def render(self) -> str:
        return "".join(f"\n{reference}:\n{text}" for reference, text in self.tracebacks.items())


def run_local(
    run: LocalRun,
    index: IndexPort,
    keep: KeepError,
    progress: Callable[[str, str], None] = lambda _stage, _what: None,
) -> LocalResult:
    """Plan the repository's HEAD and (unless dry) commit each proposal on its branch; raises ``LockbotError``."""
    git = Git(folder=run.path, environ=run.environ)
    request = _request(git, run)
    commits = partial(open_commit, environ=run.environ)
    edges = Edges(open_commit=commits, index=index, is_local=True, progress=progress, keep=keep)
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


def _request(git: Git, run: LocalRun) -> RunRequest:
    try:
        top = git.try_run("rev-parse", "--show-toplevel").stdout
        git.run("rev-parse", "--git-dir")
    except (GitError, OSError) as error:
        raise InputError(str(error), path=str(run.path), hint="name a folder inside a git repository") from None
    head = git.try_run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout.decode().strip()
    if not head:
        raise InputError("the repository has no commit yet", path=str(run.path), hint="commit something first")
    branch = (
        git.try_run("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode("utf-8", "backslashreplace").strip()
    )
    root = Path(os.fsdecode(top.removesuffix(b"\n"))) if top else run.path.resolve()
    return RunRequest(
        root=root,
        base=Sha(head),
        base_branch=BranchName(branch or "HEAD"),
        now=run.now,
        repository=root.name,
        only=run.only,
    )


def _commit(git: Git, base: Sha, proposal: Proposal, run: LocalRun) -> BranchState:
    plan = CommitPlan(branch=proposal.branch, base=base, message=proposal.commit_message, files=proposal.files)
    return commit_on_branch(git, plan, now=run.now, scratch=run.scratch).state


def _left(state: BranchState) -> str:
    return "is checked out" if state is BranchState.CHECKED_OUT else state.value


# --- the command ----------------------------------------------------------------------------------


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Plan and solve, but make no branch.")
@click.option("--only", metavar="NAME", help="Only this group, branch or package's major update.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(path: Path, dry_run: bool, only: str | None, as_json: bool) -> None:
    """Plan and solve every update of the git repository at PATH, and commit each proposal on its own branch.

    The checked-out branch, the index and the working tree stay as they are. Works on the committed HEAD.
    """
    errors = Console(stderr=True)
    kept = KeptErrors()
    try:
        call = LocalRun(
            path=path,
            environ=os.environ,
            now=datetime.now(UTC),
            only=only,
            dry_run=dry_run,
            scratch=read_settings().cache_dir / SCRATCH,
        )
        with _index(call) as index, _progress(errors) as progress:
            result = run_local(call, index, kept, progress)
    except LockbotError as error:
        errors.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(2 if isinstance(error, InputError) else 1) from None
    except Exception as error:  # noqa: BLE001 - the wall
        line = problem_line(to_problem(error, "", kept))
        errors.print(f"error: {line}", style="red", markup=False, highlight=False, soft_wrap=True)
        click.echo(kept.render(), err=True)
        raise SystemExit(1) from None
    _show(result, only, as_json=as_json, errors=errors)
    click.echo(kept.render(), err=True, nl=False)
    raise SystemExit(result.exit_code)


@contextmanager
def _index(run: LocalRun) -> Iterator[IndexClient]:
    settings = read_settings()
    choice = IndexChoice(
        cache_dir=settings.cache_dir,
        cache_size=settings.cache_bytes,
        offline=False,
        environment=run.environ,
        indexes=tuple(_named_indexes(run)),
        recorded=settings.recorded,
    )
    with make_client(choice, partial(open_git, choice)) as client:
        yield client
    sweep_folders(settings.cache_dir / SCRATCH)
    sweep_repositories(settings.cache_dir / "git")
    trim_cache(settings.cache_dir, settings.cache_bytes, run.now.timestamp())


def _named_indexes(run: LocalRun) -> Iterator[Index]:
    """The indexes that projects of the repository name: what is on their hosts may need their credentials too."""
    git = Git(folder=run.path, environ=run.environ)
    with open_commit(run.path, _request(git, run).base, environ=run.environ) as tree:
        tables = tuple(find_indexes(tree))
    return (Index(url=without_credentials(table.url), name=table.name, login=login_of(table.url)) for table in tables)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, str], None]]:
    if not console.is_terminal:
        yield lambda _stage, _what: None
        return
    with console.status("reading") as status:
        yield lambda stage, what: status.update(f"{stage} {what}".rstrip())


def _show(result: LocalResult, only: str | None, *, as_json: bool, errors: Console) -> None:
    if as_json:
        click.echo(render_json(result.report))
        for problem in result.report.problems:
            errors.print(problem_line(problem), markup=False, highlight=False, soft_wrap=True)
        return
    console = Console()
    for part in render_report(result.report, result.outcomes, only):
        console.print(part)
