"""Folders that hold other people's files: installed packages, environments, version control."""

from __future__ import annotations

_FOLDERS = frozenset((".git", ".venv", ".tox", ".nox", "node_modules", "site-packages", "__pycache__"))


def is_ignored(path: str) -> bool:
    """Whether a file lies in such a folder."""
    return not _FOLDERS.isdisjoint(path.split("/")[:-1])
