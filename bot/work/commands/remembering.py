"""What an order leaves in the memory of a repository, which is its dashboard issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports.steps import StepRunner
from bot.work.commands.command import Invocation
from bot.work.dashboard.keeping import keep
from bot.work.dashboard.state import DashboardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """``is_kept``: there is a dashboard to keep it; ``is_new``: it was not so before."""

    is_kept: bool
    is_new: bool = False


def remember(
    invocation: Invocation, steps: StepRunner, what: str, change: Callable[[DashboardState], DashboardState]
) -> Remembered:
    return steps.run(what, Remembered, lambda: _keep(invocation, change))


def _keep(invocation: Invocation, change: Callable[[DashboardState], DashboardState]) -> Remembered:
    found = keep(invocation.ports.home(invocation.forge), change)
    return Remembered(is_kept=found is not None, is_new=found is not None and found[0] != found[1])
