"""What a pull request is to say: title and body, with the hidden block."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.forge import PullRequest
from bot.ports.run import Declined, Proposal, Sha
from bot.report import answers
from bot.report.pulls.foot import with_dashboard
from bot.work.publishing.body_block import AutoMerge, Block, describe, find_block, render_body, replace_block
from bot.work.publishing.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the branch is, the commit of the base that it was built on, and what people declined besides. ``is_sure``: lockbot
    has just put it there, or found what it would put."""

    head: Sha
    built_on: Sha
    is_sure: bool = True
    left_out: tuple[Declined, ...] = ()


def word(target: Target, proposal: Proposal, block: Block) -> str:
    body = proposal.body if target.dashboard is None else with_dashboard(proposal.body, target.dashboard)
    return body if block.follows is None else f"{answers.follows(block.follows)}\n\n{body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    title: str | None = None
    body: str | None = None


NOTHING = Changes()


def find_changes(target: Target, proposal: Proposal, now: PullRequest, state: State) -> Changes:
    """The title stays once somebody else has written it."""
    known = find_block(now.body)
    is_ours = known is not None and now.title == known.title
    block = _make_block(target, proposal, known, state)
    block = block.model_copy(update={"title": proposal.title if is_ours else known.title if known else ""})
    body = render_body(word(target, proposal, block), block, target.forge.limits.body, old=now.body)
    return Changes(
        title=proposal.title if is_ours and now.title != proposal.title else None,
        body=body if body.strip() != now.body.strip() else None,
    )


def _make_block(target: Target, proposal: Proposal, known: Block | None, state: State) -> Block:
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


def announce(target: Target, proposal: Proposal, now: PullRequest, head: Sha | None, new: Sha) -> str:
    """The body that tells of the commit that the branch is about to get, beside those that are known and the one that it
    has: an earlier announcement may have come to nothing."""
    block = find_block(now.body) or describe(proposal).model_copy(update={"labels": ()})
    heads = (*block.heads[-1:], *((head,) if head else ()), new)
    announced = block.model_copy(update={"heads": tuple(dict.fromkeys(heads)), "retired": False})
    return replace_block(now.body, announced, target.forge.limits.body)
