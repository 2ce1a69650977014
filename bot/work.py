"""What a worker does with one job. Pure of queues: the step runner is given, and so is every edge.

A job's body re-reads the truth: it never trusts the order of jobs, nor what a webhook said. What a step gives is small
JSON; a step that was interrupted runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from pydantic import TypeAdapter

from bot import answers
from bot.errors import LockbotError
from bot.events import ClosedJob, CommandJob, CommandName, RunJob, Scope
from bot.ports.forge import (
    Cloner,
    Forge,
    ForgeApp,
    ForgeConflict,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    ForgeUnavailable,
    PullRequest,
    PullRequestState,
    Reaction,
    RepositoryRef,
)
from bot.ports.run import (
    BranchName,
    ConfigState,
    ConfigText,
    Problem,
    Proposal,
    RunReport,
    RunRepository,
    RunRequest,
    Sha,
)
from bot.ports.steps import Clock, StepRunner
from bot.publish import (
    Outcome,
    Published,
    Target,
    comment_once,
    delete_head,
    is_own,
    list_own,
    publish_proposal,
    rebuild_proposal,
    report_config,
    report_failure,
    report_problems,
    retire,
    retire_others,
)

T = TypeVar("T")

#: How far back to look for the last configuration that was valid.
_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What the work needs of the world."""

    app: ForgeApp
    cloner: Cloner
    run_repository: RunRepository
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """``config`` None: the repository was not read. ``note`` is one line for the log. ``gone``: forget about it."""

    note: str
    gone: bool = False
    config: ConfigState | None = None
    published: tuple[Published, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to work on; ``base`` None: nothing (archived, disabled, empty, gone)."""

    base: Sha | None
    base_branch: BranchName
    open: int
    why: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """``broken`` are the problems of the present configuration, when ``fallback``'s was used or nothing was done."""

    report: RunReport
    broken: tuple[Problem, ...] = ()
    fallback: Sha | None = None


_LOOK: TypeAdapter[Look] = TypeAdapter(Look)
_SOLVED: TypeAdapter[Solved] = TypeAdapter(Solved)
_PUBLISHED: TypeAdapter[Published] = TypeAdapter(Published)
_REBUILT: TypeAdapter[Published | None] = TypeAdapter(Published | None)
_RETIRED: TypeAdapter[tuple[Published, ...]] = TypeAdapter(tuple[Published, ...])


def run_step(steps: StepRunner, name: str, adapter: TypeAdapter[T], action: Callable[[], T]) -> T:
    """A step whose outcome is a value of ours: recorded as JSON, read back from it."""
    return adapter.validate_json(steps.run(name, lambda: adapter.dump_json(action()).decode()))


def run_job(edges: Edges, job: RunJob, steps: StepRunner, reference: str) -> Done:
    """Solve a repository and bring its pull requests to what the solution says.

    An error that nobody expected is told on the base commit with ``reference``, and passes through.
    """
    forge = edges.app.open_repository(job.repository)
    look = run_step(steps, "look", _LOOK, lambda: _look(edges, forge))
    if look.base is None:
        return Done(note=look.why, gone=look.gone)
    if job.scope is Scope.OPEN and not look.open:
        return Done(note="no pull request is open")
    target = Target(forge=forge, identity=edges.app.get_identity(), base=look.base, base_branch=look.base_branch)
    with _telling(target, reference):
        solved = run_step(steps, "solve", _SOLVED, lambda: _solve(edges, target))
        published = _publish(target, solved, job.scope, steps)
    return Done(
        note=_describe(published),
        config=solved.report.config,
        published=published,
        timings=solved.report.timings,
    )


@contextmanager
def _telling(target: Target, reference: str) -> Iterator[None]:
    try:
        yield
    except LockbotError:
        raise
    except Exception as error:
        _attempt_to_tell(error, lambda: report_failure(target.forge, target.base, reference))
        raise


def _attempt_to_tell(error: Exception, tell: Callable[[], object]) -> None:
    """What keeps lockbot from telling must not hide what there was to tell."""
    try:
        tell()
    except LockbotError as second:
        error.add_note(f"nobody could be told: {second}")


def _look(edges: Edges, forge: Forge) -> Look:
    try:
        repository = forge.get_repository()
    except ForgeNotFound:
        return Look(base=None, base_branch=BranchName(""), open=0, why="the repository is gone", gone=True)
    branch = repository.default_branch
    if repository.archived or repository.disabled:
        return Look(base=None, base_branch=branch, open=0, why="the repository is archived or disabled")
    base = forge.find_branch(branch)
    if base is None:
        return Look(base=None, base_branch=branch, open=0, why="the repository is empty")
    target = Target(forge=forge, identity=edges.app.get_identity(), base=base, base_branch=branch)
    return Look(base=base, base_branch=branch, open=len(list_own(target)))


def _solve(edges: Edges, target: Target) -> Solved:
    with edges.cloner.clone(target.forge.get_clone_source(), target.base) as root:
        request = RunRequest(
            root=root,
            base=target.base,
            base_branch=target.base_branch,
            now=edges.clock.now(),
            repository=target.forge.ref.full_name,
        )
        report = edges.run_repository(request)
        if not report.config.problems:
            return Solved(report=report)
        return _solve_with_earlier(edges, target.forge, request, report)


def _solve_with_earlier(edges: Edges, forge: Forge, request: RunRequest, report: RunReport) -> Solved:
    """The last valid configuration stays in force; where there never was one, nothing is proposed."""
    broken, path = report.config.problems, report.config.path or ".lockbot.json"
    for commit in forge.list_file_history(path, request.base, limit=_HISTORY):
        text = forge.find_file(path, commit)
        if text is None:
            continue
        again = edges.run_repository(replace(request, config=ConfigText(path=path, text=text)))
        if not again.config.problems:
            return Solved(report=again, broken=broken, fallback=commit)
    return Solved(report=report, broken=broken)


def _publish(target: Target, solved: Solved, scope: Scope, steps: StepRunner) -> tuple[Published, ...]:
    report = solved.report
    if solved.broken:
        steps.run("report configuration", lambda: _report_config(target, solved))
    published = [
        run_step(steps, f"publish {one.branch}", _PUBLISHED, partial(_try_to_publish, target, one, scope))
        for one in report.proposals
    ]
    problems = (*report.problems, *map(_refusal, filter(_is_refused, published)))
    if problems and not report.config.problems:
        steps.run("report problems", lambda: _report_problems(target, problems))
    if can_retire(report):
        wanted = frozenset(one.branch for one in report.proposals)
        reason = answers.retired(target.base_branch) if report.config.enabled else answers.disabled()
        retired: tuple[Published, ...] = run_step(
            steps, "retire", _RETIRED, lambda: retire_others(target, wanted, reason)
        )
        published += retired
    return tuple(published)


def _try_to_publish(target: Target, proposal: Proposal, scope: Scope) -> Published:
    """A branch or pull request that the repository's rules forbid does not hold up the others."""
    try:
        return publish_proposal(target, proposal, scope)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))


def _is_refused(published: Published) -> bool:
    return published.outcome is Outcome.REFUSED


def _refusal(published: Published) -> Problem:
    return Problem(
        message=f"branch {published.branch} could not be published: {published.reason}",
        hint="let the App make this branch and its pull request, or name the packages in ignoreDeps",
    )


def can_retire(report: RunReport) -> bool:
    """With problems, a proposal that is not there proves nothing: perhaps an index was down."""
    return not report.problems and not report.config.problems


def _report_config(target: Target, solved: Solved) -> str:
    report_config(target.forge, target.base, solved.broken, fallback=solved.fallback)
    return ""


def _report_problems(target: Target, problems: tuple[Problem, ...]) -> str:
    report_problems(target.forge, target.base, problems)
    return ""


def _describe(published: tuple[Published, ...]) -> str:
    return ", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to propose"


# --- commands -------------------------------------------------------------------------------------


def command_job(edges: Edges, job: CommandJob, steps: StepRunner, reference: str) -> Done:
    """Obey a command in a comment, if its author may write; answer with a reaction, or a sentence when needed.

    Once it was acknowledged, an error that trying again would not mend is answered, and passes through.
    """
    forge = edges.app.open_repository(job.repository)
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is not PullRequestState.OPEN or not is_own(edges.app.get_identity(), pull_request):
        return Done(note="not an open pull request of this App")
    target = Target(forge=forge, identity=edges.app.get_identity(), base=Sha(""), base_branch=pull_request.base_branch)
    if not forge.get_permission(job.author).can_write:
        comment_once(target, job.number, answers.no_permission(), answers.NO_PERMISSION_MARK)
        return Done(note=f"{job.author} may not give commands")
    if job.command is CommandName.UNKNOWN:
        forge.react(job.comment, Reaction.CONFUSED)
        return Done(note="unknown command")
    steps.run("acknowledge", lambda: _react(target.forge, job.comment, Reaction.EYES))
    with _answering(target, job, reference):
        return _rebase(edges, job, target, steps)


@contextmanager
def _answering(target: Target, job: CommandJob, reference: str) -> Iterator[None]:
    try:
        yield
    except (ForgeUnavailable, ForgeConflict):
        # May pass: the queue tries again, or gives up.
        raise
    except ForgeError as error:
        _attempt_to_tell(error, partial(_decline, target, job, answers.command_refused(str(error))))
        raise
    except Exception as error:
        # The sentences of other errors may be about the operator's machines.
        _attempt_to_tell(error, partial(_decline, target, job, answers.command_failed(reference)))
        raise


def give_up_command(edges: Edges, job: CommandJob, reason: str) -> None:
    """Answer a command that was tried for the last time, wherever it may have failed."""
    forge = edges.app.open_repository(job.repository)
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is not PullRequestState.OPEN or not is_own(edges.app.get_identity(), pull_request):
        return
    target = Target(forge=forge, identity=edges.app.get_identity(), base=Sha(""), base_branch=pull_request.base_branch)
    if forge.get_permission(job.author).can_write:
        _decline(target, job, answers.command_given_up(reason))


def _decline(target: Target, job: CommandJob, text: str) -> str:
    mark = _answer_mark(job)
    comment_once(target, job.number, f"{text}\n{mark}", mark)
    return _react(target.forge, job.comment, Reaction.CONFUSED)


def _answer_mark(job: CommandJob) -> str:
    return f"<!-- lockbot: answer to {job.comment} -->"


def _rebase(edges: Edges, job: CommandJob, target: Target, steps: StepRunner) -> Done:
    look = run_step(steps, "look", _LOOK, lambda: _look(edges, target.forge))
    if look.base is None:
        steps.run("answer", lambda: _decline(target, job, answers.command_refused(look.why)))
        return Done(note=look.why)
    target = replace(target, base=look.base, base_branch=look.base_branch)
    solved = run_step(steps, "solve", _SOLVED, lambda: _solve(edges, target))
    published = run_step(steps, "rebase", _REBUILT, lambda: _rebuild(target, job.number, solved))
    steps.run("answer", lambda: _answer(target, job, published, solved))
    note = "could not be solved" if published is None else f"{published.branch} {published.outcome}"
    return Done(note=note, config=solved.report.config, published=(published,) if published else ())


def _rebuild(target: Target, number: int, solved: Solved) -> Published | None:
    """None: it could not be solved again, so that the branch stays as it is."""
    pull_request = target.forge.get_pull_request(number)
    proposal = _find_proposal(solved.report, pull_request)
    if proposal is not None:
        return rebuild_proposal(target, proposal, pull_request)
    if not can_retire(solved.report):
        return None
    return retire(target, pull_request, answers.retired(target.base_branch))


def _find_proposal(report: RunReport, pull_request: PullRequest) -> Proposal | None:
    return next((one for one in report.proposals if one.branch == pull_request.head_branch), None)


def _react(forge: Forge, comment: int, reaction: Reaction) -> str:
    forge.react(comment, reaction)
    return ""


def _answer(target: Target, job: CommandJob, published: Published | None, solved: Solved) -> str:
    if published is None:
        return _decline(target, job, answers.can_not(solved.broken or solved.report.problems))
    mark = _answer_mark(job)
    if published.outcome is Outcome.UNCHANGED:
        comment_once(target, job.number, f"{answers.up_to_date(target.base_branch)}\n{mark}", mark)
    return _react(target.forge, job.comment, Reaction.THUMBS_UP)


# --- closed pull requests, lists ------------------------------------------------------------------


def closed_job(edges: Edges, job: ClosedJob) -> Done:
    """Tidy up: a closed or merged pull request needs no branch. That it was closed is remembered by its body."""
    forge = edges.app.open_repository(job.repository)
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is PullRequestState.OPEN or not is_own(edges.app.get_identity(), pull_request):
        return Done(note="nothing to tidy up")
    if forge.list_pull_requests(PullRequestState.OPEN, head=pull_request.head_branch):
        return Done(note="the branch is in use again")
    delete_head(forge, pull_request)
    return Done(note=f"{pull_request.head_branch} tidied up")


def list_repositories(app: ForgeApp, installation: int | None) -> tuple[RepositoryRef, ...]:
    """What the App is installed on and can work on."""
    installations = app.list_installations() if installation is None else (installation,)
    return tuple(
        one.ref
        for number in installations
        for one in app.list_repositories(number)
        if not one.archived and not one.disabled
    )
