"""Folders of the data folder and the job database, as several adapters look at them and wait for them."""

from __future__ import annotations

import os
from pathlib import Path


def find_nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there and may be looked at: in it what is lacking is made."""
    return next((one for one in (path, *path.parents) if _is_seen(one)), path)


def _is_seen(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False


def wait_for_disk(path: Path) -> None:
    """Returns when what was written to a file, or the names of a folder, are on the disk. Raises ``OSError``."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
