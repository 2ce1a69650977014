"""What manifests say that a lock does not: which project is meant, and which groups its workspace declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import normpath

from bot.errors import InputError
from bot.export.selection import DEV
from bot.lockfile.graph import own_packages
from bot.lockfile.model import DefaultGroups, Lock, Package
from bot.lockfile.reader import parse_lock
from bot.manifest.model import Pyproject
from bot.resolver.lowering.paths import join, parents
from bot.resolver.lowering.trees import default_groups
from bot.resolver.lowering.workspace import (
    MANIFEST,
    Workspace,
    WorkspaceMember,
    discover_workspace,
    find_named_folders,
    find_root_above,
    read_manifest,
)
from bot.resolver.model.index import Tree

#: The revision of locks that say what a manifest would: default groups.
_SELF_CONTAINED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportProject:
    """``name`` is the project that is meant, ``None`` for a root without a project. ``declared``: the groups of each
    member that is known; ``root_groups``: those of a root without a project."""

    name: str | None = None
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    root_groups: frozenset[str] = frozenset()
    defaults: DefaultGroups = ()

    def declares(self, member: str, group: str) -> bool:
        return group in self.declared.get(member, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """``folder`` is where the lock lies; ``has_manifest``: whether a manifest is there, which names indexes."""

    folder: str
    project: ExportProject
    has_manifest: bool = True


def _managed(workspace: Workspace, package: str | None) -> Workspace:
    """Who names a member asks for a project, and so is asked whether the root is one that uv manages."""
    if package is not None and workspace.manifest.uv.managed is False:
        raise InputError(
            "the project says managed = false", path=workspace.manifest.path, hint="remove it to export here"
        )
    return workspace


def locate_project(tree: Tree, folder: str, package: str | None = None) -> Located:
    """The project that a folder belongs to; where no manifest is left, the lock speaks for it. Raises ``InputError``."""
    folder = normpath(folder)
    for place in (folder, *parents(folder)):
        if tree.exists(join(place, MANIFEST)):
            break
        path = join(place, "uv.lock")
        text = tree.read_text(path)
        if text is not None:
            project = project_of_lock(parse_lock(text, path), path, package)
            return Located(folder=place, project=project, has_manifest=False)
    try:
        workspace = _managed(discover_workspace(tree, folder), package)
    except InputError:
        # A lock that is taken as it is needs no members: images are often built with some of the manifests alone.
        found = _what_is_there(tree, folder)
        if found is None:
            raise
        workspace = found
    return Located(folder=workspace.root, project=project_in(workspace, folder, package))


def _what_is_there(tree: Tree, folder: str) -> Workspace | None:
    """The workspace of a folder with those of its members that can be read; ``None`` where there is none."""
    for place in (folder, *parents(folder)):
        manifest = read_manifest(tree, place)
        if manifest is not None and manifest.uv.managed is not False:
            is_root = manifest.uv.workspace is not None or manifest.project is None
            above = None if is_root else find_root_above(tree, place)
            root, top = above or (place, manifest)
            members = {
                one.project.name: WorkspaceMember(folder=at, manifest=one)
                for at, one in _readable(tree, root, top, place)
                if one.project is not None
            }
            return Workspace(root=root, manifest=top, members=members, required={})
    return None


def _readable(tree: Tree, root: str, top: Pyproject, place: str) -> Iterator[tuple[str, Pyproject]]:
    for folder in dict.fromkeys((root, *(folder for _, folder in find_named_folders(tree, root, top)), place)):
        try:
            manifest = read_manifest(tree, folder)
        except InputError:
            continue
        if manifest is not None:
            yield folder, manifest


def project_in(workspace: Workspace, folder: str, package: str | None = None) -> ExportProject:
    """The project of a workspace that is meant in a folder of it, or the member that is asked for by name."""
    current = _find_current(workspace, folder, package)
    return ExportProject(
        name=None if current.project is None else current.project.name,
        declared={name: _declared(member.manifest) for name, member in workspace.members.items()},
        root_groups=_declared(workspace.manifest) if workspace.is_non_project else frozenset(),
        defaults=_defaults(default_groups(current)),
    )


def _find_current(workspace: Workspace, folder: str, package: str | None) -> Pyproject:
    if package is not None:
        if package not in workspace.members:
            problem = f"the workspace has no member {package}"
            raise InputError(problem, path=workspace.manifest.path, hint="check --package")
        return workspace.members[package].manifest
    by_folder = {member.folder: member.manifest for member in workspace.members.values()}
    inside = (by_folder[place] for place in (normpath(folder), *parents(folder)) if place in by_folder)
    return next(inside, workspace.manifest)


def _declared(manifest: Pyproject) -> frozenset[str]:
    legacy = () if manifest.uv.dev_dependencies is None else (DEV,)
    return frozenset((*(manifest.groups or ()), *legacy))


def _defaults(recorded: DefaultGroups | None) -> DefaultGroups:
    return (DEV,) if recorded is None else recorded


def project_of_lock(lock: Lock, path: str, package: str | None = None) -> ExportProject:
    """The project that a lock without manifests is of; ``path`` is the lock's, for messages."""
    if lock.revision < _SELF_CONTAINED:
        problem = f"without manifests, a lock of revision {_SELF_CONTAINED} or later is needed"
        raise InputError(problem, path=path, hint="run lockbot lock where the manifests are")
    own = {member.name: member for member in own_packages(lock)}
    if package is not None and package not in own:
        raise InputError(f"the workspace has no member {package}", path=path, hint="check --package")
    current = own.get(package or "") or next((one for one in own.values() if is_root(one)), None)
    return ExportProject(
        name=None if current is None else current.name,
        declared={name: recorded_groups(member) for name, member in own.items()},
        root_groups=frozenset(lock.manifest.dependency_groups),
        defaults=_defaults(lock.manifest.default_groups if current is None else current.default_groups),
    )


def is_root(package: Package) -> bool:
    return getattr(package.source, "path", None) in ("", ".")


def recorded_groups(package: Package) -> frozenset[str]:
    """The groups of a package that its lock knows."""
    return frozenset((*package.metadata.requires_dev, *package.dev_dependencies))
