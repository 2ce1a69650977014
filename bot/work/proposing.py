"""What is no longer proposed makes room; what is proposed is opened or refreshed, and told of where it can't be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import NoneType
from typing import TypeAlias

from bot.events.jobs import Scope
from bot.ports.forge import ForgeForbidden, ForgeRejected, PullRequest, PullRequestState
from bot.ports.run import BranchName, OtherBot, Proposal
from bot.work.checks import report_config, report_config_warnings, report_problems
from bot.work.publishing.beside import tell_beside
from bot.work.publishing.merging import MergeWish, stop_merging, tend_merging
from bot.work.publishing.occasion import Occasion, Wishes, find_occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.publish import publish_proposal
from bot.work.publishing.queueing import Room, find_room, order_key
from bot.work.publishing.retire import delete_orphans, retire_others
from bot.work.publishing.target import Target, is_own
from bot.work.publishing.together import find_behind, update_together
from bot.work.run import Merge, Part, Results, Row, Run, find_problems, start_of_hour

#: A pull request that is there and lockbot's to speak in.
_STANDING = frozenset((Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED))
#: One that is looked at for its merge: also where others have moved it since that was asked of the forge.
_MERGEABLE = _STANDING | {Outcome.EDITED}
#: Branches of base branches, by the end of the names of their steps.
_Key: TypeAlias = tuple[str, BranchName]
_Asked: TypeAlias = tuple[Part, Occasion, Proposal]
#: So many are worth it.
_MANY = 2


class Proposing(Run):
    __slots__ = ()

    def publish(self, parts: Sequence[Part]) -> Results:
        """What is no longer proposed makes room; then what is proposed, the most important first, of all bases."""
        self._report_config(parts[0])
        state = self.board.state
        wishes = Wishes(opened=frozenset(state.opened), paused=state.paused is not None)
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        told = [(part, self._find_occasion(part, pulls, wishes)) for part in parts]
        bases = [part.target.base_branch for part in parts]
        retired = tuple(one for part, occasion in told for one in self._retire(part, occasion, bases))
        gone = frozenset(one.number for one in retired if one.outcome is Outcome.RETIRED)
        rows: list[Row] = []
        room = self._find_room(parts, [one for one in pulls if one.number not in gone])
        proposals = [(part, occasion, one) for part, occasion in told for one in part.solved.report.proposals]
        asked, together = self._update_together(parts, proposals)
        for part, occasion, one in sorted(asked, key=lambda row: order_key(row[2])):
            done = together.get((part.suffix, one.branch))
            row = self._publish_one(part, occasion, one, done, has_room=room.is_for(one))
            room = room.without(one, row.done.number, is_new=row.done.outcome is Outcome.OPENED)
            rows.append(row)
        for part in parts:
            self._report_problems(part, [row for row in rows if row.part is part])
        self._delete_orphans(parts, pulls)
        own = tuple(one for one in pulls if any(part.target.owns(one) for part in parts))
        return Results(rows=rows, retired=retired, room=room, pulls=own)

    def _find_occasion(self, part: Part, pulls: tuple[PullRequest, ...], wishes: Wishes) -> Occasion:
        solved, moves = part.solved, self.ports.memory.moves
        return find_occasion(part.target, solved.scope, solved.report, solved.closed, pulls, wishes, moves)

    def _delete_orphans(self, parts: Sequence[Part], pulls: Sequence[PullRequest]) -> None:
        """At turns: it costs a request, and hurries nobody."""
        config = parts[0].solved.report.config
        if self.job.scope is not Scope.TURN or config.problems or not config.enabled:
            return
        proposed = (one.branch for part in parts for one in part.solved.report.proposals)
        bases = (part.target.base_branch for part in parts)
        kept = frozenset((*proposed, *bases, *(one.head_branch for one in pulls)))
        deleting = partial(delete_orphans, self.target, config.prefix, kept)
        self.steps.run("delete orphans", tuple[BranchName, ...], deleting)

    def _update_together(
        self, parts: Sequence[Part], proposals: Sequence[_Asked]
    ) -> tuple[Sequence[_Asked], Mapping[_Key, Published]]:
        """What several open pull requests have in common is done for all of them; the rest goes on by what is there then."""
        done: dict[_Key, Published] = {}
        tried: set[_Key] = set()
        for part in parts:
            asked = [(occasion, one) for other, occasion, one in proposals if other is part]
            behind = [row for occasion, one in asked if (row := find_behind(part.target, one, occasion)) is not None]
            if len(behind) < _MANY:
                continue
            updating = partial(update_together, part.target, behind)
            found = self.steps.run(f"update together{part.suffix}", tuple[Published, ...], updating)
            done |= {(part.suffix, one.branch): one for one in found}
            tried |= {(part.suffix, one.proposal.branch) for one in behind}
        if tried <= done.keys():
            return proposals, done
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        return [(part, replace(occasion, open=pulls), one) for part, occasion, one in proposals], done

    def _publish_one(
        self, part: Part, occasion: Occasion, proposal: Proposal, done: Published | None, *, has_room: bool
    ) -> Row:
        # Configurations of other bots are told of once, on the default branch.
        others = () if part.suffix else part.solved.report.other_bots
        publishing = partial(_try_to_publish, part.target, proposal, occasion, others, done, has_room=has_room)
        done = self.steps.run(f"publish {proposal.branch}{part.suffix}", Published, publishing)
        known = next((one for one in occasion.open if one.number == done.number), None)
        return Row(part=part, proposal=proposal, done=done, merge=self._tend_merging(part, proposal, done, known))

    def _tend_merging(self, part: Part, proposal: Proposal, done: Published, known: PullRequest | None) -> Merge | None:
        """See to it that it is merged, if it is to be; None: it is not. ``known``: as it was when the run began to publish."""
        is_on = known is not None and known.auto_merge
        is_there = done.number is not None and done.outcome in _MERGEABLE
        if not is_there or not (proposal.handling.merging.wanted or is_on):
            return None
        tending = partial(self._tend, part, proposal, done)
        return self.steps.run(f"merge {proposal.branch}{part.suffix}", Merge, tending)

    def _tend(self, part: Part, proposal: Proposal, done: Published) -> Merge:
        assert done.number is not None, "there is a pull request"
        pull_request = part.target.forge.get_pull_request(done.number)
        if not proposal.handling.merging.wanted:
            stop_merging(part.target, pull_request)
            return Merge()
        wish = MergeWish(
            branch=proposal.branch,
            base=part.target.base_branch,
            number=done.number,
            head=done.head or pull_request.head,
            is_sure=done.head is not None,
            merging=proposal.handling.merging,
            people=proposal.handling.people,
            timezone=part.solved.report.config.timezone,
        )
        return Merge(wish=wish, result=tend_merging(part.target, wish, self.ways, self.ports.is_open_now))

    def _find_room(self, parts: Sequence[Part], pulls: Sequence[PullRequest]) -> Room:
        target, limits = self.target, parts[0].solved.report.config.limits
        own = [one for one in pulls if is_own(target.identity, one)]
        recent: Sequence[PullRequest] = ()
        if limits.hourly:
            since = start_of_hour(self.ports.clock.now())
            recent = [one for one in target.forge.list_recent_pull_requests(since) if is_own(target.identity, one)]
        proposals = [one for part in parts for one in part.solved.report.proposals]
        return find_room(limits, own, recent, proposals)

    def _report_config(self, part: Part) -> None:
        target, solved = part.target, part.solved
        if solved.broken:
            tell = partial(report_config, target.forge, target.base, solved.broken, fallback=solved.fallback)
            self.steps.run("report configuration", NoneType, tell)
        elif warnings := solved.report.config.warnings:
            tell = partial(report_config_warnings, target.forge, target.base, warnings)
            self.steps.run("report configuration", NoneType, tell)

    def _report_problems(self, part: Part, rows: Sequence[Row]) -> None:
        report = part.solved.report
        problems = (*report.problems, *(problem for row in rows for problem in find_problems(row)))
        warnings = tuple(one for one in report.warnings if one not in report.config.warnings)
        if (problems or warnings) and not report.config.problems:
            tell = partial(report_problems, part.target.forge, part.target.base, problems, warnings)
            self.steps.run(f"report problems{part.suffix}", NoneType, tell)

    def _retire(self, part: Part, occasion: Occasion, bases: Sequence[BranchName]) -> tuple[Published, ...]:
        """Close what is no longer proposed, where the run proves that."""
        target, report = part.target, part.solved.report
        wanted = frozenset(one.branch for one in report.proposals)
        if occasion.wishes.paused or all(one.head_branch in wanted or not target.owns(one) for one in occasion.open):
            return ()
        others = [one for one in bases if one != target.base_branch]
        retiring = partial(retire_others, target, report, occasion.open, wanted, others)
        return self.steps.run(f"retire{part.suffix}", tuple[Published, ...], retiring)


def _try_to_publish(
    target: Target,
    proposal: Proposal,
    occasion: Occasion,
    others: tuple[OtherBot, ...],
    done: Published | None,
    *,
    has_room: bool,
) -> Published:
    """A branch or pull request that the repository's rules forbid does not hold up the others. ``done``: it is already."""
    try:
        done = done or publish_proposal(target, proposal, occasion, has_room=has_room)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))
    if others and done.number is not None and done.outcome in _STANDING:
        with suppress(ForgeForbidden, ForgeRejected):
            tell_beside(target, done.number, others, occasion.open)
    return done
