"""A workspace (or single project) to a ``LockRequest``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from packaging.specifiers import SpecifierSet

from bot.errors import DeclarationError, InputError
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    Lock,
    Package,
    RegistryRequirement,
    Requirement,
    VirtualSource,
)
from bot.manifest.lines import line_of
from bot.markers import FALSE, Marker
from bot.resolver.lowering.conflicts import lower_conflicts
from bot.resolver.lowering.groups import FlatGroup, flatten_groups, group_python_texts
from bot.resolver.lowering.indexes import index_url, login_of, named_indexes
from bot.resolver.lowering.modifiers import lower_each, lower_excludes, lower_metadata, lower_overrides
from bot.resolver.lowering.paths import relative
from bot.resolver.lowering.settings import CommandSettings, Effective, find_settings, merge_settings, minimum_python
from bot.resolver.lowering.sources import Place
from bot.resolver.lowering.trees import default_groups, find_entries, lower_manifest
from bot.resolver.lowering.workspace import Workspace, discover_workspace, error_at
from bot.resolver.model.index import Authenticate, Index, IndexFormat, Tree
from bot.resolver.model.python_range import PythonRange, render_requires_python
from bot.resolver.model.request import LockRequest, Member, Upgrade
from bot.values import replace


def lower_project(tree: Tree, *, root: str, settings: CommandSettings, recorded: Lock | None = None) -> LockRequest:
    """Lower the workspace that the folder ``root`` belongs to; raises ``InputError`` or ``BuildRequiredError``."""
    return lower_workspace(tree, discover_workspace(tree, root), settings, recorded=recorded)


def lower_workspace(
    tree: Tree, workspace: Workspace, settings: CommandSettings, *, recorded: Lock | None = None
) -> LockRequest:
    """Lower a workspace; the lock lies in ``workspace.root``.

    ``recorded`` is the existing lock: for members whose dependencies are dynamic it stands in for a build.
    """
    effective = merge_settings(settings, find_settings(tree, workspace.root, settings))
    entries = find_entries(recorded)
    root, place = workspace.manifest, _root_place(tree, workspace, effective)
    text = _requires_python(workspace, effective.python)
    specifiers = SpecifierSet(text)
    # Before the members, as uv does: where both are wrong, this is told.
    constraints, overrides = lower_each(root.uv.constraints, place), lower_overrides(root.uv.overrides, place)
    build_constraints = lower_each(root.uv.build_constraints, place)
    environments = _environments(workspace, "environments", specifiers)
    required_environments = _environments(workspace, "required-environments", None)
    for member in workspace.members.values():
        flatten_groups(member.manifest)
        default_groups(member.manifest)
    members = tuple(_member(tree, workspace, name, effective, entries.get(name)) for name in workspace.members)
    groups = flatten_groups(root) if workspace.is_non_project else {}
    return LockRequest(
        requires_python=specifiers,
        requires_python_text=text,
        project=None if workspace.is_non_project or root.project is None else root.project.name,
        members=members,
        dependency_groups=lower_root_groups(groups, place),
        group_requires_python=group_python_texts(groups),
        default_groups=default_groups(root) if workspace.is_non_project else None,
        constraints=constraints,
        overrides=overrides,
        excludes=lower_excludes(root.uv.excludes),
        build_constraints=build_constraints,
        dependency_metadata=lower_metadata(effective.dependency_metadata),
        conflicts=lower_conflicts(workspace),
        environments=environments,
        required_environments=required_environments,
        indexes=effective.indexes + _member_indexes(workspace, effective),
        registries=frozenset(index.url for index in effective.indexes),
        record_registries=effective.record_registries,
        options=replace(effective.options, minimum_libc_version=root.uv.minimum_libc_version),
        upgrade=_upgrade(workspace, effective),
        asks_keyring=effective.asks_keyring,
        warnings=effective.warnings,
        machine=effective.machine,
        of_machine=effective.of_machine,
    )


def _member(tree: Tree, workspace: Workspace, name: str, settings: Effective, recorded: Package | None) -> Member:
    member = workspace.members[name]
    path = relative(member.folder, workspace.root)
    return Member(
        folder=path,
        source=_member_source(workspace, name, path),
        metadata=lower_manifest(
            tree, member.folder, member.manifest, workspace, settings, workspace.root, recorded=recorded
        ),
    )


def _member_source(workspace: Workspace, name: str, path: str) -> EditableSource | VirtualSource | DirectorySource:
    if not workspace.is_package(name):
        return VirtualSource(path=path)
    editable = workspace.required.get(name)
    return DirectorySource(path=path) if editable is False else EditableSource(path=path)


def _root_place(tree: Tree, workspace: Workspace, settings: Effective) -> Place:
    root = workspace.manifest
    indexes = named_indexes(root.uv.indexes, workspace.root, settings.tree_root)
    return Place(
        tree=tree,
        folder=workspace.root,
        lock_folder=workspace.root,
        manifest_path=root.path,
        text=root.text,
        # What holds for the whole workspace is no project's own requirement.
        project=None,
        sources=root.uv.sources,
        own_indexes=indexes,
        root_indexes=indexes,
        cli_indexes=settings.cli_indexes,
        ignores_sources=settings.ignores_sources,
        workspace=workspace,
    )


def _requires_python(workspace: Workspace, python: str) -> str:
    stated = [
        member.manifest.project.requires_python
        for member in workspace.members.values()
        if member.manifest.project is not None and member.manifest.project.requires_python is not None
    ]
    if not stated:
        return minimum_python(python)
    text = render_requires_python(stated)
    if text is None:
        raise error_at(
            workspace.manifest,
            ("project", "requires-python"),
            "no Python version satisfies the requires-python of all members",
            "widen one of them",
        )
    return text


def _environments(workspace: Workspace, key: str, requires_python: SpecifierSet | None) -> tuple[Marker, ...]:
    """Check that neighbours exclude each other and, for supported environments, that each one can occur."""
    uv = workspace.manifest.uv
    markers = uv.environments if key == "environments" else uv.required_environments
    for position, (first, second) in enumerate(pairwise(markers), start=1):
        if not first.is_disjoint(second):
            raise error_at(
                workspace.manifest,
                ("tool", "uv", key, position),
                f"{key} must exclude each other, but {str(first)!r} and {str(second)!r} overlap",
                f"replace the second with {str(~first & second)!r}",
            )
    if requires_python is not None:
        _check_reachable(workspace, markers, requires_python)
        _refuse_extras(workspace, markers)
    return markers


def _refuse_extras(workspace: Workspace, markers: Iterable[Marker]) -> None:
    for position, marker in enumerate(markers):
        if marker.without_extras() is not marker:
            where, problem = ("tool", "uv", "environments", position), "an environment can't depend on an extra"
            line = line_of(workspace.manifest.text, where)
            hint = "name platforms and Pythons; extras that exclude each other are conflicts"
            raise DeclarationError(problem, path=workspace.manifest.path, line=line, hint=hint)


def _check_reachable(workspace: Workspace, markers: tuple[Marker, ...], requires_python: SpecifierSet) -> None:
    supported = PythonRange.from_specifiers(requires_python).marker()
    for position, marker in enumerate(markers):
        if marker is FALSE or supported.is_disjoint(marker):
            keys = ("tool", "uv", "environments", position)
            problem = f"the environment {str(marker)!r} never occurs under requires-python {requires_python}"
            raise error_at(workspace.manifest, keys, problem, "remove it, or widen requires-python")


def _member_indexes(workspace: Workspace, settings: Effective) -> tuple[Index, ...]:
    """Indexes that only a member (or a file that uv.toml hides) declares serve its own sources alone."""
    known = {index.url for index in settings.indexes}
    found: list[Index] = []
    manifests = (workspace.manifest, *(member.manifest for member in workspace.members.values()))
    for table in (table for manifest in manifests for table in manifest.uv.indexes or ()):
        url = index_url(table.url, workspace.root, settings.tree_root)
        if table.name is not None and url not in known:
            known.add(url)
            layout = IndexFormat.FLAT if table.flat else IndexFormat.SIMPLE
            found.append(
                Index(
                    url=url,
                    name=table.name,
                    explicit=True,
                    format=layout,
                    authenticate=Authenticate(table.authenticate or Authenticate.AUTO),
                    login=login_of(table.url),
                )
            )
    return tuple(found)


def _upgrade(workspace: Workspace, settings: Effective) -> Upgrade:
    groups = settings.upgrade.groups
    if groups:
        known = set(flatten_groups(workspace.manifest) if workspace.is_non_project else ())
        for member in workspace.members.values():
            known.update(flatten_groups(member.manifest))
        for group in sorted(groups - known):
            raise InputError(f"--upgrade-group {group}: no member has that group", hint="check the name")
    return with_constraints(settings)


def with_constraints(settings: Effective) -> Upgrade:
    """Return what to upgrade, with the versions that ``--upgrade-package`` states as constraints."""
    constraints = tuple(
        Requirement(
            name=requirement.name,
            extras=requirement.extras,
            marker=requirement.marker,
            source=RegistryRequirement(specifier=requirement.specifier),
        )
        for requirement in settings.upgrade_requirements
        if len(requirement.specifier)
    )
    return replace(settings.upgrade, constraints=constraints)


def lower_root_groups(groups: Mapping[str, FlatGroup], place: Place) -> dict[str, tuple[Requirement, ...]]:
    """Lower the groups of a root without a project, where sources can't be limited to a group."""
    return {name: lower_each(group.requirements, place) for name, group in groups.items()}
