"""Paths that a command names which stands in a file: data of strangers, which must not lead out of the repository."""

from __future__ import annotations

import posixpath

from bot.detect.model import Listing
from bot.errors import InputError
from bot.printable import printable
from bot.resolver.lowering.paths import join

#: The git mode of a folder.
_FOLDER = "040000"


def find_folder(path: str, output: str) -> str:
    """The folder from which ``output`` is ``path``; raises ``InputError`` where that is none, or leads upwards."""
    if ".." in output.split("/"):
        raise InputError(f"its command names the output {printable(output)}, which leads out of its folder")
    said = _relative(output, "output")
    if path == said:
        return "."
    if not path.endswith(f"/{said}"):
        raise InputError(f"its command writes {printable(said)}, not this file")
    return path.removesuffix(f"/{said}")


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


def check_new(listing: Listing, path: str) -> None:
    """Refuse a place for a new file where something is, or whose folders are links to others."""
    if listing.mode(path) is not None:
        raise InputError("there is no regular file of this name, or one that is left alone")
    folder = posixpath.dirname(path)
    while folder:
        if listing.mode(folder) not in (None, _FOLDER):
            raise InputError(f"{printable(folder)} is no folder but a link, a submodule or a file")
        folder = posixpath.dirname(folder)
