"""The dashboard issue as a repository's memory, for who asks of it nothing but that."""

from __future__ import annotations

from collections.abc import Callable

from bot.ports.forge import ForgeForbidden
from bot.work.dashboard.issue import Home, change_state, find_dashboard
from bot.work.dashboard.state import DashboardState


def read_state(home: Home) -> DashboardState:
    """Where there is no dashboard, or none that the App may read, nothing is remembered."""
    try:
        found = find_dashboard(home)
    except ForgeForbidden:
        return DashboardState()
    return DashboardState() if found is None else found.state


def keep(
    home: Home, change: Callable[[DashboardState], DashboardState]
) -> tuple[DashboardState, DashboardState] | None:
    """Change what is remembered: before and after. None: there is no dashboard, or none that the App may write.

    Asked twice the change is made of what it has made already.
    """
    try:
        return change_state(home, change)
    except ForgeForbidden:
        return None
