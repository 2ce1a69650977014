"""The parts of a lock that repeat the request: conflicts, options, manifest tables, requirement rows."""

from __future__ import annotations

from bot.addresses import is_plain_address
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Cutoff,
    DefaultGroups,
    DependencyMetadata,
    DirectoryKind,
    DirectoryRequirement,
    Exclude,
    LockOptions,
    Manifest,
    ModifierScope,
    Override,
    PackageCutoff,
    PathRequirement,
    RegistryRequirement,
    Requirement,
    RequirementSource,
    ScopedExclude,
    ScopedOverride,
    UrlRequirement,
)
from bot.lockfile.sources import parse_git_requirement
from bot.lockfile.tables import (
    Malformed,
    Table,
    first_key,
    list_of,
    name_from,
    names_of,
    optional_marker,
    optional_text,
    optional_version,
    requirement_from,
    show,
    specifiers_from,
    table_of,
    tables_of,
    text_of,
    texts_of,
    timestamp_from,
)
from bot.patterns import pattern
from bot.pep440 import shorten

#: A duration of ISO 8601, as far as it matters here: it is compared, never reckoned with.
_SPAN = pattern(r"[+-]?P[0-9YMWDTHS.]{1,60}")

_CONFLICT_KEYS = ("package", "extra", "group")

# --- conflicts and options --------------------------------------------------------------------------


def conflicts_from(document: Table) -> tuple[tuple[ConflictItem, ...], ...]:
    """The conflict sets of a whole document."""
    sets = list_of(document, "conflicts")
    return tuple(
        [tuple([_conflict_item(item) for item in tables_of({"conflicts": items}, "conflicts")]) for items in sets]
    )


def _conflict_item(table: Table) -> ConflictItem:
    odd = next((key for key in table if key not in _CONFLICT_KEYS), None)
    if odd is not None:
        raise Malformed(f"'{shorten(odd)}' is not a key of a conflict", odd)
    if "extra" in table and "group" in table:
        raise Malformed("an item of a conflict has an extra and a group", "conflict")
    package = name_from(text_of(table, "package"))
    for kind in (ConflictKind.EXTRA, ConflictKind.GROUP):
        name = optional_text(table, kind.value)
        if name is not None:
            return ConflictItem(package=package, kind=kind, name=name_from(name))
    return ConflictItem(package=package, kind=ConflictKind.PROJECT)


def options_from(table: Table) -> LockOptions:
    """The ``[options]`` table; a relative cutoff without a date gets the date that says nothing."""
    span = _optional_span(table, "exclude-newer-span")
    timestamp = optional_text(table, "exclude-newer")
    if timestamp is None and span is not None:
        timestamp = "0001-01-01T00:00:00Z"
    libc = table_of(table, "minimum-libc-version")
    modes = table_of(table, "prerelease-package")
    cutoffs = table_of(table, "exclude-newer-package")
    return LockOptions(
        resolution_mode=optional_text(table, "resolution-mode"),
        prerelease_mode=optional_text(table, "prerelease-mode"),
        fork_strategy=optional_text(table, "fork-strategy"),
        minimum_libc_version={name: text_of(libc, name) for name in libc},
        exclude_newer=None if timestamp is None else Cutoff(timestamp=timestamp_from(timestamp), span=span),
        prerelease_package={name_from(name): text_of(modes, name) for name in modes},
        exclude_newer_package={name_from(name): _package_cutoff(cutoff) for name, cutoff in cutoffs.items()},
    )


def _package_cutoff(value: object) -> PackageCutoff:
    if value is False:
        return None
    if isinstance(value, str):
        return Cutoff(timestamp=timestamp_from(value))
    if isinstance(value, dict):
        return Cutoff(timestamp=timestamp_from(text_of(value, "timestamp")), span=_optional_span(value, "span"))
    raise Malformed(f"'exclude-newer-package' must give a date, a table or false, not {show(value)}")


def _optional_span(table: Table, key: str) -> str | None:
    text = optional_text(table, key)
    if text is not None and not _SPAN.fullmatch(text):
        raise Malformed(f"'{shorten(text)}' is not a duration", f'"{text}"')
    return text


def default_groups_of(table: Table) -> DefaultGroups | None:
    """``default-groups`` of the manifest or of a package."""
    if "default-groups" not in table:
        return None
    return "all" if table["default-groups"] == "all" else names_of(table, "default-groups")


# --- manifest ---------------------------------------------------------------------------------------


def manifest_from(table: Table) -> Manifest:
    """The ``[manifest]`` table."""
    groups = table_of(table, "dependency-groups")
    return Manifest(
        members=names_of(table, "members"),
        default_groups=default_groups_of(table),
        requirements=requirements_of(table, "requirements"),
        constraints=requirements_of(table, "constraints"),
        overrides=tuple([_override(row) for row in tables_of(table, "overrides")]),
        excludes=tuple([_exclude(row) for row in list_of(table, "excludes")]),
        build_constraints=requirements_of(table, "build-constraints"),
        dependency_groups={name_from(name): requirements_of(groups, name) for name in groups},
        group_requires_python=group_requires_python_of(table),
        dependency_metadata=tuple([_dependency_metadata(row) for row in tables_of(table, "dependency-metadata")]),
    )


def group_requires_python_of(table: Table) -> dict[str, str]:
    groups = table_of(table, "group-requires-python")
    return {name_from(name): text_of(groups, name) for name in groups}


def _scope(table: Table) -> ModifierScope:
    scope = table_of(table, "package")
    return ModifierScope(package=name_from(text_of(scope, "name")), version=optional_version(scope, "version"))


def _override(table: Table) -> Override:
    if "package" not in table:
        return _requirement(table)
    return ScopedOverride(scope=_scope(table), dependencies=requirements_of(table, "dependencies"))


def _exclude(value: object) -> Exclude:
    if isinstance(value, str):
        return name_from(value)
    if isinstance(value, dict):
        return ScopedExclude(scope=_scope(value), dependencies=names_of(value, "dependencies"))
    raise Malformed(f"'excludes' must hold names and tables, not {show(value)}")


def _dependency_metadata(table: Table) -> DependencyMetadata:
    python = optional_text(table, "requires-python")
    return DependencyMetadata(
        name=name_from(text_of(table, "name")),
        version=optional_version(table, "version"),
        requires_dist=tuple(map(requirement_from, texts_of(table, "requires-dist"))),
        requires_python=None if python is None else specifiers_from(python),
        provides_extras=names_of(table, first_key(table, "provides-extras", "provides-extra")),
    )


# --- requirements -----------------------------------------------------------------------------------


def requirements_of(table: Table, key: str) -> tuple[Requirement, ...]:
    """The requirement rows under a key."""
    return tuple([_requirement(row) for row in tables_of(table, key)])


def _requirement(table: Table) -> Requirement:
    return Requirement(
        name=name_from(text_of(table, "name")),
        extras=names_of(table, "extras"),
        groups=names_of(table, "groups"),
        marker=optional_marker(table, "marker"),
        source=_requirement_source(table),
    )


def _requirement_source(table: Table) -> RequirementSource:
    for key in ("git", "url", "index"):
        if key in table and not is_plain_address(text_of(table, key)):
            raise Malformed(f"'{shorten(text_of(table, key))}' is not a URL", f'"{table[key]}"')
    if "git" in table:
        return parse_git_requirement(text_of(table, "git"))
    if "url" in table:
        return UrlRequirement(url=text_of(table, "url"), subdirectory=optional_text(table, "subdirectory"))
    if "path" in table:
        return PathRequirement(path=text_of(table, "path"))
    for kind in DirectoryKind:
        if kind.value in table:
            return DirectoryRequirement(path=text_of(table, kind.value), kind=kind)
    conflict = table_of(table, "conflict")
    return RegistryRequirement(
        specifier=specifiers_from(optional_text(table, "specifier") or ""),
        index=optional_text(table, "index"),
        conflict=_conflict_item(conflict) if conflict else None,
    )
