"""Keeps the disk cache below a size: what was used longest ago goes first.

Called at the end of a run, never while one reads or writes. One process looks every so often, whoever it is; entries
are whole files that may go at any time, so processes that read, write or trim at the same time do no harm to each other.
Folders of other formats count too: those of versions that nobody runs any more are never used, so they go first.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: How long nobody looks after somebody did, in seconds.
_PAUSE = 3600.0
#: A file that is being written is renamed within moments; what has this name for longer was left behind.
_BEING_WRITTEN = ".new-"
_ABANDONED = 3600.0
_LEFT = 0.0
#: What is left of the limit after trimming, so that the next run does not have to trim again.
_REST = 0.9
_MARK = "trimmed"


class _Entry(NamedTuple):
    used_at: float
    size: int
    path: str


def trim_cache(folder: Path, limit: int, now: float) -> int:
    """Remove what killed processes left in ``folder``, and entries until they are below ``limit`` bytes; gives how many.

    When an entry was used is what the file system says: it was written, found to be current, or read (where reads are
    noted, mostly once a day). ``now`` are seconds since the epoch. Nothing that goes wrong is a reason to stop.
    """
    if not _claim(folder / _MARK, now):
        return 0
    entries = sorted(_entries(folder, now), key=lambda entry: entry.used_at)
    total = sum(entry.size for entry in entries)
    enough = limit * _REST if total > limit else total
    removed = 0
    for entry in entries:
        if entry.used_at > _LEFT and total <= enough:
            break
        total -= entry.size
        removed += _remove(entry.path)
    _note(folder / _MARK, total, now)
    return removed


def read_cache_size(folder: Path) -> int | None:
    """The bytes that were left when somebody trimmed it last; ``None``: nobody did."""
    try:
        return int((folder / _MARK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _note(mark: Path, size: int, now: float) -> None:
    with contextlib.suppress(OSError):
        mark.write_text(str(size), encoding="ascii")
        os.utime(mark, (now, now))


def _claim(mark: Path, now: float) -> bool:
    """Whether it is time to look; from then on it is not, for others too."""
    with contextlib.suppress(OSError):
        if 0 <= now - mark.stat().st_mtime < _PAUSE:
            return False
    try:
        mark.touch()
        os.utime(mark, (now, now))
    except OSError:
        # No cache yet, or one that cannot be written to.
        return False
    return True


def _entries(folder: Path, now: float) -> Iterator[_Entry]:
    for version in folder.glob("index-*"):
        for place, _folders, names in os.walk(version):
            for name in names:
                path = os.path.join(place, name)
                with contextlib.suppress(OSError):
                    found = os.lstat(path)
                    used_at = max(found.st_atime, found.st_mtime)
                    if not stat.S_ISREG(found.st_mode):
                        continue
                    if name.startswith(_BEING_WRITTEN):
                        used_at = _LEFT if now - found.st_mtime > _ABANDONED else now
                    yield _Entry(used_at, found.st_size, path)


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
