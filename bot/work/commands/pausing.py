"""``/lockbot pause`` and ``resume``: a pull request, or on the dashboard the whole repository, is left as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.events.jobs import RunJob, Scope
from bot.ports.steps import StepRunner
from bot.report import commands as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.commands.ground import find_meant
from bot.work.commands.remembering import remember
from bot.work.dashboard import state
from bot.work.publishing.body_block import find_block, replace_block


def pause(invocation: Invocation, steps: StepRunner) -> Reply:
    if _is_for_all(invocation):
        remember(invocation, steps, "pause", partial(state.pause, by=invocation.by))
        return Reply(note="paused", text=words.PAUSED, follow=_run(invocation, Scope.OPEN))
    return _mark(invocation, steps, lambda paused: paused or invocation.by, words.PAUSED_HERE)


def resume(invocation: Invocation, steps: StepRunner) -> Reply:
    if not _is_for_all(invocation):
        return _mark(invocation, steps, lambda _: None, words.RESUMED_HERE)
    kept = remember(invocation, steps, "resume", state.resume)
    text = words.RESUMED if kept.is_new else words.NOT_PAUSED
    return Reply(note="resumed", text=text, is_done=kept.is_new, follow=_run(invocation, Scope.ALL))


def _is_for_all(invocation: Invocation) -> bool:
    return invocation.place is Place.DASHBOARD and not invocation.argument


def _run(invocation: Invocation, scope: Scope) -> tuple[RunJob, ...]:
    return (RunJob(repository=invocation.forge.ref, scope=scope),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    is_known: bool


def _mark(invocation: Invocation, steps: StepRunner, change: Callable[[str | None], str | None], text: str) -> Reply:
    """In the pull request's own memory. What it says is done at the next run."""
    number = find_meant(invocation, steps)
    if number is None:
        return Reply(note="no such branch", text=words.no_pull_request(invocation.argument), is_done=False)
    marked = steps.run("mark", Marked, lambda: _mark_one(invocation, number, change))
    if not marked.is_known:
        return Reply(note="no block", text=words.NOT_MINE, is_done=False)
    return Reply(note="marked", text=text, follow=_run(invocation, Scope.OPEN))


def _mark_one(invocation: Invocation, number: int, change: Callable[[str | None], str | None]) -> Marked:
    forge = invocation.forge
    now = forge.get_pull_request(number)
    block = find_block(now.body)
    if block is None:
        return Marked(is_known=False)
    changed = block.model_copy(update={"paused": change(block.paused)})
    body = replace_block(now.body, changed, forge.limits.body)
    if body != now.body:
        forge.edit_pull_request(number, body=body)
    return Marked(is_known=True)
