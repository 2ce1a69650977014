"""Files that ``uv export`` wrote, found by the header that names the command, or named by ``.lockbot.json``.

What a header says is a stranger's word: it tells how to write the file that bears it, and never another one. A command
that lockbot can't follow leaves its file alone, with the reason.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.command_line.options import Bears
from bot.command_line.uv_options import LOCKING_OPTIONS
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
from bot.export.cyclonedx import Identity
from bot.export.document import ExportRequest, export_text
from bot.export.indexes import find_indexes
from bot.export.project import ExportProject, locate_project
from bot.export.pylock_toml import Places, is_pylock_name
from bot.follow.model import Followed, Follower, LeftAlone, Moment
from bot.lockfile.model import Lock
from bot.manifest.script import parse_script
from bot.patterns import pattern
from bot.printable import printable
from bot.repoconfig.model import Export, RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.paths import join, parents
from bot.resolver.lowering.settings import WrittenIndexes

#: Options that make no other lock, or none of which an export shows anything.
_IDLE: Final = ("python", "preview", "preview_features")
#: Options that make another lock, or read settings that are not the repository's.
_CHANGING: Final = frozenset(
    option.key for option in LOCKING_OPTIONS if option.bears is Bears.LOCK and option.key not in _IDLE
)
_NAMES: Final = ("requirement", "constraint")
#: The git mode of a folder.
_FOLDER: Final = "040000"
_MANIFESTS: Final = ("pyproject.toml", "uv.lock")
_NAME: Final = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def is_brought(path: str, files: Collection[str], /) -> bool:
    name, folder = posixpath.basename(path), posixpath.dirname(path)
    if is_ignored(path):
        return False
    if name.endswith((".cdx.json", "bom.json")):
        return True
    if any(word in name for word in _NAMES) and not name.endswith((".py", ".md", ".rst", ".html")):
        return True
    if not name.endswith(".txt"):
        return is_pylock_name(name)
    beside = any(posixpath.join(folder, manifest) in files for manifest in _MANIFESTS)
    return beside or any(word in posixpath.basename(folder) for word in _NAMES)


def find(listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
    """One for each file; what ``.lockbot.json`` says of a file goes before what its header says."""
    paths = listing.paths()
    named = {posixpath.normpath(one.output): one for one in config.exports}
    found = [_configured(listing, path, one, frozenset(paths)) for path, one in named.items()]
    return (*found, *_by_header(listing, [path for path in paths if path not in named], frozenset(paths)))


def _by_header(listing: Listing, paths: Sequence[str], files: Collection[str]) -> Iterator[Follower]:
    for path in paths:
        if is_brought(path, files) and not path.endswith(".json"):
            text = _read(listing, path)
            command = None if text is None else find_command(text)
            if command is not None:
                yield _made(listing, path, command)


def _read(listing: Listing, path: str) -> str | None:
    try:
        return listing.read_text(path)
    except InputError:
        return None


# --- by the header ----------------------------------------------------------------------------------


def _made(listing: Listing, path: str, command: str) -> Follower:
    try:
        arguments = parse_arguments(command.split())
        _check(arguments)
        if not arguments.header:
            raise InputError("its command says --no-header, and yet the file has one")
        folder = _folder_of(listing, path, arguments)
        return _follower(listing, path, command, arguments, folder)
    except InputError as error:
        return Unfollowed(path=path, lock=_nearest_lock(listing, path), reason=_told(error))


def _told(error: InputError) -> str:
    """The refusal in one line; its hint speaks to whoever types a command, not to readers of a pull request."""
    place = "" if error.path is None else f"{error.path}: "
    return printable(f"{place}{error.problem}")


def _check(arguments: ExportArguments) -> None:
    """Refuse what would make another lock than the repository's."""
    changing = [f"--{key.replace('_', '-')}" for key in sorted(_CHANGING.intersection(arguments.locking))]
    if changing and not arguments.frozen:
        problem = f"its command locks anew with {changing[0]}, but it is the repository's lock that is exported"
        raise InputError(problem)
    if "config_file" in arguments.locking:
        raise InputError("its command reads settings of --config-file, but it is the repository's that count")


def _folder_of(listing: Listing, path: str, arguments: ExportArguments) -> str:
    """The folder in which the command was run, as far as the file tells."""
    folder = posixpath.dirname(path) or "."
    if arguments.output is not None:
        return _before(path, _below(arguments.output, "output"))
    for place in (folder, *parents(folder)):
        start = _within(place, arguments.directory or ".", "folder")
        if any(listing.exists(file) for file in _signs(start, arguments)):
            return start
    raise InputError("its command names no output, and there is no project in its folder or above")


def _signs(folder: str, arguments: ExportArguments) -> Iterator[str]:
    """Files one of which is there if the command was run in a folder."""
    if arguments.script is not None:
        yield _within(folder, arguments.script, "script")
        return
    where = _within(folder, arguments.project or ".", "folder")
    yield from (join(where, name) for name in _MANIFESTS)


def _relative(path: str, what: str) -> str:
    if path.startswith("/") or "\\" in path or ":" in path:
        raise InputError(f"its command names the {what} {printable(path)}, which is no relative path")
    return posixpath.normpath(path)


def _below(path: str, what: str) -> str:
    """A path of a command that must not lead out of the folder that it starts from."""
    if ".." in path.split("/"):
        raise InputError(f"its command names the {what} {printable(path)}, which leads out of its folder")
    return _relative(path, what)


def _within(folder: str, path: str, what: str) -> str:
    """A path of a command, seen from the repository, which it must not leave."""
    found = join(folder, _relative(path, what))
    if found.startswith("../") or found == "..":
        raise InputError(f"its command names the {what} {printable(path)}, which lies outside of the repository")
    return found


def _before(path: str, output: str) -> str:
    """The folder from which ``output`` is ``path``."""
    if path == output:
        return "."
    if not path.endswith(f"/{output}"):
        raise InputError(f"its command writes {printable(output)}, not this file")
    return path.removesuffix(f"/{output}")


def _nearest_lock(listing: Listing, path: str) -> str | None:
    folder = posixpath.dirname(path) or "."
    locks = (join(place, "uv.lock") for place in (folder, *parents(folder)))
    return next((lock for lock in locks if listing.exists(lock)), None)


# --- by the configuration ---------------------------------------------------------------------------


def _configured(listing: Listing, path: str, export: Export, files: Collection[str]) -> Follower:
    folder = posixpath.normpath(export.directory)
    try:
        words = list(export.args[1:] if export.args[:1] == ("export",) else export.args)
        arguments = parse_arguments(["export", *words, *_output_words(words, path, folder)])
        _check(arguments)
        if arguments.output is not None and join(folder, _below(arguments.output, "output")) != path:
            raise InputError(f"its options write {printable(arguments.output)}, not this file")
        if arguments.directory is not None:
            raise InputError('its options name a --directory; say it as "directory" in the configuration')
        known = _check_output(listing, path, arguments, files)
        header = None if known is None else find_command(known)
        command = header or command_of(["export", *words, *_output_words(words, path, folder)])
        return _follower(listing, path, command, arguments, folder, known)
    except InputError as error:
        return Unfollowed(path=path, lock=_nearest_lock(listing, join(folder, "x")), reason=_told(error))


def _output_words(words: Sequence[str], path: str, folder: str) -> tuple[str, ...]:
    if any(word == "-o" or word.startswith(("-o", "--output-file")) for word in words):
        return ()
    return ("-o", posixpath.relpath(posixpath.join("/", path), posixpath.join("/", folder)))


def _check_output(listing: Listing, path: str, arguments: ExportArguments, files: Collection[str]) -> str | None:
    """The text that is there; refuses to write over what is no export."""
    _check_name(path, arguments.format)
    if path not in files:
        _check_new(listing, path)
        if arguments.format is Format.CYCLONEDX:
            raise InputError("a CycloneDX file is refreshed, not begun: its number and date are made by uv export")
        return None
    text = listing.read_text(path) or ""
    if not _is_export(text, arguments.format):
        raise InputError("what is there does not look like an export, and is not written over")
    return text


def _check_name(path: str, form: Format) -> None:
    name = posixpath.basename(path)
    fits = {
        Format.REQUIREMENTS: name.endswith(".txt"),
        Format.PYLOCK: is_pylock_name(name),
        Format.CYCLONEDX: name.endswith(".json"),
    }
    if not fits[form]:
        raise InputError(f"a file of this name is no place for {form.value}")


def _check_new(listing: Listing, path: str) -> None:
    """A new file goes where nothing is, into folders that are folders and not links to others."""
    if listing.mode(path) is not None:
        raise InputError("there is no regular file of this name, or one that is left alone")
    folder = posixpath.dirname(path)
    while folder:
        if listing.mode(folder) not in (None, _FOLDER):
            raise InputError(f"{printable(folder)} is no folder but a link, a submodule or a file")
        folder = posixpath.dirname(folder)


def _is_export(text: str, form: Format) -> bool:
    if not text.strip():
        return True
    if form is Format.CYCLONEDX:
        return _document(text).get("bomFormat") == "CycloneDX"
    if form is Format.PYLOCK:
        return 'created-by = "uv"' in text.splitlines()[:5]
    return find_command(text) is not None or all(map(_is_line, text.splitlines()))


def _is_line(line: str) -> bool:
    """Whether it may be one of a requirements file: a requirement, a path, an option, a comment, or nothing."""
    line = line.strip().removesuffix("\\").rstrip()
    if not line or line.startswith(("#", "-", "./", "../", "file:")) or line in (".", ".."):
        return True
    name = _NAME.match(line)
    return name is not None and line[name.end() :].lstrip()[:1] in ("", "[", "=", "@", ";")


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# --- followers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed:
    """A file whose command can't be followed; told with every proposal that moves its lock."""

    path: str
    lock: str | None
    reason: str

    def refresh(self, before: Moment, after: Moment) -> Followed:
        if self.lock is not None and not _moved(self.lock, before, after):
            return Followed()
        return Followed(left=(LeftAlone(path=self.path, reason=self.reason),))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file that can be written anew. ``text`` is what it says now, ``None`` where it is to be made."""

    path: str
    lock: str
    text: str | None = field(repr=False)
    command: str
    arguments: ExportArguments
    project: ExportProject | None
    indexes: WrittenIndexes

    def refresh(self, before: Moment, after: Moment) -> Followed:
        if not _moved(self.lock, before, after):
            return Followed()
        try:
            text = export_text(self._request(after.locks[self.lock]))
        except InputError as error:
            return Followed(left=(LeftAlone(path=self.path, reason=_told(error)),))
        return Followed(texts={} if text == self.text else {self.path: text})

    def _request(self, lock: Lock) -> ExportRequest:
        return ExportRequest(
            arguments=self.arguments,
            lock=lock,
            project=self.project,
            places=Places(lock=posixpath.dirname(self.lock) or ".", output=posixpath.dirname(self.path) or "."),
            command=self.command,
            indexes=self.indexes,
            identity=_identity(self.text),
        )


def _moved(lock: str, before: Moment, after: Moment) -> bool:
    return lock in after.locks and before.locks.get(lock) != after.locks[lock]


def _identity(text: str | None) -> Identity:
    """An inventory keeps its number and its date: they say which one it is."""
    document = _document(text or "")
    metadata = document.get("metadata")
    made = metadata.get("timestamp") if isinstance(metadata, dict) else ""
    return Identity(serial=str(document.get("serialNumber", "")).removeprefix("urn:uuid:"), timestamp=str(made))


def _follower(
    listing: Listing,
    path: str,
    command: str,
    arguments: ExportArguments,
    folder: str,
    text: str | None = None,
) -> ExportFile:
    lock, project, script = _source(listing, arguments, folder)
    base = posixpath.dirname(lock) or "."
    return ExportFile(
        path=path,
        lock=lock,
        text=text if text is not None else _read(listing, path),
        command=command,
        arguments=arguments,
        project=project,
        indexes=find_indexes(arguments, listing, base, script, CommandSettings()),
    )


def _source(listing: Listing, arguments: ExportArguments, folder: str) -> tuple[str, ExportProject | None, str | None]:
    """The lock that a command exports, with its project, or with the script that it is of."""
    if arguments.script is not None:
        script = _within(folder, arguments.script, "script")
        if parse_script(listing.read_text(script) or "", script) is None:
            raise InputError(f"its command exports {printable(script)}, which is no script with a header")
        return f"{script}.lock", None, script
    where = _within(folder, arguments.project or ".", "folder")
    package = arguments.packages[0] if len(arguments.packages) == 1 else None
    located = locate_project(listing, where, package)
    return join(located.folder, "uv.lock"), located.project, None
