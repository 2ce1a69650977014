"""What a run may do, and what there was when it began to publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.events.jobs import Scope
from bot.ports.forge import PullRequest
from bot.ports.handling import Labels
from bot.ports.run import BranchName, Proposal, RunReport, Sha
from bot.work.publishing.body_block import find_block, make_key
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.moves import KnownMoves
from bot.work.publishing.target import Target


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
    moves: KnownMoves | None = None,
) -> Occasion:
    """``pulls``: all open pull requests. ``moves``: what earlier runs know."""
    known = moves or KnownMoves()
    keys = {make_key(one) for one in report.proposals}
    blocks = [find_block(one.body) for one in pulls if target.owns(one)]
    bases = dict.fromkeys(one.built_on for one in blocks if one is not None and one.key in keys and one.built_on)
    return Occasion(
        scope=scope,
        open=pulls,
        closed=closed,
        moved={one: known.find(target, Sha(one)) for one in bases},
        labels=report.config.labels,
        wishes=wishes,
    )
