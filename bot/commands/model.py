"""A ``uv`` command as it stands in a file of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Origin(StrEnum):
    """What runs a command. ``HOOK``: pre-commit does, on every commit and in CI; ``BY_HAND``: a hook that somebody has to
    ask for."""

    HOOK = "hook"
    BY_HAND = "hook run by hand"
    DOCKERFILE = "Dockerfile"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class UvCommand:
    """``words`` are those behind ``uv``; ``is_known``: uv gets them as they stand here, nothing is filled in.

    ``folders`` are those in which it may be run, seen from the repository, the likeliest first; none where that is not
    known. ``output`` is the file that its standard output replaces. ``environment`` names variables of uv that are set
    for it. ``passes_files``: names of files that are not known here follow the words.
    """

    words: tuple[str, ...]
    path: str
    line: int
    origin: Origin
    folders: tuple[str, ...] = (".",)
    is_known: bool = True
    output: str | None = None
    environment: tuple[str, ...] = ()
    passes_files: bool = False

    @property
    def subcommand(self) -> str:
        """``export``, ``lock``, ``pip compile``: what uv is asked to do, empty where nothing is."""
        return subcommand_of(self.words)


#: Options with a value that may stand before uv's subcommand.
_WITH_VALUE: Final = frozenset(
    (
        "--allow-insecure-host",
        "--cache-dir",
        "--color",
        "--config-file",
        "--directory",
        "--project",
        "--python-fetch",
        "--python-preference",
        "--trusted-host",
    )
)


def subcommand_of(words: Iterable[str]) -> str:
    rest = iter(words)
    found: list[str] = []
    for word in rest:
        if word in _WITH_VALUE and not found:
            next(rest, None)
        elif not word.startswith("-"):
            found.append(word)
            if found != ["pip"]:
                break
    return " ".join(found)


def folder_of(base: str, parts: Iterable[str]) -> str | None:
    """The folder that is reached from ``base``; ``None`` where it is no longer in the repository."""
    found = posixpath.normpath(posixpath.join(base, *parts))
    return None if found == ".." or found.startswith(("../", "/")) else found
