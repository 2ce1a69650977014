"""``[tool.uv]``: sources, workspace, groups, overrides, conflicts and the common settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from packaging.specifiers import SpecifierSet

from bot.manifest.globs import find_mistake
from bot.manifest.known_settings import NEVER_HIDDEN
from bot.manifest.model import (
    ConflictEntry,
    DeclaredRequirement,
    DefaultGroups,
    KeyPath,
    ScopedNames,
    ScopedRequirements,
    ToolUv,
    Unread,
    UvSettings,
    WorkspaceTable,
)
from bot.manifest.overrides import read_build_constraint, read_exclude, read_override
from bot.manifest.reader import (
    Misplaced,
    TomlValue,
    read_document,
    read_flag,
    read_marker,
    read_name,
    read_named,
    read_names,
    read_requirements,
    read_specifiers,
)
from bot.manifest.settings import read_indexes, read_project_settings, read_required_version, read_script_settings
from bot.manifest.sources import read_sources
from bot.markers import Marker
from bot.pep440 import shorten
from bot.toml import TomlError, parse_toml
from bot.values import field, value


def read_tool_uv(node: TomlValue) -> ToolUv:
    """Read ``[tool.uv]`` of a ``pyproject.toml``; everything at its default where the table is absent."""
    if not node.is_present:
        return ToolUv()
    groups = node["dependency-groups"]
    settings, unread = _settings_or_why_not(node)
    return ToolUv(
        settings=settings,
        unread=unread,
        indexes=node["index"].maybe(read_indexes),
        sources=read_sources(node["sources"]),
        workspace=node["workspace"].maybe(_read_workspace),
        managed=node["managed"].maybe(read_flag),
        package=node["package"].maybe(read_flag),
        default_groups=node["default-groups"].maybe(_read_default_groups),
        group_requires_python={
            name: specifiers
            for name, specifiers in read_named(
                groups, lambda item: item.record("requires-python")["requires-python"].maybe(read_specifiers)
            ).items()
            if specifiers is not None
        },
        group_settings=tuple(read_named(groups, lambda item: item.record("requires-python").table())),
        dev_dependencies=node["dev-dependencies"].maybe(read_requirements),
        constraints=read_requirements(node["constraint-dependencies"]),
        overrides=node["override-dependencies"].tuple_of(read_override),
        excludes=node["exclude-dependencies"].tuple_of(read_exclude),
        build_constraints=node["build-constraint-dependencies"].tuple_of(read_build_constraint),
        environments=_read_environments(node["environments"]),
        required_environments=_read_environments(node["required-environments"]),
        conflicts=node["conflicts"].tuple_of(_read_conflict_set),
        minimum_libc_version=dict(_read_libc(node["minimum-libc-version"])),
    )


@value
class SettingsTable:
    """The settings of a ``[tool.uv]``, or why they don't count; ``is_hidden_by_file``: whether it has any that a
    ``uv.toml`` beside it would hide."""

    settings: UvSettings
    unread: Unread | None = None
    is_hidden_by_file: bool = False


def parse_settings(text: str) -> SettingsTable | None:
    """The settings in a ``pyproject.toml`` whatever else stands there; ``None`` where it has no ``[tool.uv]``."""
    try:
        node = TomlValue(parse_toml(text))["tool"].record("uv")["uv"]
        return _read_table(node) if node.is_present else None
    except TomlError as error:
        return SettingsTable(settings=UvSettings(), unread=Unread(problem=error.problem, line=error.line))
    except Misplaced as problem:
        return SettingsTable(settings=UvSettings(), unread=Unread(problem=problem.problem, keys=problem.keys))


def _read_table(node: TomlValue) -> SettingsTable:
    settings, unread = _settings_or_why_not(node)
    is_hidden = any(key not in NEVER_HIDDEN for key in node.table())
    return SettingsTable(settings=settings, unread=unread, is_hidden_by_file=is_hidden)


def _settings_or_why_not(node: TomlValue) -> tuple[UvSettings, Unread | None]:
    """A table of settings counts as a whole or not at all."""
    try:
        return read_project_settings(node), None
    except Misplaced as problem:
        required = _required_version_alone(node)
        why = Unread(problem=problem.problem, keys=problem.keys, hint=problem.hint, required_version=required)
        return UvSettings(), why


def _required_version_alone(node: TomlValue) -> SpecifierSet | None:
    with suppress(Misplaced):
        return node["required-version"].maybe(read_required_version)
    return None


def read_script_tool_uv(node: TomlValue) -> ToolUv:
    """Read ``[tool.uv]`` of a script header, which knows fewer tables."""
    if not node.is_present:
        return ToolUv()
    settings = read_script_settings(node)
    return ToolUv(
        settings=settings,
        indexes=settings.indexes,
        sources=read_sources(node["sources"]),
        constraints=read_requirements(node["constraint-dependencies"]),
        overrides=node["override-dependencies"].tuple_of(read_override),
        excludes=node["exclude-dependencies"].tuple_of(read_exclude),
        build_constraints=node["build-constraint-dependencies"].tuple_of(read_build_constraint),
    )


def _read_workspace(node: TomlValue) -> WorkspaceTable:
    node = node.record("members", "exclude").only("members", "exclude")
    return WorkspaceTable(
        members=node["members"].tuple_of(_read_pattern), exclude=node["exclude"].tuple_of(_read_pattern)
    )


def _read_pattern(node: TomlValue) -> str:
    mistake = find_mistake(node.text())
    if mistake is not None:
        raise node.refuse(f"{shorten(node.text())!r} is not a pattern: {mistake}", "correct it, or name the folders")
    return node.text()


def _read_default_groups(node: TomlValue) -> DefaultGroups:
    if isinstance(node.value, str):
        if node.value != "all":
            raise node.refuse(f"default-groups is {node.value!r}", 'use "all" or a list of group names')
        return "all"
    return read_names(node)


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


@value
class StatedDependencies:
    """The tables of ``[tool.uv]`` or ``uv.toml`` that bend what is resolved."""

    constraints: tuple[DeclaredRequirement, ...] = ()
    overrides: tuple[DeclaredRequirement | ScopedRequirements, ...] = ()
    excludes: tuple[str | ScopedNames, ...] = ()
    build_constraints: tuple[DeclaredRequirement, ...] = ()
    environments: tuple[Marker, ...] = ()
    required_environments: tuple[Marker, ...] = ()
    minimum_libc_version: Mapping[str, str] = field(default_factory=dict)


def parse_stated_dependencies(text: str, path: str, table: KeyPath) -> StatedDependencies:
    """Read the table at ``table`` of a settings file; raises ``InputError`` with path and line."""

    def read(root: TomlValue) -> StatedDependencies:
        node = root
        for key in table:
            node = node[str(key)]
        return _read(node)

    return read_document(text, path, read)


def _read(node: TomlValue) -> StatedDependencies:
    return StatedDependencies(
        constraints=read_requirements(node["constraint-dependencies"]),
        overrides=node["override-dependencies"].tuple_of(read_override),
        excludes=node["exclude-dependencies"].tuple_of(read_exclude),
        build_constraints=node["build-constraint-dependencies"].tuple_of(read_build_constraint),
        environments=_read_environments(node["environments"]),
        required_environments=_read_environments(node["required-environments"]),
        minimum_libc_version=dict(_read_libc(node["minimum-libc-version"])),
    )
