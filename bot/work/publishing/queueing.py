"""Which proposals may be opened when not all of them may. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.ports.forge import PullRequest
from bot.ports.handling import Importance, Limits
from bot.ports.run import Proposal


def order_key(proposal: Proposal) -> tuple[bool, int, int]:
    """What comes first: security before all, then what the configuration says, then what it is about."""
    is_security = proposal.importance is Importance.SECURITY
    return (not is_security, 0 if is_security else -proposal.handling.priority, proposal.importance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The pull requests, by number, that count: those that are ``open``, and those that were opened in this hour.

    A number counts once, however often it is told of: a run that was interrupted finds what it opened already.
    """

    limits: Limits
    open: frozenset[int]
    recent: frozenset[int] = frozenset()

    def is_for(self, proposal: Proposal) -> bool:
        """Whether a pull request may be opened for it now; security updates always may."""
        return proposal.importance is Importance.SECURITY or not (self.is_full or self.is_hour_over)

    @property
    def is_full(self) -> bool:
        return 0 < self.limits.open <= len(self.open)

    @property
    def is_hour_over(self) -> bool:
        """Whether nothing more may be opened in this hour."""
        return 0 < self.limits.hourly <= len(self.recent)

    def without(self, proposal: Proposal, number: int | None, *, is_new: bool) -> Room:
        """The room that is left beside the proposal's pull request, if it has one."""
        if number is None or proposal.importance is Importance.SECURITY:
            return self
        recent = self.recent | {number} if is_new else self.recent
        return replace(self, open=self.open | {number}, recent=recent)


def find_room(
    limits: Limits, own: Iterable[PullRequest], recent: Iterable[PullRequest], proposals: Sequence[Proposal]
) -> Room:
    """``own``: the App's open pull requests, whatever their base; those of security updates don't count."""
    excepted = {one.branch for one in proposals if one.importance is Importance.SECURITY}

    def counted(pulls: Iterable[PullRequest]) -> frozenset[int]:
        return frozenset(one.number for one in pulls if one.head_branch not in excepted)

    return Room(limits=limits, open=counted(own), recent=counted(recent))
