"""Projects and workspaces of a repository, found by their manifests.

The rules are uv's: a member pattern makes a folder a member, an exclude takes it out; a folder that no workspace
takes is a project of its own. Whatever can't be read becomes a problem and takes nothing else with it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping

from bot.detect.ignored import is_ignored, to_problem
from bot.detect.model import DetectProblem, Listing, LockKind, LockUnit
from bot.errors import InputError
from bot.manifest.globs import is_excluded, is_included
from bot.manifest.lines import line_of
from bot.manifest.model import Pyproject, WorkspaceTable
from bot.manifest.pyproject import parse_pyproject

MANIFEST = "pyproject.toml"
LOCK = "uv.lock"


def read_pyprojects(listing: Listing) -> tuple[dict[str, Pyproject], list[DetectProblem]]:
    """Parse every ``pyproject.toml``; by path, sorted."""
    found: dict[str, Pyproject] = {}
    problems: list[DetectProblem] = []
    for path in sorted(listing.paths()):
        if posixpath.basename(path) != MANIFEST or is_ignored(path):
            continue
        try:
            text = listing.read_text(path)
            if text is not None:
                found[path] = parse_pyproject(text, path)
        except InputError as error:
            problems.append(to_problem(error, path))
    return found, problems


def find_projects(
    pyprojects: Mapping[str, Pyproject], files: Collection[str]
) -> tuple[list[LockUnit], list[DetectProblem]]:
    """Return the units, by root, and what contradicts itself."""
    folders = {posixpath.dirname(path) or ".": manifest for path, manifest in pyprojects.items()}
    units: list[LockUnit] = []
    problems: list[DetectProblem] = []
    taken: set[str] = set()
    for root, manifest in folders.items():
        table = manifest.uv.workspace
        if table is None or manifest.uv.managed is False:
            continue
        members = sorted(_members(root, table, folders))
        problems += _member_problems(members, folders)
        taken.update(members, (root,))
        kept = [member for member in members if _is_member(folders[member])]
        units.append(_workspace(root, manifest, kept, files))
    for folder, manifest in folders.items():
        if folder not in taken and _is_lockable(folder, manifest, files):
            units.append(_unit(LockKind.PROJECT, folder, (), (_path(folder),), files))
    return sorted(units, key=lambda unit: unit.root), problems + _orphans(files)


def _members(root: str, table: WorkspaceTable, folders: Mapping[str, Pyproject]) -> Iterator[str]:
    for folder, manifest in folders.items():
        if folder == root or manifest.uv.managed is False:
            continue
        way = posixpath.relpath(folder, root)
        is_named = any(is_included(pattern, way) for pattern in table.members)
        if is_named and not any(is_excluded(pattern, way) for pattern in table.exclude):
            yield folder


def _is_member(manifest: Pyproject) -> bool:
    return manifest.project is not None and manifest.uv.workspace is None


def _member_problems(members: list[str], folders: Mapping[str, Pyproject]) -> Iterator[DetectProblem]:
    for folder in members:
        manifest = folders[folder]
        if manifest.project is None:
            yield DetectProblem(path=manifest.path, message="a workspace member has no [project] table", hint="add one")
        elif manifest.uv.workspace is not None:
            yield DetectProblem(
                path=manifest.path,
                line=line_of(manifest.text, ("tool", "uv", "workspace")),
                message="a workspace inside another workspace",
                hint="exclude it from the outer one",
            )


def _workspace(root: str, manifest: Pyproject, members: list[str], files: Collection[str]) -> LockUnit:
    own = (root,) if manifest.project is not None else ()
    manifests = (_path(root), *map(_path, members))
    return _unit(LockKind.WORKSPACE, root, (*own, *members), manifests, files)


def _is_lockable(folder: str, manifest: Pyproject, files: Collection[str]) -> bool:
    """A project, or a manifest that only has groups or uv's settings but was locked."""
    if manifest.uv.managed is False:
        return False
    return manifest.project is not None or (bool(manifest.groups) and _lock(folder) in files)


def _unit(
    kind: LockKind, root: str, members: tuple[str, ...], manifests: tuple[str, ...], files: Collection[str]
) -> LockUnit:
    lock = _lock(root)
    return LockUnit(kind=kind, root=root, members=members, manifests=manifests, lock=lock if lock in files else None)


def _orphans(files: Collection[str]) -> list[DetectProblem]:
    """Locks that belong to no manifest at all (one that can't be read has its own problem)."""
    return [
        DetectProblem(path=path, message="a uv.lock without a pyproject.toml beside it", hint="remove the lock")
        for path in sorted(files)
        if posixpath.basename(path) == LOCK
        and not is_ignored(path)
        and _path(posixpath.dirname(path) or ".") not in files
    ]


def _path(folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, MANIFEST))


def _lock(folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, LOCK))
