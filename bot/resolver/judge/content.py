"""What a lock recorded of its manifests, against what they say now: members, manifest tables, metadata of source trees.

Packages from an index or a git repository are trusted; everything else is walked from the members and compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeAlias

from bot.lockfile.model import (
    DefaultGroups,
    DependencyMetadata,
    DirectorySource,
    EditableSource,
    Exclude,
    GitSource,
    Lock,
    ModifierScope,
    Override,
    Package,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    ScopedExclude,
    ScopedOverride,
    VirtualSource,
)
from bot.manifest.requirement import parse_requirement
from bot.markers import Marker
from bot.resolver.lowering.comparison import NormalForm, normal_constraints, normal_form, normal_groups
from bot.resolver.lowering.recursion import flatten_recursive_extras
from bot.resolver.model.index import find_local_path
from bot.resolver.model.omission import can_omit
from bot.resolver.model.python_range import parse_python_range
from bot.resolver.model.request import Experiment, LockRequest, Member, TreeMetadata
from bot.values import replace

_EXTRAS_REVISION = 1
_GROUPS_REVISION = 5

#: Gives the metadata of a locked package that can change in place (URL, path or folder); ``None``: trust the lock.
ReadMetadata: TypeAlias = Callable[[Package], TreeMetadata | None]


def content_differences(request: LockRequest, lock: Lock, read_metadata: ReadMetadata) -> Iterator[str]:
    """Yield a sentence for every difference between the request and what the lock recorded, in uv's order."""
    packages: dict[str, list[Package]] = {}
    for package in lock.packages:
        packages.setdefault(package.name, []).append(package)
    names = member_names(request)
    if set(names) != set(lock.manifest.members):
        changed = sorted(set(names) ^ set(lock.manifest.members))
        yield f"the workspace's members changed: {', '.join(changed)}"
    if lock.revision >= _GROUPS_REVISION:
        yield from _group_setting_differences(request, lock, packages)
    if dict(lock.manifest.group_requires_python) != dict(request.group_requires_python):
        yield "requires-python of dependency groups changed"
    for member in request.members:
        yield from _member_differences(member, packages)
    yield from _manifest_differences(request, lock, packages)
    yield from _Walk(request, lock, packages, read_metadata).differences()


def member_names(request: LockRequest) -> tuple[str, ...]:
    """Return the members that a lock lists: none for a single project."""
    names = tuple(member.metadata.name for member in request.members)
    return () if len(names) == 1 and request.project is not None else names


def _group_setting_differences(
    request: LockRequest, lock: Lock, packages: Mapping[str, list[Package]]
) -> Iterator[str]:
    for member in request.members:
        for package in packages.get(member.metadata.name, ())[:1]:
            if _defaults(package.default_groups) != _defaults(member.metadata.default_groups):
                yield f"the default groups of {package.name} changed"
            if dict(package.group_requires_python) != dict(member.metadata.group_requires_python):
                yield f"requires-python of the dependency groups of {package.name} changed"
    if _is_projectless(request) and _defaults(lock.manifest.default_groups) != _defaults(request.default_groups):
        yield "the default groups of the workspace's root changed"


def _is_projectless(request: LockRequest) -> bool:
    return request.project is None and not request.is_script


def _defaults(groups: DefaultGroups | None) -> DefaultGroups:
    return ("dev",) if groups is None else groups


def _member_differences(member: Member, packages: Mapping[str, list[Package]]) -> Iterator[str]:
    name = member.metadata.name
    found = packages.get(name, [])
    if len(found) != 1:
        yield f"the member {name} is not in the lock" if not found else f"the member {name} is locked several times"
        return
    source = found[0].source
    if type(source) is not type(member.source):
        yield f"the member {name} is locked as {_kind(source)}, but is {_kind(member.source)}"
    elif source != member.source:
        yield f"the member {name} moved"


def _kind(source: object) -> str:
    match source:
        case EditableSource():
            return "editable"
        case VirtualSource():
            return "virtual"
        case DirectorySource():
            return "a plain folder"
        case _:
            return "a package from elsewhere"


def _manifest_differences(request: LockRequest, lock: Lock, packages: Mapping[str, list[Package]]) -> Iterator[str]:
    simplify = parse_python_range(lock.requires_python).simplify
    manifest = lock.manifest
    if normal_form(request.requirements, simplify) != normal_form(manifest.requirements, simplify):
        yield "the script's dependencies changed"
    known = set(packages) | {constraint.name for constraint in manifest.constraints}
    wanted = [constraint for constraint in request.constraints if constraint.name in known]
    recorded = list(manifest.constraints)
    if Experiment.INPUTS in request.options.experiments:
        wanted, recorded = ([one for one in rows if not can_omit(one, lock)] for rows in (wanted, recorded))
    if normal_constraints(wanted, simplify) != normal_constraints(recorded, simplify):
        yield "constraint-dependencies changed"
    if _overrides(request.overrides, simplify, packages, manifest.overrides) != _overrides(
        manifest.overrides, simplify, packages, manifest.overrides
    ):
        yield "override-dependencies changed"
    if _excluded(_counting_excludes(request, lock, packages)) != _excluded(manifest.excludes):
        yield "exclude-dependencies changed"
    if _exact(request.build_constraints, simplify) != _exact(manifest.build_constraints, simplify):
        yield "build-constraint-dependencies changed"
    if _filled(normal_groups(request.dependency_groups, simplify)) != _filled(
        normal_groups(manifest.dependency_groups, simplify)
    ):
        yield "the dependency groups of the workspace's root changed"
    known = set(packages) | {entry.name for entry in manifest.dependency_metadata}
    metadata = {entry for entry in map(_metadata_key, request.dependency_metadata) if entry[0] in known}
    if metadata != set(map(_metadata_key, manifest.dependency_metadata)):
        yield "dependency-metadata changed"


def _filled(groups: Mapping[str, NormalForm]) -> dict[str, NormalForm]:
    return {name: form for name, form in groups.items() if form}


def _overrides(
    overrides: Iterable[Override],
    simplify: Callable[[Marker], Marker],
    packages: Mapping[str, list[Package]],
    recorded: Iterable[Override],
) -> dict[ModifierScope | None, NormalForm]:
    """Group overrides by scope; those that neither meet a locked package nor were recorded do not count."""
    known = {one.scope.package if isinstance(one, ScopedOverride) else one.name for one in recorded}
    plain: list[Requirement] = []
    scoped: dict[ModifierScope, list[Requirement]] = {}
    for override in overrides:
        name = override.scope.package if isinstance(override, ScopedOverride) else override.name
        if name not in packages and name not in known:
            continue
        if isinstance(override, ScopedOverride):
            scoped.setdefault(override.scope, []).extend(override.dependencies)
        else:
            plain.append(override)
    forms: dict[ModifierScope | None, NormalForm] = {None: normal_form(plain, simplify)}
    return forms | {scope: normal_form(requirements, simplify) for scope, requirements in scoped.items()}


def _excluded(excludes: Iterable[Exclude]) -> dict[ModifierScope | None, frozenset[str]]:
    found: dict[ModifierScope | None, frozenset[str]] = {}
    for exclude in excludes:
        scope = exclude.scope if isinstance(exclude, ScopedExclude) else None
        names = exclude.dependencies if isinstance(exclude, ScopedExclude) else (exclude,)
        found[scope] = found.get(scope, frozenset()) | frozenset(names)
    return found


def _counting_excludes(request: LockRequest, lock: Lock, packages: Mapping[str, list[Package]]) -> list[Exclude]:
    recorded = _excluded(lock.manifest.excludes)
    plain = recorded.get(None, frozenset()) | packages.keys()
    scoped = {scope.package for scope in recorded if scope is not None} | packages.keys()
    return [
        exclude
        for exclude in request.excludes
        if (exclude.scope.package in scoped if isinstance(exclude, ScopedExclude) else exclude in plain)
    ]


def _exact(requirements: Iterable[Requirement], simplify: Callable[[Marker], Marker]) -> frozenset[Hashable]:
    return frozenset((one.name, tuple(sorted(one.extras)), simplify(one.marker), one.source) for one in requirements)


def _metadata_key(entry: DependencyMetadata) -> tuple[str, Hashable]:
    requires_dist = tuple(replace(parse_requirement(text), text="") for text in entry.requires_dist)
    return entry.name, (entry.version, requires_dist, entry.requires_python, entry.provides_extras)


# --- packages that can change in place ------------------------------------------------------------


class _Walk:
    """One walk from the members over everything that is not from an index or a git repository."""

    def __init__(
        self, request: LockRequest, lock: Lock, packages: Mapping[str, list[Package]], read_metadata: ReadMetadata
    ) -> None:
        self.lock = lock
        self.packages = packages
        self.read_metadata = read_metadata
        self.members = {member.metadata.name: member.metadata for member in request.members}
        self.simplify = parse_python_range(lock.requires_python).simplify
        self.registries = set(request.registries) if request.record_registries else None
        self.roots = [*request.requirements, *(one for group in request.dependency_groups.values() for one in group)]

    def differences(self) -> Iterator[str]:
        self._allow_indexes(self.roots)
        queue = deque(package for name in self.members for package in self.packages.get(name, ()))
        wanted = {requirement.name for requirement in self.roots}
        queue.extend(package for name in sorted(wanted) for package in self.packages.get(name, ()) if _is_tree(package))
        seen = {id(package) for package in queue}
        while queue:
            package = queue.popleft()
            yield from self._registry_difference(package)
            if isinstance(package.source, RegistrySource | GitSource):
                continue
            yield from self._metadata_differences(package)
            for target in self._targets(package):
                if id(target) not in seen:
                    seen.add(id(target))
                    queue.append(target)

    def _targets(self, package: Package) -> Iterator[Package]:
        groups = (*package.optional_dependencies.values(), *package.dev_dependencies.values())
        for dependencies in (package.dependencies, *groups):
            for dependency in dependencies:
                for target in self.packages.get(dependency.name, ()):
                    if target.source == dependency.source and target.version == dependency.version:
                        yield target

    def _allow_indexes(self, requirements: Iterable[Requirement]) -> None:
        """An index that a requirement names is known, even if only a member declares it."""
        if self.registries is not None:
            for requirement in requirements:
                if isinstance(requirement.source, RegistryRequirement) and requirement.source.index is not None:
                    self.registries.add(requirement.source.index)

    def _registry_difference(self, package: Package) -> Iterator[str]:
        source = package.source
        if self.registries is None or not isinstance(source, RegistrySource) or source.url in self.registries:
            return
        if "://" not in source.url and any(find_local_path(url) is not None for url in self.registries):
            return
        yield f"{package.name} is locked from {source.url}, which is no configured index"

    def _metadata_differences(self, package: Package) -> Iterator[str]:
        metadata = self.members.get(package.name) if _is_tree(package) else None
        metadata = metadata or self.read_metadata(package)
        if metadata is None:
            return
        if metadata.version != package.version:
            yield _version_difference(package, metadata)
        if self.lock.revision >= _EXTRAS_REVISION and set(metadata.provides_extras) != set(
            package.metadata.provides_extras
        ):
            yield f"the extras of {package.name} changed"
        yield from self._requirement_differences(package, metadata)
        self._allow_indexes(metadata.requires_dist)
        for group in metadata.groups.values():
            self._allow_indexes(group)

    def _requirement_differences(self, package: Package, metadata: TreeMetadata) -> Iterator[str]:
        old = normal_form(package.metadata.requires_dist, self.simplify)
        new = normal_form(metadata.requires_dist, self.simplify)
        if old != new and not self._is_written_out(package, metadata, old):
            yield f"the requirements of {package.name} changed: {_changed_names(old, new)}"
        old_groups = self._groups(package.metadata.requires_dev)
        new_groups = self._groups(metadata.groups)
        if old_groups != new_groups:
            changed = sorted(
                name for name in old_groups.keys() | new_groups.keys() if old_groups.get(name) != new_groups.get(name)
            )
            yield f"the dependency groups of {package.name} changed: {', '.join(changed)}"

    def _is_written_out(self, package: Package, metadata: TreeMetadata, old: NormalForm) -> bool:
        """Build backends may write out recursive extras, which shows where the version is dynamic."""
        if package.version is not None:
            return False
        flat = flatten_recursive_extras(metadata.requires_dist, package.name)
        return normal_form(flat, self.simplify) == old

    def _groups(self, groups: Mapping[str, tuple[Requirement, ...]]) -> dict[str, NormalForm]:
        forms = normal_groups(groups, self.simplify)
        return forms if self.lock.revision >= _EXTRAS_REVISION else _filled(forms)


def _is_tree(package: Package) -> bool:
    return isinstance(package.source, EditableSource | VirtualSource | DirectorySource)


def _version_difference(package: Package, metadata: TreeMetadata) -> str:
    if metadata.version is None:
        return f"the version of {package.name} became dynamic"
    if package.version is None:
        return f"the version of {package.name} became static: {metadata.version}"
    return f"the version of {package.name} changed from {package.version} to {metadata.version}"


def _changed_names(old: NormalForm, new: NormalForm) -> str:
    return ", ".join(sorted({str(part[0]) for part in old ^ new if isinstance(part, tuple)}))
