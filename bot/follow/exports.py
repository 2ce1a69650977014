"""Files that ``uv export`` wrote: named by ``.lockbot.json``, written by a hook, found by the header that names the
command, or by the line of a Dockerfile or a workflow that has it, in this order.

What a header says is a stranger's word: it tells how to write the file that bears it, and never another one. A command
that lockbot can't follow leaves its file alone, with the reason.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final

from bot.commands.files import has_commands
from bot.detect.commands import find_uv_commands
from bot.detect.ignored import is_ignored
from bot.detect.model import Listing
from bot.errors import InputError
from bot.export.arguments import (
    ExportArguments,
    Format,
    command_of,
    find_command,
    parse_arguments,
)
from bot.export.batch import read_batch
from bot.export.pylock_toml import is_pylock_name
from bot.follow.export_commands import by_hooks, by_lines, unlike_hooks
from bot.follow.export_file import (
    Unfollowed,
    check_arguments,
    check_output,
    is_export,
    make_export,
    nearest_lock,
    read_file,
    tell,
)
from bot.follow.model import Follower
from bot.pinned.command_paths import below, find_folder, within
from bot.printable import printable
from bot.repoconfig.model import Export, RepoConfig
from bot.resolver.lowering.paths import join, parents

_NAMES: Final = ("requirement", "constraint")
_MANIFESTS: Final = ("pyproject.toml", "uv.lock")


def is_brought(path: str, files: Collection[str], /) -> bool:
    name, folder = posixpath.basename(path), posixpath.dirname(path)
    if is_ignored(path):
        return False
    if has_commands(path):
        return True
    if name.endswith((".cdx.json", "bom.json")):
        return True
    if any(word in name for word in _NAMES) and not name.endswith((".py", ".md", ".rst", ".html")):
        return True
    if not name.endswith(".txt"):
        return is_pylock_name(name)
    beside = any(posixpath.join(folder, manifest) in files for manifest in _MANIFESTS)
    return beside or any(word in posixpath.basename(folder) for word in _NAMES)


def find(listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
    """One for each file; what ``.lockbot.json`` says of a file goes before all others."""
    files = frozenset(listing.paths())
    named = {posixpath.normpath(one.output): one for one in config.exports}
    found: dict[str, Follower] = {path: _configured(listing, path, one, files) for path, one in named.items()}
    commands = tuple(find_uv_commands(listing, "export"))
    found = {**by_hooks(listing, commands, files), **found}
    headed = {one.path: one for one in _by_header(listing, sorted(files - found.keys()), files)}
    found = {**by_lines(listing, commands, files), **headed, **found}
    unknown = _of_unknown_commands(listing, sorted(files - found.keys()), config)
    return (*found.values(), *unlike_hooks(listing), *unknown)


def _of_unknown_commands(listing: Listing, paths: Sequence[str], config: RepoConfig) -> Iterator[Follower]:
    """What uv made of a lock, without a word by which command. ``pylock.toml`` alone says so: other files of pins move."""
    compiled = {posixpath.normpath(one.output) for one in config.compiled}
    commands = None
    for path in paths:
        name = posixpath.basename(path)
        lock = nearest_lock(listing, path) if is_pylock_name(name) else None
        if lock is None or path in compiled or is_ignored(path):
            continue
        text = (read_file(listing, path) or "").removeprefix("\ufeff")
        if not text.startswith("lock-version") or not is_export(text, Format.PYLOCK):
            continue
        commands = tuple(find_uv_commands(listing, "pip compile")) if commands is None else commands
        if not any(name in word for command in commands for word in (*command.words, command.output or "")):
            reason = "nothing says by which command uv made it; name that in .lockbot.json (exports)"
            yield Unfollowed(path=path, lock=lock, reason=reason)


def _by_header(listing: Listing, paths: Sequence[str], files: Collection[str]) -> Iterator[Follower]:
    for path in paths:
        if is_brought(path, files) and not path.endswith(".json"):
            text = read_file(listing, path)
            command = None if text is None else find_command(text)
            if command is not None:
                yield _made(listing, path, command)


# --- by the header ----------------------------------------------------------------------------------


def _made(listing: Listing, path: str, command: str) -> Follower:
    try:
        arguments = parse_arguments(command.split())
        check_arguments(arguments)
        if not arguments.header:
            raise InputError("its command says --no-header, and yet the file has one")
        folder = _folder_of(listing, path, arguments)
        if arguments.batch is not None:
            arguments = _entry_for(listing, path, arguments, folder)
        return make_export(listing, path, command, arguments, folder)
    except InputError as error:
        return Unfollowed(path=path, lock=nearest_lock(listing, path), reason=tell(error))


def _folder_of(listing: Listing, path: str, arguments: ExportArguments) -> str:
    """The folder in which the command was run, as far as the file tells."""
    folder = posixpath.dirname(path) or "."
    if arguments.output is not None:
        return find_folder(path, arguments.output)
    for place in (folder, *parents(folder)):
        start = within(place, arguments.directory or ".", "folder")
        if any(listing.exists(file) for file in _signs(start, arguments)):
            return start
    raise InputError("its command names no output, and there is no project in its folder or above")


def find_batches(listing: Listing, files: Collection[str]) -> Iterator[str]:
    """The files that headers name as the batch of their command."""
    for path in sorted(files):
        text = read_file(listing, path) if is_brought(path, files) and not path.endswith(".json") else None
        command = None if text is None else find_command(text)
        if command is None or "--batch" not in command:
            continue
        with suppress(InputError):
            arguments = parse_arguments(command.split())
            if arguments.batch is not None:
                places = (posixpath.dirname(path) or ".", *parents(posixpath.dirname(path) or "."))
                yield from (within(place, arguments.batch, "batch") for place in places)


def _entry_for(listing: Listing, path: str, arguments: ExportArguments, folder: str) -> ExportArguments:
    """What the batch of a command asks for this file."""
    batch = within(folder, arguments.batch or "", "batch")
    entries = read_batch(listing.read_text(batch) or "", arguments.batch or "", arguments)
    found = next((one for one in entries if join(folder, one.output or "") == path), None)
    if found is None:
        raise InputError(f"the batch {printable(batch)} of its command does not write it")
    return found


def _signs(folder: str, arguments: ExportArguments) -> Iterator[str]:
    """Files one of which is there if the command was run in a folder."""
    named = {"script": arguments.script, "batch": arguments.batch}
    for what, file in named.items():
        if file is not None:
            yield within(folder, file, what)
            return
    where = within(folder, arguments.project or ".", "folder")
    yield from (join(where, name) for name in _MANIFESTS)


# --- by the configuration ---------------------------------------------------------------------------


def _configured(listing: Listing, path: str, export: Export, files: Collection[str]) -> Follower:
    folder = posixpath.normpath(export.directory)
    try:
        words = list(export.args[1:] if export.args[:1] == ("export",) else export.args)
        arguments = parse_arguments(["export", *words, *_output_words(words, path, folder)])
        check_arguments(arguments)
        if arguments.output is not None and join(folder, below(arguments.output, "output")) != path:
            raise InputError(f"its options write {printable(arguments.output)}, not this file")
        if arguments.directory is not None:
            raise InputError('its options name a --directory; say it as "directory" in the configuration')
        known = check_output(listing, path, arguments, files)
        header = None if known is None else find_command(known)
        command = header or command_of(["export", *words, *_output_words(words, path, folder)])
        return make_export(listing, path, command, arguments, folder, known)
    except InputError as error:
        return Unfollowed(path=path, lock=nearest_lock(listing, join(folder, "x")), reason=tell(error))


def _output_words(words: Sequence[str], path: str, folder: str) -> tuple[str, ...]:
    if any(word == "-o" or word.startswith(("-o", "--output-file")) for word in words):
        return ()
    return ("-o", posixpath.relpath(posixpath.join("/", path), posixpath.join("/", folder)))
