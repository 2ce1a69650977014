"""Telling people of a failure while the failure goes its way."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import LockbotError


def attempt_to_tell(error: Exception, tell: Callable[[], object]) -> None:
    """What keeps lockbot from telling must not hide what there was to tell."""
    try:
        tell()
    except LockbotError as second:
        error.add_note(f"nobody could be told: {second}")
