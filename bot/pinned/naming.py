"""Which files may state requirements line by line, by their paths alone."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from functools import lru_cache

from bot.export.pylock_toml import is_pylock_name
from bot.patterns import pattern

_WORDS = pattern(r"(?:^|[^a-z])(?:requirements?|reqs?|constraints?)(?:[^a-z]|$)")
#: Other tools' inputs that end alike.
_OTHERS = frozenset(("manifest.in", "makefile.in", "meson.build.in"))
_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")


def is_requirements_name(path: str) -> bool:
    """Whether the name of a text file, or that of its folder, speaks of requirements."""
    folder, name = posixpath.split(path.lower())
    return name.endswith((".txt", ".in")) and (
        _WORDS.search(name.rpartition(".")[0]) is not None or _WORDS.search(posixpath.basename(folder)) is not None
    )


def may_state_requirements(path: str) -> bool:
    """Whether a file may be one that a command compiles, or what comes of it."""
    name = posixpath.basename(path)
    return (
        name == "setup.cfg" or (name.endswith((".in", ".txt")) and name.lower() not in _OTHERS) or is_pylock_name(name)
    )


def is_brought(path: str, files: Collection[str]) -> bool:
    """Whether a clone brings such a file: by its name, or by what lies beside it."""
    folder, name = posixpath.split(path)
    if not may_state_requirements(path):
        return name == "setup.py"
    if not name.endswith(".txt") or is_requirements_name(path):
        return True
    if any(posixpath.join(folder, one) in files for one in _PROJECTS):
        return True
    return folder in _input_folders(frozenset(files))


@lru_cache(maxsize=2)
def _input_folders(files: frozenset[str]) -> frozenset[str]:
    """The folders with something to compile."""
    inputs = (posixpath.split(path) for path in files if path.endswith(".in"))
    return frozenset(folder for folder, name in inputs if name.lower() not in _OTHERS)
