"""Files that other files name: a clone brings them, whatever they are called."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator
from typing import Final

from bot.commands.model import UvCommand
from bot.detect.commands import find_uv_commands
from bot.detect.model import Listing
from bot.errors import InputError
from bot.follow.exports import find_batches
from bot.pinned.named import find_named_files
from bot.repoconfig.load import ConfigError, find_config_path, parse_config

#: The most that is brought for one repository; in use there are a handful.
LIMIT: Final = 200
_SUBCOMMANDS: Final = ("export", "pip compile")


def find_named(listing: Listing) -> tuple[str, ...]:
    """The files of a commit that its commands, requirements files and ``.lockbot.json`` name, as far as they are there."""
    files = frozenset(listing.paths())
    named = itertools.chain(
        _by_configuration(listing),
        _by_commands(listing),
        find_batches(listing, files),
        find_named_files(listing, files, LIMIT),
    )
    return tuple(itertools.islice(dict.fromkeys(path for path in named if path in files), LIMIT))


def _by_configuration(listing: Listing) -> Iterator[str]:
    try:
        path = find_config_path(frozenset(listing.paths()))
        config = None if path is None else parse_config(listing.read_text(path) or "", path)
    except (ConfigError, InputError):
        return
    if config is None:
        return
    yield from (posixpath.normpath(export.output) for export in config.exports)
    for compiled in config.compiled:
        yield posixpath.normpath(compiled.output)
        yield from (posixpath.normpath(posixpath.join(compiled.directory, word)) for word in compiled.args)


def _by_commands(listing: Listing) -> Iterator[str]:
    for subcommand in _SUBCOMMANDS:
        for command in find_uv_commands(listing, subcommand):
            for folder in command.folders:
                yield from (posixpath.normpath(posixpath.join(folder, word)) for word in _values(command))


def _values(command: UvCommand) -> Iterator[str]:
    """Everything that may be a path: words, values of options, and where the output goes."""
    for word in (*command.words, command.output or ""):
        yield word.rpartition("=")[2] if word.startswith("--") else word.removeprefix("-o")
