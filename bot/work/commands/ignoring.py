"""``/lockbot ignore`` and ``unignore``: what people do not want to see, in whatever proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from bot.events.jobs import RunJob, Scope
from bot.plan.declined import highest
from bot.plan.worlds.holdings import normal_name
from bot.ports.forge import PullRequestState
from bot.ports.run import BranchName, Width
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.commands.ground import Ground, survey
from bot.work.commands.remembering import remember
from bot.work.dashboard import state
from bot.work.publishing.body_block import Block, find_block
from bot.work.publishing.occasion import find_occasion
from bot.work.publishing.outcome import Published
from bot.work.publishing.publish import publish_proposal
from bot.work.publishing.retire import is_done, retire
from bot.work.publishing.target import is_own

_WIDTHS: Mapping[str, Width] = {
    "this version": Width.VERSION,
    "this major version": Width.MAJOR,
    "this major": Width.MAJOR,
    "this dependency": Width.ALL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """``package`` None: that of the pull request."""

    width: Width
    package: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be ignored, or why nothing is."""

    row: state.Ignored | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of the pull request; ``published`` None: it could not be solved again."""

    published: Published | None


def ignore(invocation: Invocation, steps: StepRunner) -> Reply:
    asked = _parse(invocation.argument)
    chosen = steps.run("choose", Chosen, lambda: _choose(invocation, asked))
    row = chosen.row
    if row is None:
        return Reply(note="nothing to ignore", text=chosen.refusal, is_done=False)
    kept = remember(invocation, steps, "ignore", partial(state.ignore, row=row))
    if not kept.is_kept:
        text = words.ignored_by_configuration(row.package, row.width, row.version)
        return Reply(note="no dashboard", text=text, is_done=False)
    said = Reply(
        note=f"{row.package} ignored",
        text=words.ignoring(row.package, row.width, row.version),
        follow=(RunJob(repository=invocation.forge.ref, scope=Scope.OPEN),),
    )
    return said if invocation.place is not Place.OPEN else _bring(invocation, steps, row.package, said)


def unignore(invocation: Invocation, steps: StepRunner) -> Reply:
    name = normal_name(invocation.argument)
    kept = remember(invocation, steps, "unignore", partial(state.unignore, package=name))
    if not kept.is_new:
        return Reply(note="not ignored", text=words.not_ignored(name, is_kept=kept.is_kept), is_done=False)
    follow = (RunJob(repository=invocation.forge.ref, scope=Scope.ALL),)
    return Reply(note=f"{name} no longer ignored", text=words.unignored(name), follow=follow)


def _parse(argument: str) -> _Asked:
    lowered = argument.lower()
    said = next((one for one in _WIDTHS if lowered == one or lowered.startswith(f"{one} ")), "")
    package = argument[len(said) :].strip()
    return _Asked(width=_WIDTHS.get(said, Width.ALL), package=normal_name(package) if package else None)


# --- what is meant --------------------------------------------------------------------------------


def _choose(invocation: Invocation, asked: _Asked) -> Chosen:
    proposed = _list_proposed(invocation)
    package = asked.package or (next(iter(proposed)) if len(proposed) == 1 else None)
    if package is None:
        return Chosen(refusal=words.which_package([*proposed]))
    version, is_major = proposed.get(package, ("", False))
    if asked.width is not Width.ALL and not version:
        return Chosen(refusal=words.no_version(package))
    if asked.width is Width.MAJOR and not is_major:
        return Chosen(refusal=words.no_major(package, version))
    number = None if invocation.place is Place.DASHBOARD else invocation.number
    row = state.Ignored(
        package=package,
        width=asked.width,
        version="" if asked.width is Width.ALL else version,
        by=invocation.by,
        pull_request=number,
    )
    return Chosen(row=row)


def _list_proposed(invocation: Invocation) -> Mapping[str, tuple[str, bool]]:
    """The version of each package that is proposed for its own sake, and whether that is a major: here, or on the
    dashboard in any open pull request."""
    forge = invocation.forge
    if invocation.place is Place.DASHBOARD:
        pulls = forge.list_pull_requests(PullRequestState.OPEN)
    else:
        pulls = (forge.get_pull_request(invocation.number),)
    blocks = (find_block(one.body) for one in pulls if is_own(invocation.identity, one))
    return {name: row for block in blocks if block is not None for name, row in _rows(block)}


def _rows(block: Block) -> list[tuple[str, tuple[str, bool]]]:
    inside = [(name, (highest(version), False)) for name, version in block.updates.items()]
    return [*inside, *((name, (highest(version), True)) for name, version in block.majors.items())]


# --- the pull request -----------------------------------------------------------------------------


def _bring(invocation: Invocation, steps: StepRunner, package: str, said: Reply) -> Reply:
    """Bring the pull request to what is left of it; the others follow in a run."""
    ground = survey(invocation, steps, number=invocation.number)
    if isinstance(ground, Reply):
        return ground
    brought = steps.run("bring", Brought, lambda: _bring_one(ground, invocation.number, package))
    report = ground.solved.report
    if brought.published is None:
        problems = ground.solved.broken or report.problems
        text = f"{said.text}\n\n{answers.can_not(problems)}"
        return Reply(note=said.note, text=text, config=report.config, follow=said.follow)
    note, published = f"{said.note}: {brought.published.outcome}", (brought.published,)
    return Reply(note=note, text=said.text, config=report.config, published=published, follow=said.follow)


def _bring_one(ground: Ground, number: int, package: str) -> Brought:
    target, report = ground.target, ground.solved.report
    pull_request = target.forge.get_pull_request(number)
    if pull_request.state is not PullRequestState.OPEN or not target.owns(pull_request):
        return Brought(published=None)
    proposal = ground.find_proposal(BranchName(pull_request.head_branch))
    if proposal is not None:
        pulls = target.forge.list_pull_requests(PullRequestState.OPEN)
        occasion = find_occasion(target, Scope.OPEN, report, ground.solved.closed, pulls)
        return Brought(published=publish_proposal(target, proposal, occasion))
    if not is_done(target, report, pull_request):
        return Brought(published=None)
    return Brought(published=retire(target, pull_request, report, answers.retired_as_ignored(package)))
