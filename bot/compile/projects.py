"""Projects as input: what ``pyproject.toml`` and ``setup.cfg`` require, and dependency groups."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.compile.origins import Asked, Origin, OriginKind
from bot.compile.urls import WorkingFolder, from_working_folder
from bot.errors import BuildRequiredError, InputError
from bot.lockfile.model import Requirement
from bot.manifest.model import DeclaredRequirement
from bot.manifest.requirement import InvalidRequirement, parse_requirement_leniently
from bot.manifest.setup_cfg import SetupCfg, parse_setup_cfg
from bot.markers import extra_marker
from bot.patterns import pattern
from bot.resolver.lowering.groups import flatten_groups
from bot.resolver.lowering.indexes import named_indexes
from bot.resolver.lowering.paths import is_absolute, join
from bot.resolver.lowering.recursion import flatten_recursive_extras
from bot.resolver.lowering.settings import Effective
from bot.resolver.lowering.sources import Place, lower_plain
from bot.resolver.lowering.trees import lower_groups, lower_manifest
from bot.resolver.lowering.workspace import Workspace, discover_workspace, read_manifest
from bot.values import replace

_STATES_REQUIREMENTS = pattern(r"install_requires|extras_require|python_requires|parse_requirements")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProject:
    """``requirements`` of extras keep the condition on their extra."""

    name: str
    extras: tuple[str, ...]
    requirements: tuple[Asked, ...]


def read_project(here: WorkingFolder, path: str, effective: Effective) -> ReadProject:
    """What the project of a file requires; raises ``InputError``, ``BuildRequiredError`` where only a build would tell."""
    folder = _folder(here, path)
    if not here.tree.exists(posixpath.join(folder, posixpath.basename(path))):
        raise InputError("no such file", path=path)
    if posixpath.basename(path) == "setup.py":
        raise InputError("a setup.py would have to be run", path=path, hint="state the project in pyproject.toml")
    manifest = read_manifest(here.tree, folder)
    if manifest is not None and manifest.project is not None:
        return _of_manifest(here, folder, path, effective)
    stated = parse_setup_cfg(here.tree.read_text(posixpath.join(folder, "setup.cfg")) or "")
    is_buildable = manifest is not None or here.tree.exists(posixpath.join(folder, "setup.py"))
    if posixpath.basename(path) == "setup.cfg" and stated is not None and stated.has_options and is_buildable:
        return _of_setup_cfg(here, folder, path, stated)
    why = f"{path} has no [project] table" if manifest is not None else f"{path} does not say what is required"
    raise BuildRequiredError(posixpath.basename(folder), None, why, path=path)


def _folder(here: WorkingFolder, path: str) -> str:
    if not is_absolute(path):
        return join(here.folder, posixpath.dirname(path) or ".")
    if here.tree_root is None:
        raise InputError(f"the path {path} is one of another machine", hint="write it from where the command runs")
    return posixpath.relpath(posixpath.dirname(path), here.tree_root)


def _of_manifest(here: WorkingFolder, folder: str, path: str, effective: Effective) -> ReadProject:
    manifest = read_manifest(here.tree, folder)
    assert manifest is not None
    metadata = lower_manifest(here.tree, folder, manifest, _workspace(here, folder), effective, here.folder)
    origin = _origin(here, path, metadata.name)
    flat = flatten_recursive_extras(metadata.requires_dist, metadata.name)
    return ReadProject(name=metadata.name, extras=metadata.provides_extras, requirements=_asked(flat, origin))


def _origin(here: WorkingFolder, path: str, project: str) -> Origin:
    shown = from_working_folder(path, here)
    return Origin(kind=OriginKind.PROJECT, path=shown, is_absolute=path.startswith("/"), project=project)


def _workspace(here: WorkingFolder, folder: str) -> Workspace:
    return discover_workspace(here.tree, folder)


def _asked(requirements: Sequence[Requirement], origin: Origin) -> tuple[Asked, ...]:
    return tuple(Asked(requirement=one, origin=origin) for one in requirements)


# --- setup.cfg --------------------------------------------------------------------------------------


def _of_setup_cfg(here: WorkingFolder, folder: str, path: str, stated: SetupCfg) -> ReadProject:
    if stated.name is None:
        raise InputError("[metadata] has no name", path=path)
    setup = here.tree.read_text(posixpath.join(folder, "setup.py")) or ""
    if stated.reads_files or _STATES_REQUIREMENTS.search(setup):
        where = "other files" if stated.reads_files else "setup.py"
        raise BuildRequiredError(stated.name, None, f"what it requires is stated in {where}", path=path)
    place = Place(tree=here.tree, folder=folder, lock_folder=here.folder, manifest_path=path)
    lowered = [lower_plain(one, place) for one in _declared(stated, path)]
    flat = flatten_recursive_extras(lowered, stated.name)
    origin = _origin(here, path, stated.name)
    return ReadProject(name=stated.name, extras=tuple(stated.extras), requirements=_asked(flat, origin))


def _declared(stated: SetupCfg, path: str) -> Iterator[DeclaredRequirement]:
    try:
        yield from (parse_requirement_leniently(text) for text in stated.requires)
        for extra, texts in stated.extras.items():
            for one in map(parse_requirement_leniently, texts):
                yield replace(one, marker=one.marker & extra_marker(extra))
    except InvalidRequirement as error:
        raise InputError(str(error), path=path) from None


# --- groups -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFile:
    """The manifest that groups are taken from. ``is_named``: by the command, else it is the one of the project."""

    path: str
    is_named: bool


def read_group(here: WorkingFolder, place: GroupFile, names: Sequence[str], effective: Effective) -> Iterator[Asked]:
    """What dependency groups of a ``pyproject.toml`` require; raises ``InputError``."""
    path = place.path
    folder = _folder(here, path)
    manifest = read_manifest(here.tree, folder)
    if manifest is None:
        raise InputError("no such file", path=path, hint="check --group")
    groups = flatten_groups(manifest)
    for name in names:
        if name not in groups:
            raise InputError(f"no dependency group {name} is declared", path=path, hint="check --group")
    project = manifest.project.name if manifest.project is not None else None
    workspace = _workspace(here, folder)
    lowering = Place(
        tree=here.tree,
        folder=folder,
        lock_folder=here.folder,
        manifest_path=manifest.path,
        text=manifest.text,
        project=project,
        sources=manifest.uv.sources,
        own_indexes=named_indexes(manifest.uv.indexes, workspace.root, effective.tree_root),
        root_indexes=named_indexes(workspace.manifest.uv.indexes, workspace.root, effective.tree_root),
        cli_indexes=effective.cli_indexes,
        ignores_sources=effective.ignores_sources,
        workspace=workspace,
    )
    lowered = lower_groups({name: groups[name] for name in groups if name in names}, lowering)
    for name in sorted(lowered):
        origin = Origin(
            kind=OriginKind.GROUP,
            path=from_working_folder(path, here),
            is_absolute=not place.is_named or path.startswith("/"),
            project=project or "",
            group=name,
        )
        yield from _asked(lowered[name], origin)
