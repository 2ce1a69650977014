"""What is written for an assembled lock: in which revision and style, and whether anything is written at all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias

from packaging.version import Version

from bot.errors import InputError, UnreadableLockError
from bot.lockfile.graph import PackageId
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.resolver.assembly.compare import is_same_lock
from bot.resolver.assembly.lock import REVISION
from bot.resolver.assembly.meaning import name_of_file
from bot.resolver.assembly.style import restyle
from bot.resolver.model.resolution import Resolution
from bot.values import replace, value


class _Kept(Enum):
    KEEP = "keep"


#: The revision and style of the existing lock.
KEEP: Final = _Kept.KEEP
#: What to write a lock as: uv's newest revision (``None``), the one of this number, or as the existing lock is written.
Revision: TypeAlias = int | _Kept | None


@value(kw_only=False)
class Written:
    """The lock that ``text`` says; ``unchanged``: both are the existing ones; ``is_read``: the lock was read from the text."""

    lock: Lock
    text: str
    unchanged: bool
    is_read: bool = False


def asks_for_another(revision: Revision, existing: Lock) -> bool:
    """Whether a revision was asked for by number that the existing lock does not have."""
    return isinstance(revision, int) and revision != existing.revision


def decide_written(
    lock: Lock,
    resolution: Resolution,
    revision: Revision,
    *,
    existing: Lock | None,
    existing_text: str | None,
    is_exact: bool = False,
) -> Written:
    """The lock as it is to be written in place of the existing one; ``is_exact``: which stands for its bytes alone."""
    if existing is None or existing_text is None:
        lock = _with_revision(lock, revision)
        return Written(lock, render_lock(lock), unchanged=False)
    if revision is KEEP:
        return _in_old_style(replace(lock, revision=existing.revision), resolution, existing, existing_text)
    lock = _with_revision(lock, revision)
    text = render_lock(lock) if is_exact else None
    if text == existing_text if is_exact else is_same_lock(existing, lock):
        return Written(existing, existing_text, unchanged=True)
    return Written(lock, text or render_lock(lock), unchanged=False)


def _in_old_style(lock: Lock, resolution: Resolution, existing: Lock, existing_text: str) -> Written:
    plain = render_lock(lock)
    text = restyle(plain, existing, existing_text, lock, _known_files(resolution))
    if text == existing_text:
        return Written(existing, existing_text, unchanged=True)
    is_read = text != plain or lock.revision < REVISION
    return Written(_read_back(text) if is_read else lock, text, unchanged=False, is_read=is_read)


def _read_back(text: str) -> Lock:
    try:
        return parse_lock(text, "uv.lock")
    except InputError as error:
        raise UnreadableLockError(error.problem) from None


def _with_revision(lock: Lock, revision: Revision) -> Lock:
    return replace(lock, revision=revision if isinstance(revision, int) else REVISION)


def _known_files(resolution: Resolution) -> Mapping[PackageId, frozenset[str]]:
    """The names of all files that the index has of each entry, whether or not the lock lists them."""
    known: dict[PackageId, frozenset[str]] = {}
    for key, pinned in resolution.packages.items():
        version = None if pinned.version is None else Version(pinned.version.text)
        files = [wheel.file for wheel in pinned.wheels] + ([] if pinned.sdist is None else [pinned.sdist])
        known[key.name, version, key.source] = frozenset(map(name_of_file, files))
    return known
