"""Folders that hold other people's files: installed packages, environments, version control."""

from __future__ import annotations

from bot.detect.model import DetectProblem
from bot.errors import InputError

_FOLDERS = frozenset((".git", ".venv", ".tox", ".nox", "node_modules", "site-packages", "__pycache__"))


def is_ignored(path: str) -> bool:
    """Whether a file lies in such a folder."""
    return not _FOLDERS.isdisjoint(path.split("/")[:-1])


def to_problem(error: InputError, path: str) -> DetectProblem:
    return DetectProblem(path=error.path or path, line=error.line, message=error.problem, hint=error.hint)
