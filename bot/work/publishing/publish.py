"""From a proposal to a branch and its pull request: opened, refreshed, or left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.events import Scope
from bot.plan.declined import comes_again
from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.forge import (
    BranchUpdate,
    ForgeConflict,
    ForgeNotFound,
    ForgeRejected,
    NewPullRequest,
    PullRequest,
    PullRequestState,
    PushOutcome,
)
from bot.ports.handling import Handling, Labels, RebaseWhen
from bot.ports.run import BranchName, Declined, Proposal, RunReport, Sha
from bot.report import answers
from bot.report.pulls.foot import with_dashboard
from bot.work.publishing.body_block import AutoMerge, Block, describe, find_block, make_key, render_body, replace_block
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.ownership import judge_branch
from bot.work.publishing.people import ask_people
from bot.work.publishing.rebuilding import find_mode, is_stopped
from bot.work.publishing.target import Target, find_own, say_in_place


class Outcome(StrEnum):
    OPENED = "opened"
    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    NOT_OPEN = "not open"
    SNOOZED = "snoozed"
    EDITED = "edited by others"
    FOREIGN = "somebody else's branch"
    SHARED = "used for another base"
    RETIRED = "retired"
    REFUSED = "refused"
    LIMITED = "waits for others"
    UNAPPROVED = "waits for approval"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``reason``: what the forge says of a proposal that it refused, or whose the branch is, or for which base.

    ``head``: the commit that the branch was brought to; ``refused``: people whom the forge does not let ask.
    """

    branch: BranchName
    outcome: Outcome
    number: int | None = None
    reason: str = ""
    head: Sha | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What people asked for. ``opened``: branches that are to be opened whatever limits and approval say; ``paused``: nothing
    is to be done for the whole repository."""

    opened: frozenset[BranchName] = frozenset()
    paused: bool = False


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a run may do, and what there was when it began to publish.

    ``open`` are all open pull requests; ``closed`` says of each proposal that may be opened what was closed before.
    ``moved``: what the base changed since the commits that branches were built on; None where nobody can tell.
    """

    scope: Scope
    open: tuple[PullRequest, ...]
    closed: Mapping[BranchName, ClosedBefore]
    moved: Mapping[str, frozenset[str] | None]
    labels: Labels
    wishes: Wishes = NO_WISHES

    def has_moved(self, since: str, proposal: Proposal) -> bool:
        """Whether the base changed a file of the proposal's since that commit; where nobody can tell, it has."""
        moved = self.moved.get(since)
        return moved is None or not moved.isdisjoint(one.path for one in proposal.files)


def find_occasion(
    target: Target,
    scope: Scope,
    report: RunReport,
    closed: Mapping[BranchName, ClosedBefore],
    pulls: tuple[PullRequest, ...],
    wishes: Wishes = NO_WISHES,
) -> Occasion:
    """``pulls``: all open pull requests."""
    keys = {make_key(one) for one in report.proposals}
    blocks = [find_block(one.body) for one in pulls if target.owns(one)]
    bases = dict.fromkeys(one.built_on for one in blocks if one is not None and one.key in keys and one.built_on)
    return Occasion(
        scope=scope,
        open=pulls,
        closed=closed,
        moved={one: _find_moved(target, one) for one in bases},
        labels=report.config.labels,
        wishes=wishes,
    )


def _find_moved(target: Target, since: str) -> frozenset[str] | None:
    if since == target.base:
        return frozenset()
    try:
        found = target.forge.compare(Sha(since), target.base)
    except (ForgeNotFound, ForgeRejected):
        return None
    if not found.first_in_second or found.files is None:
        return None
    return frozenset(one.path for one in found.files)


def publish_proposal(target: Target, proposal: Proposal, occasion: Occasion, *, has_room: bool = True) -> Published:
    """Open or refresh the proposal's pull request, unless people do not want it or work on the branch.

    An open one whose content is the same, on a base that git can merge it into, keeps its commit, unless the configuration
    wants it on the newest one. ``has_room``: whether one more may be opened.
    """
    uses = [one for one in occasion.open if one.head_branch == proposal.branch and not one.from_fork]
    shared = _find_shared(target, proposal.branch, uses)
    pull_request = next((one for one in uses if target.owns(one)), None)
    if shared is not None:
        return shared
    block = find_block(pull_request.body) if pull_request is not None else None
    if occasion.wishes.paused or (pull_request is not None and is_stopped(pull_request, block, occasion.labels)):
        number = pull_request.number if pull_request is not None else None
        return Published(branch=proposal.branch, outcome=Outcome.PAUSED, number=number)
    if pull_request is None:
        return _propose(target, proposal, occasion, has_room)
    return _refresh(target, proposal, occasion, pull_request, block)


def _refresh(
    target: Target, proposal: Proposal, occasion: Occasion, pull_request: PullRequest, block: Block | None
) -> Published:
    mode = find_mode(proposal.handling, pull_request, occasion.labels)
    if block is not None and _is_current(target, proposal, pull_request, block, occasion):
        state = _State(head=pull_request.head, built_on=Sha(block.built_on), is_sure=False)
        return _describe_again(target, proposal, pull_request, state, Outcome.UNCHANGED)
    known = judge_branch(target, proposal.branch, block.heads if block else ())
    if known.mover is not None:
        say_in_place(target, pull_request.number, answers.left_alone(known.mover), answers.BRANCH_MARK)
        return Published(branch=proposal.branch, outcome=Outcome.EDITED, number=pull_request.number)
    if mode is RebaseWhen.NEVER:
        # What is there stays as a whole: the texts would speak of a branch that is not.
        return Published(branch=proposal.branch, outcome=Outcome.UNCHANGED, number=pull_request.number)
    return _rebuild(target, proposal, pull_request, known.head)


def describe_edited(target: Target, proposal: Proposal, pull_request: PullRequest) -> Published:
    """The texts alone: people have moved the branch, as they were asked to."""
    edited = Published(branch=proposal.branch, outcome=Outcome.EDITED, number=pull_request.number)
    block = find_block(pull_request.body)
    if block is None or not block.heads:
        return edited
    state = _State(head=Sha(block.heads[-1]), built_on=Sha(block.built_on))
    return replace(_describe_again(target, proposal, pull_request, state, Outcome.EDITED), outcome=Outcome.EDITED)


def rebuild_proposal(target: Target, proposal: Proposal, pull_request: PullRequest) -> Published:
    """The same without asking: other people's commits on the branch are replaced, and that is said."""
    uses = target.forge.list_pull_requests(PullRequestState.OPEN, head=proposal.branch)
    shared = _find_shared(target, proposal.branch, uses)
    if shared is not None:
        return shared
    block = find_block(pull_request.body)
    known = judge_branch(target, proposal.branch, block.heads if block else ())
    done = _rebuild(target, proposal, pull_request, known.head)
    # Also where nobody's commits are there: it may be the second attempt, after one that ended here.
    text = answers.taken_back(known.mover)
    say_in_place(target, pull_request.number, text, answers.AWAY_MARK, only_again=True)
    return done


def _find_shared(target: Target, branch: BranchName, uses: Sequence[PullRequest]) -> Published | None:
    other = next((one for one in uses if one.base_branch != target.base_branch), None)
    if other is None:
        return None
    return Published(branch=branch, outcome=Outcome.SHARED, number=other.number, reason=other.base_branch)


def _is_current(
    target: Target, proposal: Proposal, pull_request: PullRequest, block: Block, occasion: Occasion
) -> bool:
    """Whether the branch holds this content, is where lockbot left it, and is new enough."""
    if block.key != make_key(proposal) or block.heads[-1:] != (pull_request.head,):
        return False
    match find_mode(proposal.handling, pull_request, occasion.labels):
        case RebaseWhen.NEVER:
            return True
        case RebaseWhen.BEHIND if block.built_on != target.base:
            return False
        case _:
            # It merges: what it changes has not moved.
            return not occasion.has_moved(block.built_on, proposal)


# --- a new pull request ---------------------------------------------------------------------------


def _propose(target: Target, proposal: Proposal, occasion: Occasion, has_room: bool) -> Published:
    before = occasion.closed.get(proposal.branch)
    waits = _find_wait(proposal, before, occasion, has_room)
    if before is None or waits is not None:
        number = before.last if before is not None and waits is Outcome.SNOOZED else None
        return Published(branch=proposal.branch, outcome=waits or Outcome.NOT_OPEN, number=number)
    known = judge_branch(target, proposal.branch, before.heads)
    if known.mover is not None and not _is_vouched(target, known.head):
        return Published(branch=proposal.branch, outcome=Outcome.FOREIGN, reason=known.mover)
    reopened = _reopen(target, before, known.head)
    if reopened is not None:
        return _rebuild(target, proposal, reopened, known.head, before.declined)
    pushed = target.forge.push_branch(_make_update(target, proposal, known.head))
    try:
        return _open(target, proposal, pushed.head, before)
    except ForgeConflict:
        found = find_own(target, proposal.branch)
        if found is None:
            raise
        state = _State(head=pushed.head, built_on=target.base, left_out=before.declined)
        return _describe_again(target, proposal, found, state, Outcome.REFRESHED)


def _find_wait(proposal: Proposal, before: ClosedBefore | None, occasion: Occasion, has_room: bool) -> Outcome | None:
    """Why it is not to be opened now; None: it is."""
    is_asked_for = proposal.branch in occasion.wishes.opened
    if before is not None and not _is_wanted(proposal, before, occasion.scope):
        return Outcome.SNOOZED
    if proposal.handling.needs_approval and not is_asked_for:
        return Outcome.UNAPPROVED
    if before is None:
        return Outcome.NOT_OPEN
    return None if has_room or is_asked_for else Outcome.LIMITED


def _is_wanted(proposal: Proposal, before: ClosedBefore, scope: Scope) -> bool:
    at_turn = scope is Scope.TURN
    if proposal.group == LOCK_MAINTENANCE or not proposal.updates:
        return at_turn or not before.rests
    return not before.declined or comes_again(proposal, before.declined, at_turn=at_turn)


def _is_vouched(target: Target, head: Sha | None) -> bool:
    """A commit that no block knows yet: a run ended between the branch and its pull request."""
    return head is not None and target.forge.get_commit(head).vouched == target.identity.login


def _reopen(target: Target, before: ClosedBefore, head: Sha | None) -> PullRequest | None:
    """The pull request that was closed last, while its branch is as it was then: afterwards a forge no longer lets it."""
    if before.last is None or head is None or head != before.head:
        return None
    try:
        target.forge.reopen_pull_request(before.last)
    except ForgeRejected:
        return None
    return target.forge.get_pull_request(before.last)


def _open(target: Target, proposal: Proposal, head: Sha, before: ClosedBefore) -> Published:
    block = describe(proposal).model_copy(
        update={
            "heads": (head,),
            "base": target.base_branch,
            "built_on": target.base,
            "title": proposal.title,
            "labels": None if proposal.labels else (),
            "asked": not proposal.handling.people.are_any,
            "left_out": before.declined,
            "follows": before.last,
        }
    )
    new = NewPullRequest(
        head=proposal.branch,
        base=target.base_branch,
        title=proposal.title,
        body=render_body(_word(target, proposal, block), block, target.forge.limits.body),
        draft=proposal.draft,
    )
    opened = target.forge.open_pull_request(new)
    refused = _introduce(target, proposal, opened)
    return Published(branch=proposal.branch, outcome=Outcome.OPENED, number=opened.number, head=head, refused=refused)


def _word(target: Target, proposal: Proposal, block: Block) -> str:
    body = proposal.body if target.dashboard is None else with_dashboard(proposal.body, target.dashboard)
    return body if block.follows is None else f"{answers.follows(block.follows)}\n\n{body}"


def _introduce(target: Target, proposal: Proposal, pull_request: PullRequest) -> tuple[str, ...]:
    """Labels and people, once; gives whom the forge refuses. The block is told afterwards: a crash in between does it again,
    which changes nothing."""
    block = find_block(pull_request.body)
    if block is None:
        return ()
    told: dict[str, object] = {}
    refused: tuple[str, ...] = ()
    if block.labels is None:
        target.forge.add_labels(pull_request.number, proposal.labels)
        told["labels"] = proposal.labels
    if not block.asked and _is_to_be_asked(proposal.handling):
        paths = [one.path for one in proposal.files]
        refused = ask_people(target, pull_request.number, proposal.handling.people, paths)
        told["asked"] = True
    if told:
        # Read again: somebody may have written into it meanwhile.
        now = target.forge.get_pull_request(pull_request.number)
        introduced = (find_block(now.body) or block).model_copy(update=told)
        body = replace_block(now.body, introduced, target.forge.limits.body)
        target.forge.edit_pull_request(pull_request.number, body=body)
    return refused


def _is_to_be_asked(handling: Handling) -> bool:
    """What is merged by itself asks nobody, until a check fails (``merging``)."""
    return not handling.merging.wanted or handling.people.when_merging


# --- an open one ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Where the branch is, the commit of the base that it was built on, and what people declined besides. ``is_sure``: lockbot
    has just put it there, or found what it would put."""

    head: Sha
    built_on: Sha
    is_sure: bool = True
    left_out: tuple[Declined, ...] = ()


def _make_update(target: Target, proposal: Proposal, expected: Sha | None) -> BranchUpdate:
    return BranchUpdate(
        branch=proposal.branch,
        base=target.base,
        expected=expected,
        message=proposal.commit_message,
        files=proposal.files,
    )


def _rebuild(
    target: Target,
    proposal: Proposal,
    pull_request: PullRequest,
    head: Sha | None,
    left_out: tuple[Declined, ...] = (),
) -> Published:
    number = pull_request.number
    pushed = target.forge.push_branch(
        _make_update(target, proposal, head), announce=lambda new: _announce(target, number, proposal, head, new)
    )
    outcome = Outcome.UNCHANGED if pushed.outcome is PushOutcome.UNCHANGED else Outcome.REFRESHED
    state = _State(head=pushed.head, built_on=target.base, left_out=left_out)
    return _describe_again(target, proposal, pull_request, state, outcome)


def _announce(target: Target, number: int, proposal: Proposal, head: Sha | None, new: Sha) -> None:
    """Record the commit that the branch is about to get beside the last one: whichever is found later is lockbot's."""
    now = target.forge.get_pull_request(number)
    if now.state is not PullRequestState.OPEN or now.base_branch != target.base_branch:
        raise ForgeConflict(f"pull request {number} was closed, or got another base, meanwhile")
    block = find_block(now.body) or describe(proposal).model_copy(
        update={"heads": (head,) if head else (), "labels": ()}
    )
    announced = block.model_copy(update={"heads": (*block.heads[-1:], new), "retired": False})
    target.forge.edit_pull_request(number, body=replace_block(now.body, announced, target.forge.limits.body))


def _describe_again(
    target: Target, proposal: Proposal, pull_request: PullRequest, state: _State, outcome: Outcome
) -> Published:
    """Bring the texts to what the proposal says, where they are not so already: then they are read again, so that what
    somebody wrote meanwhile is not lost."""
    changes = _find_changes(target, proposal, pull_request, state)
    now = pull_request
    if changes != _NOTHING:
        found = target.forge.get_pull_request(pull_request.number)
        changes = _find_changes(target, proposal, found, state)
        target.forge.edit_pull_request(found.number, title=changes.title, body=changes.body)
        now = found if changes.body is None else replace(found, body=changes.body)
        outcome = Outcome.REFRESHED
    refused = _introduce(target, proposal, now)
    return Published(
        branch=proposal.branch,
        outcome=outcome,
        number=pull_request.number,
        head=state.head if state.is_sure else None,
        refused=refused,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    title: str | None = None
    body: str | None = None


_NOTHING = _Changes()


def _find_changes(target: Target, proposal: Proposal, now: PullRequest, state: _State) -> _Changes:
    """The title stays once somebody else has written it."""
    known = find_block(now.body)
    is_ours = known is not None and now.title == known.title
    block = _make_block(target, proposal, known, state)
    block = block.model_copy(update={"title": proposal.title if is_ours else known.title if known else ""})
    body = render_body(_word(target, proposal, block), block, target.forge.limits.body, old=now.body)
    return _Changes(
        title=proposal.title if is_ours and now.title != proposal.title else None,
        body=body if body.strip() != now.body.strip() else None,
    )


def _make_block(target: Target, proposal: Proposal, known: Block | None, state: _State) -> Block:
    left_out = (*(known.left_out if known else ()), *state.left_out)
    return describe(proposal).model_copy(
        update={
            "heads": (state.head,),
            "base": target.base_branch,
            "built_on": state.built_on,
            "labels": known.labels if known else (),
            "left_out": tuple(dict.fromkeys(left_out)),
            "follows": known.follows if known else None,
            "told": known.told if known else (),
            "paused": known.paused if known else None,
            "asked": known.asked if known else True,
            "merging": known.merging if known else AutoMerge.NONE,
        }
    )
