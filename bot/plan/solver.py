"""The resolver as the planner asks it: the one place where planning meets the resolver's front door."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.detect.form import UV_LOCK, LockForm
from bot.lockfile.model import Lock
from bot.resolver.assembly.written import KEEP
from bot.resolver.lock import Locked, LockTask
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import EffortLimits
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest
from bot.resolver.search.shared import FactsCache

#: One question of the planner; a search that takes longer is given up and counts as impossible.
QUESTION_LIMITS = EffortLimits(decisions=400_000, forks=500, seconds=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """A unit's ``LockForm.solve`` for the units of one run, which share what was parsed of packages.

    Locks stay in the revision and style that the repository has.
    """

    index: IndexPort
    settings: CommandSettings
    cache: FactsCache = field(default_factory=FactsCache)
    limits: EffortLimits = QUESTION_LIMITS

    def __call__(
        self,
        request: LockRequest,
        *,
        tree: Tree,
        folder: str,
        existing: Lock | None,
        existing_text: str | None,
        form: LockForm = UV_LOCK,
        is_trial: bool = False,
    ) -> Locked:
        """``tree`` is what path dependencies are read from; raises what ``lock_project`` raises."""
        task = LockTask(
            request=request,
            index=self.index,
            sources=TreeLowering(tree, folder, self.settings, self.index),
            existing=existing,
            existing_text=existing_text,
            revision=KEEP,
            cache=self.cache,
            limits=self.limits,
            is_trial=is_trial,
        )
        return form.solve(task, tree, self.settings)
