"""Paths that a command names which stands in a file: data of strangers, which must not lead out of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from bot.errors import InputError
from bot.printable import printable
from bot.resolver.lowering.paths import join

#: The git mode of a folder.
_FOLDER = "040000"


class Modes(Protocol):
    def mode(self, path: str) -> str | None:
        """The git mode of a path as it stands, ``None`` where there is nothing."""


def find_folder(path: str, output: str) -> str:
    """The folder from which ``output`` is ``path``; raises ``InputError`` where that is none, or leads upwards."""
    said = below(output, "output")
    if path == said:
        return "."
    if not path.endswith(f"/{said}"):
        raise InputError(f"its command writes {printable(said)}, not this file")
    return path.removesuffix(f"/{said}")


@contextmanager
def seen_from(folder: str) -> Iterator[None]:
    """Errors name files from where a command runs; people are told of them as the repository has them."""
    try:
        yield
    except InputError as error:
        if error.path is None or folder == ".":
            raise
        path = join(folder, error.path)
        raise InputError(error.problem, path=path, line=error.line, hint=error.hint) from error


def below(path: str, what: str) -> str:
    """A path of a command that must not lead out of the folder that it starts from."""
    if ".." in path.split("/"):
        raise InputError(f"its command names the {what} {printable(path)}, which leads out of its folder")
    return _relative(path, what)


def within(folder: str, path: str, what: str) -> str:
    """A path of a command, seen from the repository, which it must not leave."""
    found = join(folder, _relative(path, what))
    if found.startswith("../") or found == "..":
        raise InputError(f"its command names the {what} {printable(path)}, which lies outside of the repository")
    return found


def _relative(path: str, what: str) -> str:
    if path.startswith("/") or "\\" in path or ":" in path:
        raise InputError(f"its command names the {what} {printable(path)}, which is no relative path")
    return posixpath.normpath(path)


def check_new(modes: Modes, path: str) -> None:
    """A new file goes where nothing is, into folders that are folders and not links to others; raises ``InputError``."""
    if modes.mode(path) is not None:
        raise InputError("there is no regular file of this name, or one that is left alone")
    folder = posixpath.dirname(path)
    while folder:
        if modes.mode(folder) not in (None, _FOLDER):
            raise InputError(f"{printable(folder)} is no folder but a link, a submodule or a file")
        folder = posixpath.dirname(folder)
