"""What stands between a pull request and its merge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.ports.run import Sha


class ReviewDecision(StrEnum):
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    REVIEW_REQUIRED = "review_required"


class HeadCheckState(StrEnum):
    """``PASSED`` is said of what succeeded; ``IGNORED`` of what was skipped, or ended as neutral."""

    PENDING = "pending"
    PASSED = "passed"
    IGNORED = "ignored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCheck:
    """A check run or a commit status on a head. ``creator``: the App's slug, or the login of who set the status; empty
    where that is not told. ``required``: nothing is merged without it.
    """

    name: str
    creator: str
    state: HeadCheckState
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeState:
    """Of one moment. ``is_known`` False: the forge has not made up its mind yet, ask again.

    ``can_merge``: the forge would merge it, without anybody's privilege; ``is_clean``: and every check has passed, the
    ones that are not required too. ``is_behind``: its base has to be brought in first. ``review_decision`` None: nobody
    has to approve.
    """

    head: Sha
    is_known: bool
    can_merge: bool
    is_clean: bool
    is_behind: bool
    has_conflicts: bool
    review_decision: ReviewDecision | None
    checks: tuple[HeadCheck, ...]
