"""Exports that a hook, a Dockerfile or a workflow writes, as far as the file is one of the repository.

A hook has the last word over the header of its file: it is run on every commit, and would write what it says. A line of
a Dockerfile or a workflow, and a hook that is run by hand, only tell of a file without a header how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final

from bot.commands.model import Origin, UvCommand
from bot.detect.commands import find_uv_commands
from bot.detect.model import Listing
from bot.errors import InputError
from bot.export.arguments import ExportArguments, Format, command_of, find_command, parse_arguments
from bot.follow.export_file import (
    ExportFile,
    Unfollowed,
    check_arguments,
    check_output,
    find_relocking,
    make_export,
    nearest_lock,
    tell,
)
from bot.follow.model import Followed, Follower, LeftAlone, Moment
from bot.lockfile.reader import parse_lock
from bot.pinned.command_paths import within
from bot.printable import printable
from bot.resolver.lowering.paths import join

#: Variables that change how uv works, not what it writes.
_HARMLESS: Final = (
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_FROZEN",
    "UV_LINK_MODE",
    "UV_LOCKED",
    "UV_NO_CACHE",
    "UV_NO_PROGRESS",
    "UV_OFFLINE",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_PYTHON_DOWNLOADS",
    "UV_SYSTEM_PYTHON",
)
#: What ``uv lock`` has beside the options of ``uv export``, and that changes no lock.
_LOOKING: Final = frozenset(("--check", "--check-exists", "--dry-run"))


def by_hooks(listing: Listing, commands: Iterable[UvCommand], files: Collection[str]) -> Mapping[str, Follower]:
    """The files that hooks write, each as the last of its hooks does."""
    found: dict[str, Follower] = {}
    for command in commands:
        if command.origin is Origin.HOOK and not command.passes_files:
            follower = _by_hook(listing, command, files)
            if follower is not None:
                found[follower.path] = follower
    return found


def by_lines(listing: Listing, commands: Iterable[UvCommand], files: Collection[str]) -> Mapping[str, Follower]:
    """The files without a header that others than hooks write."""
    found: dict[str, Follower] = {}
    for command in commands:
        if command.origin is not Origin.HOOK and not command.passes_files:
            follower = _by_line(listing, command, files)
            if follower is not None:
                found[follower.path] = follower
    return found


def unlike_hooks(listing: Listing) -> Iterator[Follower]:
    """Hooks that lock in another way than the repository says: what they write can't be what is proposed."""
    for command in find_uv_commands(listing, "lock"):
        option = _relocking(command) if command.origin is Origin.HOOK else None
        if option is not None:
            reason = f"it runs uv lock with --{option}, and so makes another lock"
            yield Unfollowed(path=_place_of(command), lock=_lock_near(listing, command), reason=reason)


def _relocking(command: UvCommand) -> str | None:
    """uv lock and uv export have the same options for the lock."""
    try:
        words = ["export" if word == "lock" else word for word in command.words if word not in _LOOKING]
        return find_relocking(parse_arguments(words))
    except InputError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """``folder`` is where the command is run, ``path`` the file that it writes."""

    folder: str
    path: str


def _by_hook(listing: Listing, command: UvCommand, files: Collection[str]) -> Follower | None:
    path = None
    try:
        arguments = parse_arguments(command.words)
        output = arguments.output if arguments.output is not None else command.output
        if output is None:
            return None
        path = output
        place = _find_place(listing, command, arguments, output)
        if place is None:
            return None
        path = place.path
        made = _export(listing, command, arguments, place, files)
        return HookExport(made=made, present=cache(partial(_present_text, listing, made)))
    except InputError as error:
        here = _place_of(command)
        reason = tell(error) if path is None else f"{tell(error)} (the hook of {printable(here)})"
        return Unfollowed(path=path or here, lock=_lock_near(listing, command), reason=reason)


def _place_of(command: UvCommand) -> str:
    return f"{command.path}:{command.line}"


def _lock_near(listing: Listing, command: UvCommand) -> str | None:
    return nearest_lock(listing, join(next(iter(command.folders), "."), "x"))


def _find_place(listing: Listing, command: UvCommand, arguments: ExportArguments, output: str) -> _Place | None:
    """Where something is that the command would write over. A file that is not in the repository is none of it: no hook
    fails for one, and often git is told to ignore it."""
    for folder in command.folders:
        start = within(folder, arguments.directory or ".", "folder")
        path = within(start, output, "output")
        if listing.mode(path) is not None:
            return _Place(folder=start, path=path)
    return None


def _export(
    listing: Listing, command: UvCommand, arguments: ExportArguments, place: _Place, files: Collection[str]
) -> ExportFile:
    if not command.is_known:
        raise InputError("its command has words that only a shell can fill in")
    setting = next((name for name in command.environment if name not in _HARMLESS), None)
    if setting is not None:
        raise InputError(f"its command is run with {printable(setting)}")
    check_arguments(arguments)
    text = check_output(listing, place.path, arguments, files)
    return make_export(listing, place.path, command_of(command.words), arguments, place.folder, text)


def _by_line(listing: Listing, command: UvCommand, files: Collection[str]) -> Follower | None:
    """What can't be read may be anybody's, and is no follower."""
    try:
        arguments = parse_arguments(command.words)
        output = arguments.output if arguments.output is not None else command.output
        place = None if output is None else _find_place(listing, command, arguments, output)
        if place is None or place.path not in files:
            return None
        made = _export(listing, command, arguments, place, files)
    except InputError:
        return None
    is_other = made.text is None or find_command(made.text) is not None or arguments.header
    if arguments.format is Format.CYCLONEDX:
        return made
    return None if is_other else _Proven(made=made, place=f"line {command.line} of {printable(command.path)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    """An export that bears no header: it is taken for one where it says what the command writes."""

    made: ExportFile
    place: str

    @property
    def path(self) -> str:
        return self.made.path

    def refresh(self, before: Moment, after: Moment) -> Followed:
        followed = self.made.refresh(before, after)
        if self.path in followed.texts and not self._is_right(before):
            reason = f"it is not what the command in {self.place} writes from the lock as it stands"
            return Followed(left=(LeftAlone(path=self.path, reason=reason),))
        return followed

    def _is_right(self, before: Moment) -> bool:
        """Whether the file says what its command writes of the lock as it was."""
        try:
            return self.made.text_of(before.locks[self.made.lock]) == self.made.text
        except InputError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookExport:
    """An export that a hook writes. ``present`` is what it writes of the lock as it stands, ``None`` where that is no lock.

    Its hook is run on every branch, and fails where the file was not right before: so it is written with proposals that
    don't move its lock, too.
    """

    made: ExportFile
    present: Callable[[], str | None] = field(repr=False)

    @property
    def path(self) -> str:
        return self.made.path

    def refresh(self, before: Moment, after: Moment) -> Followed:
        if self.made.is_moved(before, after):
            return self.made.refresh(before, after)
        text = self.present()
        return Followed() if text is None or text == self.made.text else Followed(texts={self.path: text})


def _present_text(listing: Listing, made: ExportFile) -> str | None:
    try:
        text = listing.read_text(made.lock)
        return None if text is None else made.text_of(parse_lock(text, made.lock))
    except InputError:
        return None
