"""Source trees and archives that a solve meets, lowered on the spot."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from bot.errors import InputError
from bot.lockfile.model import DirectorySource, EditableSource, GitRequirement, Lock, Package, VirtualSource
from bot.resolver.index import Archive, IndexPort, Tree
from bot.resolver.lowering.paths import is_absolute, join
from bot.resolver.lowering.settings import CommandSettings, find_settings, merge_settings
from bot.resolver.lowering.trees import find_entries, lower_core_metadata, lower_tree
from bot.resolver.request import TreeMetadata


class TreeReader:
    """Reads folders of the lock's own tree, git dependencies and archives (``bot.resolver.trees.SourceLowering``).

    ``root`` is the lock's folder in ``tree``; entries of the ``recorded`` lock stand in for metadata of folders that
    only a build would tell.
    """

    def __init__(
        self, tree: Tree, *, root: str, settings: CommandSettings, port: IndexPort, recorded: Lock | None = None
    ) -> None:
        self._tree = tree
        self._root = root
        self._port = port
        self._settings = merge_settings(settings, (find_settings(tree, root),))
        self._entries = find_entries(recorded)

    def folder(self, name: str, path: str) -> TreeMetadata:
        """Lower the project in a folder, which is given as the lock prints it."""
        if is_absolute(path):
            raise InputError(f"{name}: the folder {path} can't be read here", hint="use a path inside the repository")
        place = join(self._root, path)
        recorded = self._entries.get(name)
        return lower_tree(self._tree, place, self._settings, name=name, lock_folder=self._root, recorded=recorded)

    def git(self, name: str, source: GitRequirement, commit: str | None) -> tuple[str, TreeMetadata]:
        """Return the commit that a git dependency means (``commit`` if given) and its lowered metadata."""
        if source.path is not None:
            raise InputError(f"{name}: archives inside a git repository are not supported", hint="use a folder of it")
        found = self._port.get_git(source, commit)
        place = source.subdirectory or "."
        return found.commit, lower_tree(found.tree, place, self._settings, name=name, git=source)

    def archive(self, archive: Archive) -> TreeMetadata:
        """Lower the metadata of a wheel or source archive; its own sources don't count."""
        return lower_core_metadata(archive.metadata)

    def on_disk(self, path: str) -> str:
        """Return the absolute path of a file that the lock names; as it is where the tree is nowhere on disk."""
        if is_absolute(path) or self._settings.tree_root is None:
            return path
        return posixpath.normpath(posixpath.join(self._settings.tree_root, self._root, path))


def read_locked_folders(
    tree: Tree, *, root: str, settings: CommandSettings
) -> Callable[[Package], TreeMetadata | None]:
    """Return what ``judge_lock`` reads packages outside the workspace with: folders anew, archives as recorded."""
    effective = merge_settings(settings, (find_settings(tree, root),))

    def read(package: Package) -> TreeMetadata | None:
        source = package.source
        if not isinstance(source, EditableSource | VirtualSource | DirectorySource) or is_absolute(source.path):
            return None
        place = join(root, source.path)
        return lower_tree(tree, place, effective, name=package.name, lock_folder=root, recorded=package)

    return read
