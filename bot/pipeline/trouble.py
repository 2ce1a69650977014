"""Problems of a repository as values."""

from __future__ import annotations

from bot.ports.run import (
    Problem,
)


def make_problem(message: str, path: str | None, line: int | None = None, hint: str | None = None) -> Problem:
    return Problem(message=message, path=path, line=line, hint=hint)
