"""The files of a folder as they are now, committed or not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.detect.ignored import is_ignored
from bot.git.command import Git, GitError
from bot.git.folder import FolderTree

_REGULAR, _EXECUTABLE, _LINK = "100644", "100755", "120000"


class WorkingTree(FolderTree):
    """A ``Listing`` of ``files`` below ``root``; what git ignores is not among them."""

    def __init__(self, root: Path, files: Sequence[str]) -> None:
        super().__init__(root)
        self._files = tuple(files)

    def paths(self) -> Sequence[str]:
        """All regular files, ``/``-separated."""
        return self._files

    def mode(self, path: str) -> str | None:
        """The git mode that the file would be committed with; ``None`` where there is nothing."""
        real = self.root / path
        if real.is_symlink():
            return _LINK
        if not real.is_file():
            return None
        return _EXECUTABLE if os.access(real, os.X_OK) else _REGULAR


def open_working_tree(folder: Path, environ: Mapping[str, str]) -> WorkingTree:
    """The repository that a folder is in, else the folder itself."""
    try:
        top = Git(folder=folder, environ=environ).try_run("rev-parse", "--show-toplevel").stdout.removesuffix(b"\n")
    except (GitError, OSError):
        top = b""
    if not top:
        return WorkingTree(folder.resolve(), sorted(_walked(folder.resolve())))
    root = Path(os.fsdecode(top)).resolve()
    listed = Git(folder=root, environ=environ).run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted({os.fsdecode(name) for name in listed.split(b"\0") if name})
    return WorkingTree(root, [name for name in names if (root / name).is_file() and not (root / name).is_symlink()])


def _walked(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_ignored(f"{name}/x")]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()
