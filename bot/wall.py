"""A wall around each unit: what escapes while one is read, locked, planned or worded becomes its problem.

What lockbot refuses knowingly says itself what is wrong. Everything else is a fault of lockbot's own that some input has
found: it is kept for the operator under a reference, and the people of the repository are told that reference alone.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from hashlib import sha256
from typing import TypeAlias

from bot.errors import InputError, LockbotError
from bot.ports.run import Problem

#: Keeps an unexpected error, and what was being worked on, where the operator can read it; gives the reference.
KeepError: TypeAlias = Callable[[Exception, str], str]


def make_reference(error: Exception, place: str) -> str:
    """The same for the same failure at the same place: what is told of it does not change from run to run."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [place, type(error).__name__, *(f"{frame.filename}:{frame.name}:{frame.lineno}" for frame in frames[-20:])]
    return sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()[:10]


def to_problem(error: Exception, place: str, keep: KeepError, *, heading: str = "") -> Problem:
    """What people are told of an error; ``place`` is the path of the unit or file that was being worked on, if of one.

    ``heading`` goes before the words of what was refused, but where they are about a file of their own.
    """
    match error:
        case InputError():
            return Problem(path=error.path or place or None, line=error.line, message=error.problem, hint=error.hint)
        case LockbotError():
            return Problem(path=place or None, message=f"{heading}{error}")
        case _:
            return tell_unexpected(keep(error, place), place)


def tell_unexpected(reference: str, place: str) -> Problem:
    return Problem(
        path=place or None,
        message="lockbot failed here unexpectedly",
        hint=f"the failure is lockbot's own: whoever runs it finds the details in its log under {reference}",
    )
