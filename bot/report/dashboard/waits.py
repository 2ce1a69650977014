"""Why a proposal is not opened yet, as clauses. Pure."""

from __future__ import annotations

from collections.abc import Sequence

UNAPPROVED = "somebody has to want it (dependencyDashboardApproval)"
PAUSED = "the repository is paused"


def limited(most: int, hourly: int) -> str:
    """Of no limit (0) nothing is said."""
    stated = [f"prConcurrentLimit is {most}"] if most else []
    stated += [f"prHourlyLimit is {hourly}"] if hourly else []
    return f"others go first ({', '.join(stated)})"


def opened_at_a_turn(windows: Sequence[str], timezone: str) -> str:
    """Without any windows the turn is the one that every repository has."""
    if not windows:
        return f"it is opened at the weekly turn, early on Monday ({timezone})"
    return f"it is opened at a turn of its schedule ({', '.join(windows)}; {timezone})"
