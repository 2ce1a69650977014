"""A commit with some of its files replaced, or some more: what it would be when a lock is put in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.detect.model import Listing
from bot.ports.run import FileMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """A ``Listing``: ``texts`` by path, everything else as in ``tree``. The folders of all texts are there already."""

    tree: Listing
    texts: Mapping[str, str]

    def paths(self) -> Sequence[str]:
        return sorted({*self.tree.paths(), *self.texts})

    def mode(self, path: str) -> str | None:
        found = self.tree.mode(path)
        return FileMode.REGULAR.value if found is None and path in self.texts else found

    def read_text(self, path: str) -> str | None:
        replaced = self.texts.get(path.removeprefix("./"))
        return self.tree.read_text(path) if replaced is None else replaced

    def read_bytes(self, path: str) -> bytes | None:
        replaced = self.texts.get(path.removeprefix("./"))
        return self.tree.read_bytes(path) if replaced is None else replaced.encode()

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return path.removeprefix("./") in self.texts or self.tree.exists(path)
