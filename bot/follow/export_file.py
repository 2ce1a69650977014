"""One file that ``uv export`` wrote, as something that follows a lock, and whether it may be written over.

What a command says is a stranger's word: its paths stay inside of the repository, and what is there already has to look
like an export.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from bot.command_line.options import Bears
from bot.command_line.uv_options import LOCKING_OPTIONS
from bot.detect.model import Listing
from bot.errors import InputError
from bot.export.arguments import (
    ExportArguments,
    Format,
    find_command,
)
from bot.export.cyclonedx import Identity
from bot.export.document import ExportRequest, export_text
from bot.export.indexes import find_indexes
from bot.export.project import ExportProject, locate_project
from bot.export.pylock_toml import Places, is_pylock_name
from bot.follow.model import Followed, LeftAlone, Moment
from bot.lockfile.model import Lock
from bot.manifest.script import parse_script
from bot.patterns import pattern
from bot.pinned.command_paths import check_new, within
from bot.printable import printable
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.paths import join, parents
from bot.resolver.lowering.settings import WrittenIndexes

#: Options that make no other lock, or none of which an export shows anything.
_IDLE: Final = ("python", "preview", "preview_features")
#: Options that make another lock, or read settings that are not the repository's.
_CHANGING: Final = frozenset(
    option.key for option in LOCKING_OPTIONS if option.bears is Bears.LOCK and option.key not in _IDLE
)
_NAME: Final = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


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
        if not self.is_moved(before, after):
            return Followed()
        try:
            text = self.text_of(after.locks[self.lock])
        except InputError as error:
            return Followed(left=(LeftAlone(path=self.path, reason=tell(error)),))
        return Followed(texts={} if text == self.text else {self.path: text})

    def is_moved(self, before: Moment, after: Moment) -> bool:
        return _moved(self.lock, before, after)

    def text_of(self, lock: Lock) -> str:
        """What the command writes of a lock; raises ``InputError``."""
        return export_text(self._request(lock))

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


def make_export(
    listing: Listing,
    path: str,
    command: str,
    arguments: ExportArguments,
    folder: str,
    text: str | None = None,
) -> ExportFile:
    """The follower of a command that is run in a folder; raises ``InputError`` where there is nothing to export."""
    lock, project, script = _source(listing, arguments, folder)
    base = posixpath.dirname(lock) or "."
    return ExportFile(
        path=path,
        lock=lock,
        text=text if text is not None else read_file(listing, path),
        command=command,
        arguments=arguments,
        project=project,
        indexes=find_indexes(arguments, listing, base, script, CommandSettings()),
    )


def _source(listing: Listing, arguments: ExportArguments, folder: str) -> tuple[str, ExportProject | None, str | None]:
    """The lock that a command exports, with its project, or with the script that it is of."""
    if arguments.script is not None:
        script = within(folder, arguments.script, "script")
        if parse_script(listing.read_text(script) or "", script) is None:
            raise InputError(f"its command exports {printable(script)}, which is no script with a header")
        return f"{script}.lock", None, script
    where = within(folder, arguments.project or ".", "folder")
    package = arguments.packages[0] if len(arguments.packages) == 1 else None
    located = locate_project(listing, where, package)
    return join(located.folder, "uv.lock"), located.project, None


# --- what may be followed ------------------------------------------------------------------------------


def tell(error: InputError) -> str:
    """The refusal in one line; its hint speaks to whoever types a command, not to readers of a pull request."""
    place = "" if error.path is None else f"{error.path}: "
    return printable(f"{place}{error.problem}")


def check_arguments(arguments: ExportArguments) -> None:
    """Refuse what would make another lock than the repository's."""
    option = find_relocking(arguments)
    if option is not None:
        problem = f"its command locks anew with --{option}, but it is the repository's lock that is exported"
        raise InputError(problem)
    if "config_file" in arguments.locking:
        raise InputError("its command reads settings of --config-file, but it is the repository's that count")


def find_relocking(arguments: ExportArguments) -> str | None:
    """The option of a command that makes another lock than the repository's."""
    changing = sorted(_CHANGING.intersection(arguments.locking))
    return changing[0].replace("_", "-") if changing and not arguments.frozen else None


def read_file(listing: Listing, path: str) -> str | None:
    try:
        return listing.read_text(path)
    except InputError:
        return None


def nearest_lock(listing: Listing, path: str) -> str | None:
    folder = posixpath.dirname(path) or "."
    locks = (join(place, "uv.lock") for place in (folder, *parents(folder)))
    return next((lock for lock in locks if listing.exists(lock)), None)


def check_output(listing: Listing, path: str, arguments: ExportArguments, files: Collection[str]) -> str | None:
    """The text that is there; refuses to write over what is no export."""
    _check_name(path, arguments.format)
    if path not in files:
        check_new(listing, path)
        if arguments.format is Format.CYCLONEDX:
            raise InputError("a CycloneDX file is refreshed, not begun: its number and date are made by uv export")
        return None
    text = listing.read_text(path) or ""
    if not is_export(text, arguments.format):
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


def is_export(text: str, form: Format) -> bool:
    if not text.strip():
        return True
    if form is Format.CYCLONEDX:
        return _document(text).get("bomFormat") == "CycloneDX"
    if form is Format.PYLOCK:
        return 'created-by = "uv"' in text.splitlines()[:5]
    return find_command(text) is not None or all(map(_is_line, text.removeprefix("\ufeff").splitlines()))


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
