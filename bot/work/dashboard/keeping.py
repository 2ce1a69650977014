"""The dashboard issue of a repository as memory: found among the App's own issues, read, and changed in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.ports.forge import AppIdentity, Forge, Issue
from bot.work.dashboard.state import DashboardState, find_state, replace_state


def find_dashboard(forge: Forge, identity: AppIdentity) -> Issue | None:
    """The newest issue that bears the state; one that is open before those that were closed."""
    return choose_dashboard(forge.list_own_issues(), identity)


def choose_dashboard(issues: Iterable[Issue], identity: AppIdentity) -> Issue | None:
    found = [one for one in issues if one.author == identity.login and find_state(one.body) is not None]
    return next((one for one in found if one.is_open), next(iter(found), None))


def read_state(forge: Forge, identity: AppIdentity) -> DashboardState:
    """Where there is no dashboard, nothing is remembered."""
    issue = find_dashboard(forge, identity)
    return (find_state(issue.body) if issue is not None else None) or DashboardState()


def keep(
    forge: Forge, identity: AppIdentity, change: Callable[[DashboardState], DashboardState]
) -> tuple[DashboardState, DashboardState] | None:
    """Change what is remembered, every other word of the issue kept: before and after. None: there is no dashboard.

    Asked twice the change is made of what it has made already.
    """
    issue = find_dashboard(forge, identity)
    state = find_state(issue.body) if issue is not None else None
    if issue is None or state is None:
        return None
    changed = change(state)
    if changed != state:
        forge.edit_issue(issue.number, body=replace_state(issue.body, changed))
    return state, changed
