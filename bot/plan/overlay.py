"""A tree with some texts replaced: what the repository would be after an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.resolver.model.index import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayTree:
    """``texts`` maps normalized paths to new texts; everything else is read through."""

    tree: Tree
    texts: Mapping[str, str] = field(default_factory=dict)

    def read_text(self, path: str) -> str | None:
        replaced = self.texts.get(path.removeprefix("./"))
        return self.tree.read_text(path) if replaced is None else replaced

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return self.tree.exists(path)
