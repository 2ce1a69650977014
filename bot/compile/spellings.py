"""How projects spell the folders that they take packages from: what is compiled repeats it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from bot.compile.origins import Asked
from bot.compile.urls import WorkingFolder
from bot.errors import InputError
from bot.lockfile.model import (
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    PathRequirement,
    Requirement,
    RequirementSource,
    VirtualSource,
)
from bot.manifest.model import PathEntry, SourceEntry, WorkspaceEntry
from bot.markers import TRUE
from bot.resolver.lowering.paths import file_url_path, is_absolute, join, locked_path
from bot.resolver.lowering.urls import is_archive_name
from bot.resolver.lowering.workspace import Workspace, discover_workspace, read_manifest
from bot.resolver.model.resolution import PackageKey


def folders_of(packages: Iterable[PackageKey], here: WorkingFolder) -> Iterator[str]:
    """The folders of the tree that packages come from."""
    for key in packages:
        if isinstance(key.source, DirectorySource | EditableSource | VirtualSource) and not is_absolute(
            key.source.path
        ):
            yield join(here.folder, key.source.path)


def find_spellings(here: WorkingFolder, folders: Iterable[str]) -> tuple[Asked, ...]:
    """What the projects in these folders call the places that their sources name."""
    return tuple(one for folder in dict.fromkeys(folders) for one in _of_folder(here, folder))


def _of_folder(here: WorkingFolder, folder: str) -> Iterator[Asked]:
    try:
        manifest = read_manifest(here.tree, folder)
        if manifest is None:
            return
        workspace = discover_workspace(here.tree, folder)
    except InputError:
        return
    for base, sources in ((workspace.root, workspace.sources), (folder, manifest.uv.sources)):
        for name, entries in sources.items():
            for entry in entries:
                yield from _of_entry(here, base, name, entry, workspace)


def _of_entry(here: WorkingFolder, base: str, name: str, entry: SourceEntry, workspace: Workspace) -> Iterator[Asked]:
    if isinstance(entry, PathEntry):
        path = file_url_path(entry.path) or entry.path
        target = posixpath.normpath(path) if is_absolute(path) else join(base, path)
        yield _asked(name, target, entry.path, here)
    elif isinstance(entry, WorkspaceEntry) and name in workspace.members and here.tree_root is not None:
        folder = workspace.members[name].folder
        yield _asked(name, folder, f"file://{posixpath.normpath(posixpath.join(here.tree_root, folder))}", here)


def _asked(name: str, target: str, given: str, here: WorkingFolder) -> Asked:
    path = target if is_absolute(target) else locked_path(target, here.folder)
    source: RequirementSource = DirectoryRequirement(path=path, kind=DirectoryKind.DIRECTORY)
    if is_archive_name(target):
        source = PathRequirement(path=path)
    return Asked(requirement=Requirement(name=name, marker=TRUE, source=source), given=given)
