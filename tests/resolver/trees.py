"""Trees for tests: a folder on disk, and files in memory."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path


class FolderTree:
    """A folder on disk as a ``Tree``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read_text(self, path: str) -> str | None:
        place = self.root / path
        return place.read_bytes().decode("utf-8") if place.is_file() else None

    def list_dirs(self, path: str) -> Sequence[str]:
        place = self.root / path
        return sorted(entry.name for entry in place.iterdir() if entry.is_dir()) if place.is_dir() else ()

    def is_dir(self, path: str) -> bool:
        return (self.root / path).is_dir()

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()


class MemoryTree:
    """Files in memory, as a ``Tree`` and as a ``Listing``."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def mode(self, path: str) -> str | None:
        return "100644" if path in self.files else "040000" if self.is_dir(path) else None

    def read_text(self, path: str) -> str | None:
        return self.files.get(posixpath.normpath(path))

    def read_bytes(self, path: str) -> bytes | None:
        text = self.read_text(path)
        return None if text is None else text.encode()

    def list_dirs(self, path: str) -> Sequence[str]:
        prefix = "" if path == "." else f"{posixpath.normpath(path)}/"
        below = (file[len(prefix) :] for file in self.files if file.startswith(prefix))
        return sorted({rest.split("/")[0] for rest in below if "/" in rest})

    def is_dir(self, path: str) -> bool:
        path = posixpath.normpath(path)
        return path == "." or any(file.startswith(f"{path}/") for file in self.files)

    def exists(self, path: str) -> bool:
        return posixpath.normpath(path) in self.files or self.is_dir(path)
