"""``/lockbot merge``: at once where the forge would let anybody, else by its auto-merge; never past a protection."""

from __future__ import annotations

from bot.ports.handling import Obstacle
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Reply
from bot.work.commands.ground import find_meant
from bot.work.looking import Look, look
from bot.work.publishing.merging import MergeResult, MergeWays, merge_on_request
from bot.work.publishing.target import Target


def merge(invocation: Invocation, steps: StepRunner) -> Reply:
    number = find_meant(invocation, steps)
    if number is None:
        return Reply(note="no such branch", text=words.no_pull_request(invocation.argument), is_done=False)
    found = steps.run("look", Look, lambda: look(invocation.ports, invocation.forge))
    if found.base is None:
        return Reply(note=found.why, text=answers.command_refused(found.why), is_done=False)
    target = Target(
        forge=invocation.forge, identity=invocation.identity, base=found.base, base_branch=found.base_branch
    )
    ways = MergeWays(auto_merge=found.auto_merge, methods=found.merge_methods)
    result = steps.run("merge", MergeResult, lambda: merge_on_request(target, number, ways))
    return _tell(result)


def _tell(result: MergeResult) -> Reply:
    if result.merged is not None:
        return Reply(note="merged")
    if result.on_platform:
        return Reply(note="auto-merge is on", text=words.WILL_BE_MERGED)
    obstacle = result.obstacle or Obstacle.UNKNOWN
    return Reply(note=f"not merged: {obstacle}", text=words.not_merged(obstacle, result.reason), is_done=False)
