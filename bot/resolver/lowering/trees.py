"""Static metadata of source trees: workspace members, directory and git dependencies, and archives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from packaging.version import InvalidVersion, Version

from bot.errors import BuildRequiredError, DeclarationError, InputError
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    GitRequirement,
    Lock,
    Package,
    Requirement,
    VirtualSource,
)
from bot.manifest.dynamic import tell_dynamic, tell_poetry
from bot.manifest.model import DeclaredRequirement, DefaultGroups, Project, Pyproject, SourceEntry, StaticMetadata
from bot.manifest.requirement import InvalidRequirement, parse_requirement_leniently, parse_specifiers_leniently
from bot.markers import Marker, extra_marker
from bot.resolver.lowering.comparison import normal_form
from bot.resolver.lowering.groups import FlatGroup, flatten_groups, group_python_texts
from bot.resolver.lowering.indexes import named_indexes
from bot.resolver.lowering.recursion import flatten_recursive_extras
from bot.resolver.lowering.settings import Effective
from bot.resolver.lowering.sources import Place, extra_of, lower_plain, lower_requirement
from bot.resolver.lowering.workspace import Workspace, discover_workspace, error_at, manifest_path, read_manifest
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable, Tree
from bot.resolver.model.request import TreeMetadata
from bot.values import replace

_NEEDED = ("dependencies", "optional-dependencies", "requires-python")
DEV = ("dev",)


def lower_tree(
    tree: Tree,
    folder: str,
    settings: Effective,
    *,
    name: str,
    lock_folder: str = ".",
    git: GitRequirement | None = None,
    recorded: Package | None = None,
) -> TreeMetadata:
    """Read the metadata of a directory or git dependency, with its own ``tool.uv.sources`` applied.

    ``folder`` is the project's folder in ``tree``. For a directory dependency ``tree`` is the lock's own tree and
    ``lock_folder`` the lock's folder in it; for a git dependency ``tree`` is the checkout and ``git`` how it is named.
    ``recorded`` is the package's entry in the existing lock, which stands in for metadata that only a build would tell.
    Raises ``BuildRequiredError`` where the metadata is neither static nor stated, ``DeclarationError`` where it is wrong.
    """
    with _declared():
        return _lower_tree(tree, folder, settings, name, lock_folder, git, recorded)


@contextmanager
def _declared() -> Iterator[None]:
    """What is wrong with a project that others require is told as what it declares of itself."""
    try:
        yield
    except InputError as error:
        raise DeclarationError(error.problem, path=error.path, line=error.line, hint=error.hint) from error


def _lower_tree(
    tree: Tree,
    folder: str,
    settings: Effective,
    name: str,
    lock_folder: str,
    git: GitRequirement | None,
    recorded: Package | None,
) -> TreeMetadata:
    manifest = read_manifest(tree, folder)
    if manifest is None or manifest.project is None:
        stated = stated_for_tree(name, settings)
        if stated is not None and (git is not None or tree.is_dir(folder)):
            return stated
        place = manifest_path(folder) if manifest else folder
        why = f"{place} has no [project] table" if manifest else f"no pyproject.toml in {place}"
        raise BuildRequiredError(name, None, why, path=place)
    workspace = discover_workspace(tree, folder)
    is_other = manifest.project.name != name
    # What a member's folder holds is known before anybody asks, and uv does not look at its name again.
    if is_other and (git is not None or not _is_member(workspace, folder, lock_folder)):
        raise error_at(
            manifest, ("project", "name"), f"{name} is required from here, but this is {manifest.project.name}"
        )
    metadata = lower_manifest(
        tree, folder, manifest, workspace, settings, lock_folder, git=git, recorded=recorded, is_member=False
    )
    return replace(metadata, name=name) if is_other else metadata


def _is_member(workspace: Workspace, folder: str, lock_folder: str) -> bool:
    """Whether a folder is a member of the workspace that is locked."""
    return workspace.root == lock_folder and any(one.folder == folder for one in workspace.members.values())


def lower_manifest(
    tree: Tree,
    folder: str,
    manifest: Pyproject,
    workspace: Workspace,
    settings: Effective,
    lock_folder: str,
    *,
    git: GitRequirement | None = None,
    recorded: Package | None = None,
    is_member: bool = True,
) -> TreeMetadata:
    """Lower one project of a workspace; ``recorded`` as for ``lower_tree``. Default groups count for members alone.

    Raises ``DeclarationError`` where a requirement or its source is wrong, ``InputError`` for its groups.
    """
    groups, defaults = flatten_groups(manifest), default_groups(manifest) if is_member else None
    stated = None if manifest.project is None else stated_for_tree(manifest.project.name, settings)
    if stated is not None:
        pythons = group_python_texts(groups)
        return replace(stated, group_requires_python=pythons, default_groups=defaults)
    if manifest.wrong is not None:
        raise manifest.wrong
    project, is_static = _project(manifest, recorded, tree)
    place = Place(
        tree=tree,
        folder=folder,
        lock_folder=lock_folder,
        manifest_path=manifest.path,
        text=manifest.text,
        project=project.name,
        sources=manifest.uv.sources,
        own_indexes=named_indexes(manifest.uv.indexes, workspace.root, settings.tree_root),
        root_indexes=named_indexes(workspace.manifest.uv.indexes, workspace.root, settings.tree_root),
        cli_indexes=settings.cli_indexes,
        ignores_sources=settings.ignores_sources,
        workspace=workspace,
        git=git,
    )
    with _declared():
        if is_static:
            _check_scopes(manifest, project, groups)
        metadata = TreeMetadata(
            name=project.name,
            version=None if "version" in project.dynamic else project.version,
            requires_python=project.requires_python,
            requires_dist=tuple(_lower_all(_requirements(project), place)),
            provides_extras=tuple(project.optional_dependencies),
            groups=lower_groups(groups, place),
            group_requires_python=group_python_texts(groups),
            default_groups=defaults,
        )
    return metadata if recorded is None else _with_recorded(metadata, recorded, is_static=is_static)


def _project(manifest: Pyproject, recorded: Package | None, tree: Tree) -> tuple[Project, bool]:
    """Return the project, and whether its dependencies are static; if not, an earlier lock must know them."""
    try:
        return _static_project(manifest, tree), True
    except BuildRequiredError:
        if manifest.project is None or recorded is None:
            raise
        return manifest.project, False


def stated_for_tree(name: str, settings: Effective) -> TreeMetadata | None:
    """Return what ``dependency-metadata`` states in place of a project's own metadata.

    A source tree or source archive takes the only entry of its name, and only if that names a version, which is then
    its own.
    """
    entries = [entry for entry in settings.dependency_metadata if entry.name == name]
    if len(entries) != 1 or entries[0].version is None:
        return None
    return _of_stated(entries[0], entries[0].version)


def stated_for_wheel(name: str, version: Version, settings: Effective) -> TreeMetadata | None:
    """Return what ``dependency-metadata`` states for a wheel: the entry of its version, else the one for all."""
    entries = [entry for entry in settings.dependency_metadata if entry.name == name]
    exact = next((entry for entry in entries if entry.version == version), None)
    entry = exact or next((entry for entry in entries if entry.version is None), None)
    return None if entry is None else _of_stated(entry, version)


def _of_stated(entry: StaticMetadata, version: Version) -> TreeMetadata:
    return TreeMetadata(
        name=entry.name,
        version=version,
        requires_python=entry.requires_python,
        requires_dist=tuple(lower_plain(one, _nowhere(entry.name)) for one in entry.requires_dist),
        provides_extras=entry.provides_extras,
    )


def _nowhere(name: str) -> Place:
    return Place(tree=_NoTree(), folder=".", lock_folder=".", manifest_path=name)


def _with_recorded(metadata: TreeMetadata, recorded: Package, *, is_static: bool) -> TreeMetadata:
    """Take over what a build told an earlier lock: dependencies that are not static, or the backend's way to write
    recursive extras out (which a lock shows where the version is dynamic)."""
    told = recorded.metadata
    if is_static:
        flat = flatten_recursive_extras(metadata.requires_dist, metadata.name)
        if metadata.version is not None or flat == metadata.requires_dist:
            return metadata
        if normal_form(flat, _as_it_is) != normal_form(told.requires_dist, _as_it_is):
            return metadata
    return replace(metadata, requires_dist=told.requires_dist, provides_extras=told.provides_extras)


def _as_it_is(marker: Marker) -> Marker:
    return marker


def _static_project(manifest: Pyproject, tree: Tree) -> Project:
    """Return the project of a manifest whose dependencies are static; raises ``BuildRequiredError`` otherwise."""
    project = manifest.project
    if project is None:
        raise InputError("no [project] table", path=manifest.path, hint="add name, version and dependencies")
    dynamic = [field for field in _NEEDED if field in project.dynamic]
    if dynamic:
        why, remedy = tell_dynamic(manifest, dynamic, tree.exists)
        raise BuildRequiredError(project.name, None, why, remedy=remedy, path=manifest.path)
    if manifest.poetry and not manifest.declares_dependencies:
        why, remedy = tell_poetry(manifest)
        raise BuildRequiredError(project.name, None, why, remedy=remedy, path=manifest.path)
    return project


def default_groups(manifest: Pyproject) -> DefaultGroups | None:
    """Return the configured default groups, sorted; ``None`` where they are uv's own default, ``dev``."""
    configured = manifest.uv.default_groups
    if configured is None or isinstance(configured, str):
        return configured
    for name in configured:
        if name not in (manifest.groups or {}):
            keys = ("tool", "uv", "default-groups")
            raise error_at(manifest, keys, f"the default group {name!r} is not declared", "add it, or remove the name")
    names = tuple(sorted(set(configured)))
    return None if names == DEV else names


def lower_groups(groups: Mapping[str, FlatGroup], place: Place) -> dict[str, tuple[Requirement, ...]]:
    """Lower flat groups, keeping the order inside each."""
    return {
        name: tuple(
            lowered
            for requirement in group.requirements
            for lowered in lower_requirement(requirement, place, group=name)
        )
        for name, group in groups.items()
    }


def _requirements(project: Project) -> Iterator[DeclaredRequirement]:
    yield from project.dependencies
    for extra, requirements in project.optional_dependencies.items():
        condition = extra_marker(extra)
        for requirement in requirements:
            yield replace(requirement, marker=requirement.marker & condition)


def _lower_all(requirements: Iterable[DeclaredRequirement], place: Place) -> Iterator[Requirement]:
    for requirement in requirements:
        yield from lower_requirement(requirement, place, extra=extra_of(requirement))


def _check_scopes(manifest: Pyproject, project: Project, groups: Mapping[str, FlatGroup]) -> None:
    """A source for an extra or group must have something there to apply to."""
    for name, entries in manifest.uv.sources.items():
        for entry in entries:
            _check_extra(manifest, project, name, entry)
            group = entry.scope.group
            if group is None:
                continue
            keys = ("tool", "uv", "sources", name)
            if group not in groups:
                raise error_at(manifest, keys, f"the source of {name} names the group {group!r}, which is not declared")
            if all(requirement.name != name for requirement in groups[group].requirements):
                raise error_at(
                    manifest, keys, f"the source of {name} names the group {group!r}, which does not have it"
                )


def _check_extra(manifest: Pyproject, project: Project, name: str, entry: SourceEntry) -> None:
    extra = entry.scope.extra
    if extra is None:
        return
    keys = ("tool", "uv", "sources", name)
    if extra not in project.optional_dependencies:
        raise error_at(manifest, keys, f"the source of {name} names the extra {extra!r}, which is not declared")
    declared = (requirement for requirement in _requirements(project) if requirement.name == name)
    if all(extra_of(requirement) != extra for requirement in declared):
        raise error_at(manifest, keys, f"the source of {name} names the extra {extra!r}, which does not have it")


def find_entries(lock: Lock | None) -> dict[str, Package]:
    """Return the entries of source trees in a lock by name."""
    if lock is None:
        return {}
    trees = EditableSource | VirtualSource | DirectorySource
    return {package.name: package for package in lock.packages if isinstance(package.source, trees)}


def lower_core_metadata(metadata: CoreMetadata) -> TreeMetadata:
    """Lower the metadata of an archive named by URL or path; sources in it, if any, do not count.

    Raises ``MetadataUnavailable`` where a requirement or version can't be read.
    """
    place = _nowhere(metadata.name)
    try:
        return TreeMetadata(
            name=metadata.name,
            version=None if metadata.version is None else Version(metadata.version),
            requires_python=parse_specifiers_leniently(metadata.requires_python) if metadata.requires_python else None,
            requires_dist=tuple(
                lower_plain(parse_requirement_leniently(text), place) for text in metadata.requires_dist
            ),
            provides_extras=metadata.provides_extras,
        )
    except (InvalidRequirement, InvalidVersion, InputError) as error:
        raise MetadataUnavailable(f"{metadata.name}: {error}") from error


class _NoTree:
    """The files of something that has none here."""

    def read_text(self, path: str) -> str | None:
        del path
        return None

    def list_dirs(self, path: str) -> tuple[str, ...]:
        del path
        return ()

    def is_dir(self, path: str) -> bool:
        del path
        return False

    def exists(self, path: str) -> bool:
        del path
        return False
