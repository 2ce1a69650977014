"""Why a proposal is not opened yet, as clauses. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def opened_at_a_turn(windows: Sequence[str], timezone: str) -> str:
    """Without any windows the turn is the one that every repository has."""
    if not windows:
        return f"it is opened at the weekly turn, early on Monday ({timezone})"
    return f"it is opened at a turn of its schedule ({', '.join(windows)}; {timezone})"
