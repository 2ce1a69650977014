"""What became of a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.ports.run import BranchName, Sha


class Outcome(StrEnum):
    OPENED = "opened"
    PUSHED = "pushed"
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
    HAS_PULL = "left to its pull request"


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
