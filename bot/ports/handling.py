"""How a proposal's pull request is dealt with, as the configuration has it: when it is opened and rebuilt, who is asked,
whether it is merged. All of it comes from the default branch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Importance(IntEnum):
    """What comes first when not everything may be opened."""

    SECURITY = 0
    NON_MAJOR = 1
    MAJOR = 2
    MAINTENANCE = 3


class RebaseWhen(StrEnum):
    """When a branch is rebuilt whose content is what it would be. One whose content changed is, but for ``NEVER``."""

    AUTO = "auto"
    BEHIND = "behind-base-branch"
    CONFLICTED = "conflicted"
    AUTOMERGING = "automerging"
    NEVER = "never"


class MergeStrategy(StrEnum):
    """How a pull request is merged; ``AUTO``: by what the repository lets."""

    AUTO = "auto"
    FAST_FORWARD = "fast-forward"
    MERGE = "merge-commit"
    REBASE = "rebase"
    REBASE_MERGE = "rebase-merge"
    SQUASH = "squash"


class Obstacle(StrEnum):
    """What keeps a pull request from being merged."""

    NOT_OPEN = "not open"
    DRAFT = "draft"
    MOVED = "moved by others"
    UNKNOWN = "not known yet"
    CONFLICTS = "conflicts"
    CHANGES_REQUESTED = "changes requested"
    REVIEW = "review required"
    CHECK_FAILED = "check failed"
    CHECK_RUNNING = "check running"
    BEHIND = "behind"
    NO_CHECK = "no check of others"
    METHOD = "method not allowed"
    SCHEDULE = "outside of the schedule"
    TURNED_OFF = "turned off by a person"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """``on_platform``: leave it to the forge, where that does so by itself. ``schedule`` empty: at any time.

    ``ignores_tests``: also without any successful check of somebody else.
    """

    wanted: bool = False
    on_platform: bool = True
    strategy: MergeStrategy = MergeStrategy.AUTO
    schedule: tuple[str, ...] = ()
    ignores_tests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is asked when a pull request is opened: logins, and as reviewers also ``team:slug``.

    ``owners_assigned``, ``owners_review``: those whom CODEOWNERS names for its files too. ``when_merging``: also where it
    is merged by itself; otherwise they are asked there only when something fails.
    """

    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    owners_assigned: bool = False
    owners_review: bool = False
    when_merging: bool = False

    @property
    def are_any(self) -> bool:
        return bool(self.assignees or self.reviewers or self.owners_assigned or self.owners_review)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """``priority``: the higher of two proposals is opened first. ``needs_approval``: somebody has to ask for it."""

    priority: int = 0
    needs_approval: bool = False
    people: People = People()
    merging: Merging = Merging()
    rebase_when: RebaseWhen = RebaseWhen.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """A pull request that bears ``keep`` is rebuilt whenever it is behind, one with ``stop`` is left as it is."""

    keep: str | None = None
    stop: str | None = None


def joined(one: Handling, other: Handling) -> Handling:
    """Of two that are proposed together: everybody is asked, and it is merged only where both may be."""
    people, more = one.people, other.people
    merging = one.merging if not one.merging.wanted else other.merging
    if one.merging.wanted and other.merging.wanted:
        merging = Merging(
            wanted=True,
            on_platform=one.merging.on_platform and other.merging.on_platform,
            strategy=one.merging.strategy,
            schedule=one.merging.schedule or other.merging.schedule,
            ignores_tests=one.merging.ignores_tests and other.merging.ignores_tests,
        )
    return Handling(
        priority=max(one.priority, other.priority),
        needs_approval=one.needs_approval or other.needs_approval,
        people=People(
            assignees=tuple(dict.fromkeys((*people.assignees, *more.assignees))),
            reviewers=tuple(dict.fromkeys((*people.reviewers, *more.reviewers))),
            owners_assigned=people.owners_assigned or more.owners_assigned,
            owners_review=people.owners_review or more.owners_review,
            when_merging=people.when_merging or more.when_merging,
        ),
        merging=merging,
        rebase_when=one.rebase_when if one.rebase_when is other.rebase_when else RebaseWhen.AUTO,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many pull requests may be open, and be opened within an hour; 0: any number."""

    open: int = 5
    hourly: int = 0
