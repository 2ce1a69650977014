"""The ``uv`` commands that the hooks, Dockerfiles and workflows of a repository run."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.files import find_commands, has_commands
from bot.commands.model import UvCommand
from bot.detect.ignored import is_ignored
from bot.detect.model import Listing
from bot.errors import InputError
from bot.precommit.config import is_hook_config


def find_uv_commands(listing: Listing, subcommand: str) -> Iterator[UvCommand]:
    """Those that run ``uv SUBCOMMAND``; files that can't be read have none."""
    word = subcommand.rpartition(" ")[2]
    for path in listing.paths():
        if has_commands(path) and not is_ignored(path):
            text = _read(listing, path)
            # Reading YAML takes some milliseconds for each page; most files run nothing of the kind.
            if is_hook_config(path) or any("uv" in line and word in line for line in _lines(text)):
                yield from (one for one in find_commands(text, path) if one.subcommand == subcommand)


def _lines(text: str) -> Iterator[str]:
    """The lines of scripts, those that are continued as one."""
    yield from text.replace("\r", "").replace("\\\n", " ").split("\n")


def _read(listing: Listing, path: str) -> str:
    try:
        return listing.read_text(path) or ""
    except InputError:
        return ""
