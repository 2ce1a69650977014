"""Projects and workspaces of a repository, found by their manifests.

Which folders a workspace names is the resolver's to say (``bot.resolver.lowering.workspace``); a folder that no
workspace takes is a project of its own. Whatever is wrong becomes a problem and takes nothing else with it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping

from bot.detect.ignored import is_ignored
from bot.detect.model import LockUnit
from bot.manifest.lines import line_of
from bot.manifest.model import Pyproject
from bot.ports.run import Problem
from bot.resolver.lowering.workspace import Misfit, find_misfit, find_named_folders, manifest_path
from bot.resolver.model.index import Tree

LOCK = "uv.lock"


def find_projects(
    tree: Tree, pyprojects: Mapping[str, Pyproject], files: Collection[str]
) -> tuple[list[LockUnit], list[Problem]]:
    """Return the units, by root, and what contradicts itself; ``pyprojects`` are those that may be looked at."""
    folders = {posixpath.dirname(path) or ".": manifest for path, manifest in pyprojects.items()}
    units: list[LockUnit] = []
    problems: list[Problem] = []
    taken: set[str] = set()
    for root, manifest in folders.items():
        if manifest.uv.workspace is None or manifest.uv.managed is False:
            continue
        members = _named_members(tree, root, manifest, folders)
        problems += _member_problems(members)
        taken.update(members, (root,))
        kept = [folder for folder, member in members.items() if find_misfit(member) is None]
        units.append(_workspace(root, manifest, kept, files))
    for folder, manifest in folders.items():
        if folder not in taken and _is_lockable(folder, manifest, files):
            units.append(_unit("project", folder, (), (manifest_path(folder),), files))
    return sorted(units, key=lambda unit: unit.root), problems + _orphans(files)


def _named_members(
    tree: Tree, root: str, manifest: Pyproject, folders: Mapping[str, Pyproject]
) -> dict[str, Pyproject]:
    """The manifests that a workspace names, by folder; those that uv is not to manage are passed over."""
    named = sorted(folder for _, folder in find_named_folders(tree, root, manifest) if folder in folders)
    return {folder: folders[folder] for folder in named if folders[folder].uv.managed is not False}


def _member_problems(members: Mapping[str, Pyproject]) -> Iterator[Problem]:
    for manifest in members.values():
        match find_misfit(manifest):
            case Misfit.NO_PROJECT:
                yield Problem(path=manifest.path, message="a workspace member has no [project] table", hint="add one")
            case Misfit.NESTED:
                yield Problem(
                    path=manifest.path,
                    line=line_of(manifest.text, ("tool", "uv", "workspace")),
                    message="a workspace inside another workspace",
                    hint="exclude it from the outer one",
                )
            case None:
                pass


def _workspace(root: str, manifest: Pyproject, members: list[str], files: Collection[str]) -> LockUnit:
    own = (root,) if manifest.project is not None else ()
    manifests = (manifest_path(root), *map(manifest_path, members))
    return _unit("workspace", root, (*own, *members), manifests, files)


def _is_lockable(folder: str, manifest: Pyproject, files: Collection[str]) -> bool:
    """A project, or a manifest that only has groups or uv's settings but was locked."""
    if manifest.uv.managed is False:
        return False
    return manifest.project is not None or (bool(manifest.groups) and _lock(folder) in files)


def _unit(
    kind: str, root: str, members: tuple[str, ...], manifests: tuple[str, ...], files: Collection[str]
) -> LockUnit:
    lock = _lock(root)
    return LockUnit(kind=kind, root=root, members=members, manifests=manifests, lock=lock if lock in files else None)


def _orphans(files: Collection[str]) -> list[Problem]:
    """Locks that belong to no manifest at all (one that can't be read has its own problem)."""
    return [
        Problem(path=path, message="a uv.lock without a pyproject.toml beside it", hint="remove the lock")
        for path in sorted(files)
        if posixpath.basename(path) == LOCK
        and not is_ignored(path)
        and manifest_path(posixpath.dirname(path)) not in files
    ]


def _lock(folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, LOCK))
