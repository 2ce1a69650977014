"""``[tool.uv]``: sources, workspace, groups, overrides, conflicts and the common settings."""

from __future__ import annotations

from packaging.version import Version

from bot.manifest.model import (
    ConflictEntry,
    DeclaredRequirement,
    DefaultGroups,
    ScopedNames,
    ScopedRequirements,
    ToolUv,
    WorkspaceTable,
)
from bot.manifest.reader import (
    TomlValue,
    read_flag,
    read_marker,
    read_name,
    read_named,
    read_names,
    read_requirement,
    read_requirements,
    read_specifiers,
    read_text,
    read_texts,
    read_version,
)
from bot.manifest.settings import read_settings
from bot.manifest.sources import read_sources
from bot.markers import Marker


def read_tool_uv(node: TomlValue) -> ToolUv:
    """Read ``[tool.uv]`` of a ``pyproject.toml``; everything at its default where the table is absent."""
    if not node.is_present:
        return ToolUv()
    groups = node["dependency-groups"]
    return ToolUv(
        settings=read_settings(node),
        sources=read_sources(node["sources"]),
        workspace=node["workspace"].maybe(_read_workspace),
        managed=node["managed"].maybe(read_flag),
        package=node["package"].maybe(read_flag),
        default_groups=node["default-groups"].maybe(_read_default_groups),
        group_requires_python={
            name: specifiers
            for name, specifiers in read_named(
                groups, lambda item: item["requires-python"].maybe(read_specifiers)
            ).items()
            if specifiers is not None
        },
        group_settings=tuple(read_named(groups, TomlValue.table)),
        dev_dependencies=node["dev-dependencies"].maybe(read_requirements),
        constraints=read_requirements(node["constraint-dependencies"]),
        overrides=node["override-dependencies"].tuple_of(_read_override),
        excludes=node["exclude-dependencies"].tuple_of(_read_exclude),
        build_constraints=node["build-constraint-dependencies"].tuple_of(_read_build_constraint),
        environments=_read_environments(node["environments"]),
        required_environments=_read_environments(node["required-environments"]),
        conflicts=node["conflicts"].tuple_of(_read_conflict_set),
        minimum_libc_version=dict(_read_libc(node["minimum-libc-version"])),
    )


def read_script_tool_uv(node: TomlValue) -> ToolUv:
    """Read ``[tool.uv]`` of a script header, which knows fewer tables."""
    if not node.is_present:
        return ToolUv()
    return ToolUv(
        settings=read_settings(node),
        sources=read_sources(node["sources"]),
        constraints=read_requirements(node["constraint-dependencies"]),
        overrides=node["override-dependencies"].tuple_of(_read_override),
        excludes=node["exclude-dependencies"].tuple_of(_read_exclude),
        build_constraints=node["build-constraint-dependencies"].tuple_of(_read_build_constraint),
    )


def _read_workspace(node: TomlValue) -> WorkspaceTable:
    node.only("members", "exclude")
    return WorkspaceTable(members=read_texts(node["members"]), exclude=read_texts(node["exclude"]))


def _read_default_groups(node: TomlValue) -> DefaultGroups:
    if isinstance(node.value, str):
        if node.value != "all":
            raise node.refuse(f"default-groups is {node.value!r}", 'use "all" or a list of group names')
        return "all"
    return read_names(node)


def _scope(node: TomlValue) -> tuple[str, Version | None]:
    node.only("package", "dependencies")
    package = node["package"].only("name", "version")
    return read_name(package["name"]), package["version"].maybe(read_version)


def _read_override(node: TomlValue) -> DeclaredRequirement | ScopedRequirements:
    if isinstance(node.value, str):
        return read_requirement(node)
    package, version = _scope(node)
    dependencies = tuple(read_requirement(item) for item in node["dependencies"].items())
    return ScopedRequirements(package=package, version=version, dependencies=dependencies)


def _read_exclude(node: TomlValue) -> str | ScopedNames:
    if isinstance(node.value, str):
        return read_name(node)
    package, version = _scope(node)
    dependencies = tuple(read_name(item) for item in node["dependencies"].items())
    return ScopedNames(package=package, version=version, dependencies=dependencies)


def _read_build_constraint(node: TomlValue) -> DeclaredRequirement:
    if isinstance(node.value, str):
        return read_requirement(node)
    if node.only("requirement", "hashes")["hashes"].tuple_of(read_text):
        raise node["hashes"].refuse("hashes of build constraints are not supported", "state the requirement alone")
    return read_requirement(node["requirement"])


def _read_environments(node: TomlValue) -> tuple[Marker, ...]:
    if isinstance(node.value, str):
        return (read_marker(node),)
    return node.tuple_of(read_marker)


def _read_conflict_set(node: TomlValue) -> tuple[ConflictEntry, ...]:
    entries = tuple(_read_conflict(item) for item in node.items())
    if len(entries) < 2:
        raise node.refuse("a set of conflicts needs at least two items", "add the other side, or remove the set")
    return entries


def _read_conflict(node: TomlValue) -> ConflictEntry:
    node.only("package", "extra", "group")
    entry = ConflictEntry(
        package=node["package"].maybe(read_name),
        extra=node["extra"].maybe(read_name),
        group=node["group"].maybe(read_name),
    )
    if entry.extra and entry.group:
        raise node.refuse("a conflict item names both an extra and a group", "split it into two items")
    if not (entry.package or entry.extra or entry.group):
        raise node.refuse("a conflict item names nothing", "add package, extra or group")
    return entry


def _read_libc(node: TomlValue) -> list[tuple[str, str]]:
    if not node.is_present:
        return []
    node.only("glibc", "musl")
    return [(key, node[key].text()) for key in ("glibc", "musl") if node[key].is_present]
