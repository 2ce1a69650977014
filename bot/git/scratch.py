"""Folders that last as long as the process that uses them: clones, an index for one commit, a repository being made.

They lie in one place and carry the number of their process; each is locked for as long as it is used. The lock ends with
the process however that ends, so what is not locked was left behind by one that was killed, and is swept before the next
folder is made. A folder in use is never swept, whoever sweeps.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Seconds; no git process may take as long, so a lock or a half-written pack of that age belongs to none.
_ABANDONED = 3600.0
_LEFT_BY_GIT = ("*.lock", "refs/lockbot/*.lock", "objects/pack/tmp_*", "objects/tmp_*", "objects/??/tmp_obj_*")


@contextmanager
def scratch_folder(place: Path | None, what: str) -> Iterator[Path]:
    """A new folder below ``place``, or, where that can't be written or is not given, where the system has its own."""
    with contextlib.ExitStack() as stack:
        try:
            if place is None:
                raise FileNotFoundError
            folder = stack.enter_context(held_folder(place, what))
        except OSError:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"lockbot-{what}-")))
        yield folder


@contextmanager
def held_folder(place: Path, what: str) -> Iterator[Path]:
    """A new folder below ``place``, deleted when the context ends; raises ``OSError`` where none can be made."""
    place.mkdir(parents=True, exist_ok=True)
    sweep_folders(place)
    # With the place locked nobody sweeps between the making of the folder and its lock.
    with _locked(place):
        folder = Path(tempfile.mkdtemp(prefix=f"{what}-{os.getpid()}-", dir=place))
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:
            os.close(held)
            folder.rmdir()
            raise
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def sweep_folders(place: Path) -> int:
    """Delete what killed processes left; how many. Nothing that goes wrong is a reason to stop."""
    left: list[tuple[Path, int]] = []
    with contextlib.suppress(OSError), _locked(place):
        for folder in place.iterdir():
            held = _take(folder)
            if held is not None:
                left.append((folder, held))
    for folder, held in left:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)
    return len(left)


def sweep_repositories(cache: Path) -> int:
    """Delete what killed git processes left in the kept repositories: with a lock left there git would never fetch again."""
    removed = 0
    for pattern in _LEFT_BY_GIT:
        for path in cache.glob(f"*/{pattern}"):
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > _ABANDONED:
                    path.unlink()
                    removed += 1
    return removed


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _take(folder: Path) -> int | None:
    """The lock of a folder that nobody holds."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
