"""Merging what lockbot proposed, by the forge's own auto-merge or by lockbot.

Never past a protection, and nothing that others moved.

What is to be merged is known from a run, and kept by the jobs; the body of a pull request, which people can edit, only tells
what was done already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.ports.forge import (
    AppIdentity,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    HeadCheck,
    HeadCheckState,
    MergeMethod,
    MergeState,
    PullRequest,
    PullRequestState,
    ReviewDecision,
)
from bot.ports.handling import MergeStrategy, Merging, Obstacle, People
from bot.ports.run import BranchName, Sha
from bot.report.checks import is_own_check
from bot.work.publishing.body_block import AutoMerge, Block, find_block, replace_block
from bot.work.publishing.people import ask_people
from bot.work.publishing.target import Target, is_own, is_vouched

#: A commit squashed or merged by the forge is signed by it, a rebased one is not.
_AUTO = (MergeMethod.SQUASH, MergeMethod.MERGE, MergeMethod.REBASE)
_METHODS = {
    MergeStrategy.SQUASH: MergeMethod.SQUASH,
    MergeStrategy.MERGE: MergeMethod.MERGE,
    MergeStrategy.REBASE: MergeMethod.REBASE,
    MergeStrategy.REBASE_MERGE: MergeMethod.REBASE,
    MergeStrategy.FAST_FORWARD: MergeMethod.REBASE,
}

#: What lockbot turned on by itself.
_OURS = (AutoMerge.ASKED, AutoMerge.ON)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeWish:
    """A pull request that is to be merged by itself. ``head`` is where it was last, ``is_sure``: lockbot itself put it there
    just then. ``people`` are asked when a check fails. ``timezone`` is that of ``merging.schedule``."""

    branch: BranchName
    base: BranchName
    number: int
    head: Sha
    is_sure: bool = False
    merging: Merging
    people: People = field(default_factory=People)
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """``merged``: it is. ``on_platform``: the forge will. Else ``obstacle`` is why not yet, ``reason`` the forge's word.

    ``refused``: people whom the forge does not let ask.
    """

    merged: Sha | None = None
    on_platform: bool = False
    obstacle: Obstacle | None = None
    reason: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeWays:
    """What a repository lets: the forge's own merging, and the methods."""

    auto_merge: bool
    methods: tuple[MergeMethod, ...]


class IsOpen(Protocol):
    """Whether a schedule of that time zone is open now."""

    def __call__(self, entries: tuple[str, ...], timezone: str) -> bool: ...


# --- decisions ------------------------------------------------------------------------------------


def find_obstacle(state: MergeState, identity: AppIdentity, *, ignores_tests: bool) -> Obstacle | None:
    """Why a pull request is not to be merged as it is now; None: it may be. Pure.

    Beside what the forge demands no check may have failed or be running, and one of somebody else has to have passed,
    unless ``ignores_tests``.
    """
    if not state.is_known:
        return Obstacle.UNKNOWN
    if state.has_conflicts:
        return Obstacle.CONFLICTS
    counted = [one for one in state.checks if one.required or not ignores_tests]
    if any(one.state is HeadCheckState.FAILED for one in counted):
        return Obstacle.CHECK_FAILED
    if any(one.state is HeadCheckState.PENDING for one in counted):
        return Obstacle.CHECK_RUNNING
    if not ignores_tests and not _is_vouched(state, identity):
        return Obstacle.NO_CHECK
    match state.review_decision:
        case ReviewDecision.CHANGES_REQUESTED:
            return Obstacle.CHANGES_REQUESTED
        case ReviewDecision.REVIEW_REQUIRED:
            return Obstacle.REVIEW
        case _:
            pass
    if state.is_behind:
        return Obstacle.BEHIND
    return None if state.can_merge else Obstacle.REFUSED


def _is_vouched(state: MergeState, identity: AppIdentity) -> bool:
    """Whether a check of somebody else has passed."""
    return any(one.state is HeadCheckState.PASSED and _is_others(one, identity) for one in state.checks)


def _is_guarded(state: MergeState, identity: AppIdentity) -> bool:
    """Whether the forge's own merging would wait for a check of somebody else."""
    return any(one.required and _is_others(one, identity) for one in state.checks)


def _is_others(check: HeadCheck, identity: AppIdentity) -> bool:
    """Checks of other workflows bear the same name of an App as lockbot's own do there."""
    if identity.is_shared:
        return check.creator != "" and not is_own_check(check.name)
    return check.creator not in (identity.slug, identity.login, "")


def choose_method(strategy: MergeStrategy, ways: MergeWays) -> MergeMethod | None:
    """None: the repository does not let it be merged so."""
    wanted = _AUTO if strategy is MergeStrategy.AUTO else (_METHODS[strategy],)
    return next((one for one in wanted if one in ways.methods), None)


# --- what is done ---------------------------------------------------------------------------------


def tend_merging(target: Target, wish: MergeWish, ways: MergeWays, is_open: IsOpen) -> MergeResult:
    """Merge it, turn the forge's auto-merge on, or say what it waits for; whatever happens may happen again."""
    try:
        return _tend(target, wish, ways, is_open)
    except ForgeNotFound:
        return MergeResult(obstacle=Obstacle.NOT_OPEN)
    except (ForgeForbidden, ForgeRejected) as error:
        # It may not read checks, say: nobody merges what can't be judged.
        return MergeResult(obstacle=Obstacle.REFUSED, reason=str(error))


def _tend(target: Target, wish: MergeWish, ways: MergeWays, is_open: IsOpen) -> MergeResult:
    pull_request = target.forge.get_pull_request(wish.number)
    block = find_block(pull_request.body)
    obstacle = _find_fault(target, pull_request, block, wish)
    if block is None or obstacle is not None:
        return MergeResult(obstacle=obstacle)
    if pull_request.auto_merge:
        if block.merging is AutoMerge.ASKED:
            _record(target, pull_request, block, AutoMerge.ON)
        return _tend_people(target, pull_request, block, wish, MergeResult(on_platform=True))
    if block.merging in (AutoMerge.ON, AutoMerge.REQUESTED):
        return MergeResult(obstacle=Obstacle.TURNED_OFF)
    result = _merge(target, pull_request, block, wish, ways, is_open)
    return _tend_people(target, pull_request, block, wish, result)


def _find_fault(target: Target, pull_request: PullRequest, block: Block | None, wish: MergeWish) -> Obstacle | None:
    if pull_request.state is not PullRequestState.OPEN or not is_own(target.identity, pull_request):
        return Obstacle.NOT_OPEN
    if pull_request.base_branch != wish.base:
        return Obstacle.NOT_OPEN
    if block is None or block.heads[-1:] != (pull_request.head,) or not _is_ours(target, pull_request.head, wish):
        if block is not None and block.merging in _OURS and pull_request.auto_merge:
            target.forge.disable_auto_merge(pull_request.number)
        return Obstacle.MOVED
    if block.paused is not None:
        return Obstacle.TURNED_OFF
    return Obstacle.DRAFT if pull_request.draft else None


def _is_ours(target: Target, head: Sha, wish: MergeWish) -> bool:
    """Known from the run that put it there; else the forge has to vouch for it."""
    return (wish.is_sure and head == wish.head) or is_vouched(target.identity, target.forge.get_commit(head))


def _merge(
    target: Target, pull_request: PullRequest, block: Block, wish: MergeWish, ways: MergeWays, is_open: IsOpen
) -> MergeResult:
    method = choose_method(wish.merging.strategy, ways)
    if method is None:
        return MergeResult(obstacle=Obstacle.METHOD, reason=str(wish.merging.strategy))
    state = target.forge.get_merge_state(pull_request.number)
    if state.head != pull_request.head:
        return MergeResult(obstacle=Obstacle.MOVED)
    obstacle = find_obstacle(state, target.identity, ignores_tests=wish.merging.ignores_tests)
    if obstacle is None and wish.merging.schedule and not is_open(wish.merging.schedule, wish.timezone):
        obstacle = Obstacle.SCHEDULE
    if obstacle is None:
        done = _merge_now(target, pull_request, method)
        if done.obstacle is None:
            return done
        obstacle = done.obstacle
    is_safe = wish.merging.ignores_tests or _is_guarded(state, target.identity)
    if is_safe and wish.merging.on_platform and not wish.merging.schedule and ways.auto_merge:
        return _turn_on(target, pull_request, block, method, obstacle)
    return MergeResult(obstacle=obstacle)


def _merge_now(target: Target, pull_request: PullRequest, method: MergeMethod) -> MergeResult:
    try:
        return MergeResult(merged=target.forge.merge_pull_request(pull_request.number, pull_request.head, method))
    except (ForgeRejected, ForgeConflict, ForgeForbidden) as error:
        return MergeResult(obstacle=Obstacle.REFUSED, reason=str(error))


def _turn_on(
    target: Target,
    pull_request: PullRequest,
    block: Block,
    method: MergeMethod,
    obstacle: Obstacle,
    noted: AutoMerge = AutoMerge.ON,
) -> MergeResult:
    """Noted before: what is off afterwards was turned off by a person."""
    asked = _record(target, pull_request, block, AutoMerge.ASKED)
    try:
        target.forge.enable_auto_merge(pull_request.number, pull_request.head, method)
    except (ForgeRejected, ForgeConflict, ForgeForbidden) as error:
        return MergeResult(obstacle=obstacle, reason=str(error))
    _record(target, pull_request, asked, noted)
    return MergeResult(on_platform=True)


def stop_merging(target: Target, pull_request: PullRequest) -> None:
    """Turn the forge's auto-merge off where lockbot turned it on; what people turned on stays."""
    block = find_block(pull_request.body)
    if pull_request.auto_merge and block is not None and block.merging in _OURS:
        target.forge.disable_auto_merge(pull_request.number)
        _record(target, pull_request, block, AutoMerge.NONE)


def _record(target: Target, pull_request: PullRequest, block: Block, merging: AutoMerge) -> Block:
    return _change(target, pull_request.number, block, {"merging": merging})


def _change(target: Target, number: int, block: Block, values: dict[str, object]) -> Block:
    """Read again: somebody may have written into the body meanwhile."""
    now = target.forge.get_pull_request(number)
    changed = (find_block(now.body) or block).model_copy(update=values)
    target.forge.edit_pull_request(number, body=replace_block(now.body, changed, target.forge.limits.body))
    return changed


def _tend_people(
    target: Target, pull_request: PullRequest, block: Block, wish: MergeWish, result: MergeResult
) -> MergeResult:
    """Nobody is asked about what merges by itself, until a check fails."""
    if block.asked or not wish.people.are_any:
        return result
    has_failed = result.obstacle is Obstacle.CHECK_FAILED
    if result.on_platform:
        state = target.forge.get_merge_state(pull_request.number)
        has_failed = any(one.state is HeadCheckState.FAILED for one in state.checks)
    if not has_failed:
        return result
    paths = target.forge.list_pull_request_files(pull_request.number) or ()
    refused = ask_people(target, pull_request.number, wish.people, paths)
    _change(target, pull_request.number, block, {"asked": True})
    return MergeResult(merged=result.merged, on_platform=result.on_platform, obstacle=result.obstacle, refused=refused)


def merge_on_request(target: Target, number: int, ways: MergeWays) -> MergeResult:
    """Somebody who may write wants it merged: at once where the forge would let anybody, else by its auto-merge, else not
    yet. Never by a privilege of the App's."""
    pull_request = target.forge.get_pull_request(number)
    block = find_block(pull_request.body) or Block(key="")
    if pull_request.state is PullRequestState.MERGED:
        return MergeResult(merged=pull_request.merge_commit or pull_request.head)
    if pull_request.state is not PullRequestState.OPEN:
        return MergeResult(obstacle=Obstacle.NOT_OPEN)
    if pull_request.draft:
        return MergeResult(obstacle=Obstacle.DRAFT)
    method = choose_method(MergeStrategy.AUTO, ways)
    if method is None:
        return MergeResult(obstacle=Obstacle.METHOD, reason=str(MergeStrategy.AUTO))
    state = target.forge.get_merge_state(number)
    if state.head != pull_request.head:
        return MergeResult(obstacle=Obstacle.MOVED)
    obstacle = find_obstacle(state, target.identity, ignores_tests=True)
    done = _merge_now(target, pull_request, method) if obstacle is None else MergeResult(obstacle=obstacle)
    if done.obstacle is None or not ways.auto_merge:
        return done
    return _turn_on(target, pull_request, block, method, done.obstacle, AutoMerge.REQUESTED)
