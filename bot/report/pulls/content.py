"""What a pull request's body is made of: a proposal as it was solved, and what is known beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bot.follow.model import LeftAlone
from bot.lockfile.diff import PackageChange
from bot.plan.changes import UnitResult
from bot.plan.policy import Group
from bot.plan.proposals.proposal import NO_PLACES, Places
from bot.plan.releases.describe import find_step
from bot.plan.releases.model import Step, Stories, Story
from bot.ports.advisories import AdvisoryLine
from bot.ports.notes import Notes
from bot.ports.run import HeldBack, LockChange, Problem, UpdateLine


@dataclass(frozen=True, kw_only=True)
class Content:
    """``left`` are files that follow a lock, or name a version, and stay as they are; ``warnings`` settings that do not
    count. ``config_path``: where the configuration is, ``None`` where there is none. ``schedule``: what the configuration
    says of when this is proposed. ``now``: ages are counted up to then; ``None``: only dates are told. ``forges`` are the
    hosts where a link can leave a trace.
    """

    group: Group
    updates: Sequence[UpdateLine] = ()
    changes: Sequence[LockChange] = ()
    results: Sequence[UnitResult] = ()
    held_back: Sequence[HeldBack] = ()
    left: Sequence[LeftAlone] = ()
    places: Places = NO_PLACES
    warnings: Sequence[Problem] = ()
    stories: Stories = field(default_factory=dict)
    notes: Mapping[Step, Notes] = field(default_factory=dict)
    advisories: Sequence[AdvisoryLine] = ()
    config_path: str | None = None
    schedule: Sequence[str] = ()
    now: datetime | None = None
    forges: Sequence[str] = ("github.com",)

    @cached_property
    def differences(self) -> Sequence[tuple[UnitResult, Sequence[PackageChange]]]:
        """What differs in each lock: compared once, as that takes a while."""
        return [(result, result.changes) for result in self.results]

    @cached_property
    def steps(self) -> Mapping[tuple[str, str | None, str], Step]:
        """By package and the versions that it moves between."""
        found = (find_step(change) for _, changes in self.differences for change in changes)
        return {
            (step.package, None if step.before is None else str(step.before), str(step.after)): step
            for step in found
            if step is not None
        }

    def find_step(self, row: UpdateLine | LockChange) -> Step | None:
        """The step of a row, which may show several versions of a fork; ``None`` for what comes from no index."""
        befores = row.before.split(", ") if row.before else [None]
        afters = row.after.split(", ") if row.after else []
        keys = ((row.package, before, after) for after in reversed(afters) for before in reversed(befores))
        return next((self.steps[key] for key in keys if key in self.steps), None)

    def find_story(self, row: UpdateLine | LockChange) -> Story | None:
        step = self.find_step(row)
        return None if step is None else self.stories.get(step)

    def find_notes(self, row: UpdateLine | LockChange) -> Notes | None:
        step = self.find_step(row)
        return None if step is None else self.notes.get(step)
