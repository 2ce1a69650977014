"""Workspaces: which root a folder belongs to, and which projects are its members."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from enum import Enum

from bot.errors import InputError
from bot.manifest.globs import is_excluded, is_included
from bot.manifest.lines import line_of
from bot.manifest.model import KeyPath, Pyproject, SourceEntry, WorkspaceEntry, WorkspaceTable
from bot.manifest.pyproject import parse_around_requirements, parse_pyproject
from bot.printable import is_encodable, printable
from bot.resolver.lowering.globs import expand
from bot.resolver.lowering.paths import parents, relative
from bot.resolver.model.index import Tree
from bot.values import value

MANIFEST = "pyproject.toml"


class Misfit(Enum):
    """Why a folder that a workspace names can't be its member."""

    NO_PROJECT = "no project"
    NESTED = "a workspace itself"


@value
class WorkspaceMember:
    """A member: its folder in the tree and its manifest (which has a project)."""

    folder: str
    manifest: Pyproject


@value
class Workspace:
    """A lock root with its members, sorted by name. ``required`` holds the members that another one names as a source,
    with the ``editable`` that it asks for."""

    root: str
    manifest: Pyproject
    members: Mapping[str, WorkspaceMember]
    required: Mapping[str, bool | None]

    @property
    def is_non_project(self) -> bool:
        """Whether the root itself is no member (it has no ``[project]``)."""
        return all(member.folder != self.root for member in self.members.values())

    def is_package(self, name: str) -> bool:
        """Whether a member is a package: said so, has a build system, or another member requires it."""
        return is_package(self.members[name].manifest, needs_build_system=name not in self.required)

    @property
    def sources(self) -> Mapping[str, tuple[SourceEntry, ...]]:
        return self.manifest.uv.sources


def is_package(manifest: Pyproject, *, needs_build_system: bool) -> bool:
    if manifest.uv.package is not None:
        return manifest.uv.package
    return manifest.build_system is not None or not needs_build_system


def error_at(manifest: Pyproject, keys: KeyPath, problem: str, hint: str | None = None) -> InputError:
    """Make the error for a place in a manifest."""
    return InputError(problem, path=manifest.path, line=line_of(manifest.text, keys), hint=hint)


def manifest_path(folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, MANIFEST))


def read_manifest(tree: Tree, folder: str) -> Pyproject | None:
    """Read the ``pyproject.toml`` of a folder, ``None`` where there is none."""
    path = manifest_path(folder)
    text = tree.read_text(path)
    return None if text is None else parse_pyproject(text, path)


def _read_around(tree: Tree, folder: str) -> Pyproject | None:
    """The same, for who asks what belongs together: wrong requirements are told by who lowers them, as uv does."""
    path = manifest_path(folder)
    text = tree.read_text(path)
    return None if text is None else parse_around_requirements(text, path)


def discover_workspace(tree: Tree, folder: str) -> Workspace:
    """Find the workspace that a folder belongs to: its own, one above it, or just the project itself.

    Climbs to the tree's root at most. Raises ``InputError`` where there is no project or a member is wrong.
    """
    folder = posixpath.normpath(folder)
    for place in (folder, *parents(folder)):
        manifest = _read_around(tree, place)
        if manifest is not None:
            return _discover(tree, place, manifest)
    raise InputError("no pyproject.toml here or above", path=folder, hint="run lockbot inside a project")


def _discover(tree: Tree, folder: str, manifest: Pyproject) -> Workspace:
    # Of a root that is no project uv does not ask.
    if manifest.uv.managed is False and manifest.project is not None:
        raise error_at(
            manifest, ("tool", "uv", "managed"), "the project says managed = false", "remove it to lock here"
        )
    if manifest.uv.workspace is None and manifest.project is not None:
        above = find_root_above(tree, folder)
        if above is not None:
            return _build(tree, *above)
    return _build(tree, folder, manifest)


def find_root_above(tree: Tree, folder: str) -> tuple[str, Pyproject] | None:
    """The nearest manifest above decides: it is the root if it declares a workspace that includes the folder."""
    for place in parents(folder):
        manifest = _read_around(tree, place)
        if manifest is None:
            continue
        table = manifest.uv.workspace
        path = relative(folder, place)
        if table is None or not _includes(table, path) or _excludes(table, path):
            return None
        return place, manifest
    return None


def _includes(table: WorkspaceTable, path: str) -> bool:
    return any(is_included(pattern, path) for pattern in table.members)


def _excludes(table: WorkspaceTable, path: str) -> bool:
    return any(is_excluded(pattern, path) for pattern in table.exclude)


def find_misfit(manifest: Pyproject) -> Misfit | None:
    if manifest.project is None:
        return Misfit.NO_PROJECT
    return Misfit.NESTED if manifest.uv.workspace is not None else None


def find_named_folders(tree: Tree, root: str, manifest: Pyproject) -> Iterator[tuple[int, str]]:
    """The folders that a workspace names, each once, with the position of the pattern in ``members``; of a root that is a
    project itself, those besides it."""
    table = manifest.uv.workspace or WorkspaceTable()
    seen = set() if manifest.project is None else {root}
    for position, pattern in enumerate(table.members):
        for folder in expand(tree, root, pattern):
            if folder not in seen and not _excludes(table, relative(folder, root)):
                seen.add(folder)
                yield position, folder


def _build(tree: Tree, root: str, manifest: Pyproject) -> Workspace:
    members = dict(sorted(_find_members(tree, root, manifest).items()))
    for member in members.values():
        if member.folder != root and find_misfit(member.manifest) is Misfit.NESTED:
            problem = f"a workspace inside the workspace at {root}: nested workspaces are not supported"
            raise error_at(member.manifest, ("tool", "uv", "workspace"), problem, "exclude it from the outer one")
    required = _find_required(manifest, members)
    return Workspace(root=root, manifest=manifest, members=members, required=required)


def _find_members(tree: Tree, root: str, manifest: Pyproject) -> dict[str, WorkspaceMember]:
    members: dict[str, WorkspaceMember] = {}
    if manifest.project is not None:
        members[manifest.project.name] = WorkspaceMember(folder=root, manifest=manifest)
    for position, folder in find_named_folders(tree, root, manifest):
        if not is_encodable(folder):
            raise InputError("the folder's name is not UTF-8", path=printable(folder), hint="rename it, or exclude it")
        member = _read_member(tree, folder, manifest, position)
        if member is not None:
            _add(members, member)
    return members


def _add(members: dict[str, WorkspaceMember], member: WorkspaceMember) -> None:
    project = member.manifest.project
    if project is None:
        raise InputError("a workspace member has no [project] table", path=member.manifest.path)
    if project.name in members:
        problem = f"two workspace members are named {project.name}: {members[project.name].manifest.path} too"
        raise error_at(member.manifest, ("project", "name"), problem, "rename one of them")
    members[project.name] = member


def _read_member(tree: Tree, folder: str, root: Pyproject, position: int) -> WorkspaceMember | None:
    manifest = _read_around(tree, folder)
    if manifest is None:
        if posixpath.basename(folder).startswith(".") or posixpath.basename(folder) == "__pycache__":
            return None
        keys = ("tool", "uv", "workspace", "members", position)
        problem = f"the workspace member {folder} has no pyproject.toml"
        raise error_at(root, keys, problem, "add one, or list the folder in exclude")
    return None if manifest.uv.managed is False else WorkspaceMember(folder=folder, manifest=manifest)


def _find_required(root: Pyproject, members: Mapping[str, WorkspaceMember]) -> dict[str, bool | None]:
    required: dict[str, bool | None] = {}
    for manifest, name, entry in _workspace_entries(root, members):
        earlier = required.get(name)
        if earlier is not None and entry.editable is not None and earlier is not entry.editable:
            problem = f"members disagree on editable for the workspace source {name}"
            raise error_at(manifest, ("tool", "uv", "sources", name), problem, "use the same value everywhere")
        required[name] = entry.editable
    return required


def _workspace_entries(
    root: Pyproject, members: Mapping[str, WorkspaceMember]
) -> Iterator[tuple[Pyproject, str, WorkspaceEntry]]:
    """All ``workspace = true`` entries but those of a project about itself; the root's first, then by member."""
    manifests = [root, *(member.manifest for member in members.values())]
    for manifest in manifests:
        own = manifest.project.name if manifest.project else None
        for name, entries in sorted(manifest.uv.sources.items()):
            for entry in entries if name != own else ():
                if isinstance(entry, WorkspaceEntry) and entry.workspace is True:
                    yield manifest, name, entry
