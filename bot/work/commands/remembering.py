"""What an order leaves in the memory of a repository, which is its dashboard issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports.forge import ForgeForbidden
from bot.ports.steps import StepRunner
from bot.work.commands.command import Invocation
from bot.work.dashboard.issue import change_state, find_dashboard
from bot.work.dashboard.state import DashboardState
from bot.work.job import find_home


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
    home = find_home(invocation.ports, invocation.forge)
    try:
        now = find_dashboard(home)
        changed = None if now is None else change_state(home, change)
    except ForgeForbidden:
        return Remembered(is_kept=False)
    if now is None or changed is None:
        return Remembered(is_kept=False)
    return Remembered(is_kept=True, is_new=changed != now.state)
