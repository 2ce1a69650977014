"""Reads what path, git and archive dependencies declare, from the tree that the lock lives in and through the port."""

from __future__ import annotations

import posixpath
from functools import cached_property

from bot.errors import BuildRequiredError
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    GitRequirement,
    Package,
    PathRequirement,
    PathSource,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.resolver.lowering import CommandSettings, lower_core_metadata, lower_tree
from bot.resolver.lowering.indexes import folder_url
from bot.resolver.lowering.paths import is_source_archive, locked_path
from bot.resolver.lowering.settings import Effective, find_settings, merge_settings
from bot.resolver.lowering.trees import stated_for_tree, stated_for_wheel
from bot.resolver.model.index import Archive, IndexPort, Tree, find_local_path
from bot.resolver.model.request import TreeMetadata


class TreeLowering:
    """``root`` is the lock's folder in ``tree``; paths that reach it are relative to that folder, as in the lock."""

    def __init__(self, tree: Tree, root: str, settings: CommandSettings, port: IndexPort) -> None:
        self._tree = tree
        self._root = root
        self._settings = settings
        self._port = port

    @cached_property
    def _effective(self) -> Effective:
        return merge_settings(self._settings, find_settings(self._tree, self._root, self._settings))

    def folder(self, name: str, path: str) -> TreeMetadata:
        """The metadata of a source tree on disk; raises ``BuildRequiredError`` where it is not static."""
        return lower_tree(self._tree, self._in_tree(path), self._effective, name=name, lock_folder=self._root)

    def git(self, name: str, source: GitRequirement, commit: str | None) -> tuple[str, TreeMetadata]:
        """The commit that the source stands for, and the metadata at that commit."""
        found = self._port.get_git(source, commit)
        if source.path is not None:
            raise BuildRequiredError(name, None, f"an archive inside the git repository {source.url} is not supported")
        folder = source.subdirectory or "."
        return found.commit, lower_tree(found.tree, folder, self._effective, name=name, git=source)

    def archive(self, archive: Archive) -> TreeMetadata:
        """The metadata of an archive; for a wheel, that which the project states in its place comes first."""
        metadata = lower_core_metadata(archive.metadata)
        if not archive.is_wheel or metadata.version is None:
            return metadata
        return stated_for_wheel(metadata.name, metadata.version, self._effective) or metadata

    def stated(self, name: str) -> TreeMetadata | None:
        """What the project states in place of a source archive's metadata: nobody looks into the archive then."""
        return stated_for_tree(name, self._effective)

    def locked(self, package: Package) -> TreeMetadata | None:
        """What a locked package declares now, for packages that can change in place; ``None``: take the lock's word."""
        match package.source:
            case DirectorySource(path=path) | EditableSource(path=path) | VirtualSource(path=path):
                return self.folder(package.name, path)
            case PathSource(path=place) | UrlSource(url=place) if is_source_archive(place) and self.stated(
                package.name
            ):
                return self.stated(package.name)
            case PathSource(path=path):
                return self.archive(self._port.get_archive(PathRequirement(path=self.on_disk(path)), package.name))
            case UrlSource(url=url, subdirectory=subdirectory):
                requirement = UrlRequirement(url=url, subdirectory=subdirectory)
                return self.archive(self._port.get_archive(requirement, package.name))
            case _:
                return None

    def on_disk(self, path: str) -> str:
        """A path of the lock as an absolute one, for the port."""
        if posixpath.isabs(path):
            return path
        return posixpath.normpath(posixpath.join(self._settings.tree_root or "/", self._root, path))

    def index_url(self, registry: str) -> str:
        """What a lock calls a registry, as the URL of a configured index."""
        place = find_local_path(registry)
        return registry if place is None else folder_url(self.on_disk(place))

    def in_lock(self, path: str) -> str:
        """An absolute path (of a local index, or of a file in it) as the lock prints it; URLs stay as they are."""
        if not posixpath.isabs(path) or self._settings.tree_root is None:
            return path
        return locked_path(path, posixpath.join(self._settings.tree_root, self._root))

    def read_manifest(self, path: str) -> str | None:
        """The text of a file below the lock's folder."""
        return self._tree.read_text(self._in_tree(path))

    def shown(self, path: str) -> str:
        """A path of the lock as people see it: from the top of a repository, else from the lock's folder."""
        return path if self._settings.tree_root is not None else posixpath.normpath(posixpath.join(self._root, path))

    def _in_tree(self, path: str) -> str:
        if not posixpath.isabs(path):
            return posixpath.normpath(posixpath.join(self._root, path))
        return posixpath.relpath(path, self._settings.tree_root or "/")
