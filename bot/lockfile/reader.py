"""The text of a lock file as a ``Lock``.

Any valid TOML is taken, of any revision, with the older names of keys; unknown keys are ignored. What the file leaves
out because it is plain (version and source of an edge to a name with one entry) is filled in. The order of everything
and the printed form of markers stay as they are, so that ``render_lock`` gives the same text again; an edge's marker
is relative to the environment of the whole lock (see ``bot.resolver.assembly.environment``).
"""

from __future__ import annotations

import re
import tomllib
from typing import Any
from urllib.parse import unquote

from packaging.version import Version

from bot.errors import InputError
from bot.lockfile.document import parse_document
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Cutoff,
    DefaultGroups,
    Dependency,
    DependencyMetadata,
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    Exclude,
    File,
    Lock,
    LockOptions,
    Manifest,
    Override,
    Package,
    PackageCutoff,
    PackageMetadata,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    RequirementSource,
    Scope,
    ScopedExclude,
    ScopedOverride,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.sources import GitUrlError, parse_git_requirement, parse_git_source
from bot.lockfile.tables import (
    Malformed,
    Table,
    first_key,
    list_of,
    marker_from,
    name_from,
    names_of,
    optional_integer,
    optional_marker,
    optional_text,
    optional_version,
    specifiers_from,
    table_of,
    tables_of,
    text_of,
    texts_of,
    version_from,
)
from bot.markers import TRUE, Marker

LOCK_VERSION = 1

_HASH = re.compile(r"(?:sha256|md5|sha384|sha512|blake2b):\S+", re.ASCII).fullmatch
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII).fullmatch
_POSITION = re.compile(r"line (\d+)")
_HINT = "run 'uv lock' to write the file anew"


def parse_lock(text: str, path: str) -> Lock:
    """Read the text of ``path`` (which is used in messages only); raises ``InputError``."""
    try:
        document = parse_document(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", path=path, line=_line_in(str(error)), hint=_HINT) from None
    except RecursionError:
        raise InputError("nested too deeply", path=path, hint=_HINT) from None
    try:
        return _lock(document)
    except _InPackage as error:
        line = _package_line(text, error.position)
        raise InputError(error.problem, path=path, line=line, hint=_HINT) from None
    except Malformed as error:
        raise InputError(str(error), path=path, hint=_HINT) from None


class _InPackage(Exception):
    """A problem in the package entry at a position."""

    def __init__(self, position: int, problem: str) -> None:
        self.position = position
        self.problem = problem
        super().__init__(problem)


def _line_in(message: str) -> int | None:
    match = _POSITION.search(message)
    return int(match[1]) if match else None


def _package_line(text: str, position: int) -> int | None:
    headers = (
        number for number, line in enumerate(text.split("\n"), 1) if line.strip() in ("[[package]]", "[[distribution]]")
    )
    return next((line for index, line in enumerate(headers) if index == position), None)


def _lock(document: Table) -> Lock:
    version = optional_integer(document, "version")
    if version != LOCK_VERSION:
        raise Malformed(f"this is a lock file of version {version}, but only version {LOCK_VERSION} can be read")
    requires_python = text_of(document, "requires-python")
    specifiers_from(requires_python)
    return Lock(
        version=version,
        revision=optional_integer(document, "revision") or 0,
        requires_python=requires_python,
        resolution_markers=_markers(document, "resolution-markers"),
        supported_markers=_configured_markers(document, "supported-markers"),
        required_markers=_configured_markers(document, "required-markers"),
        conflicts=_conflicts(document),
        options=_options(table_of(document, "options")),
        manifest=_manifest(table_of(document, "manifest")),
        packages=_packages(tables_of(document, first_key(document, "package", "distribution"))),
    )


def _markers(table: Table, key: str) -> tuple[Marker, ...]:
    return tuple([marker_from(text) for text in texts_of(table, key)])


def _configured_markers(table: Table, key: str) -> tuple[Marker, ...]:
    """As listed; TRUE alone for an empty list, which is how environments that cover all supported ones are written."""
    return _markers(table, key) or ((TRUE,) if key in table else ())


# --- conflicts and options --------------------------------------------------------------------------


def _conflicts(document: Table) -> tuple[tuple[ConflictItem, ...], ...]:
    sets = list_of(document, "conflicts")
    return tuple(
        [tuple([_conflict_item(item) for item in tables_of({"conflicts": items}, "conflicts")]) for items in sets]
    )


def _conflict_item(table: Table) -> ConflictItem:
    package = name_from(text_of(table, "package"))
    for kind in (ConflictKind.EXTRA, ConflictKind.GROUP):
        name = optional_text(table, kind.value)
        if name is not None:
            return ConflictItem(package=package, kind=kind, name=name_from(name))
    return ConflictItem(package=package, kind=ConflictKind.PROJECT)


def _options(table: Table) -> LockOptions:
    span = optional_text(table, "exclude-newer-span")
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
        exclude_newer=None if timestamp is None else Cutoff(timestamp=timestamp, span=span),
        prerelease_package={name_from(name): text_of(modes, name) for name in modes},
        exclude_newer_package={name_from(name): _package_cutoff(cutoff) for name, cutoff in cutoffs.items()},
    )


def _package_cutoff(value: object) -> PackageCutoff:
    if value is False:
        return None
    if isinstance(value, str):
        return Cutoff(timestamp=value)
    if isinstance(value, dict):
        return Cutoff(timestamp=text_of(value, "timestamp"), span=optional_text(value, "span"))
    raise Malformed(f"'exclude-newer-package' must give a date, a table or false, not {value!r}")


def _default_groups(table: Table) -> DefaultGroups | None:
    if "default-groups" not in table:
        return None
    return "all" if table["default-groups"] == "all" else names_of(table, "default-groups")


# --- manifest ---------------------------------------------------------------------------------------


def _manifest(table: Table) -> Manifest:
    groups = table_of(table, "dependency-groups")
    return Manifest(
        members=names_of(table, "members"),
        default_groups=_default_groups(table),
        requirements=_requirements(table, "requirements"),
        constraints=_requirements(table, "constraints"),
        overrides=tuple([_override(row) for row in tables_of(table, "overrides")]),
        excludes=tuple([_exclude(row) for row in list_of(table, "excludes")]),
        build_constraints=_requirements(table, "build-constraints"),
        dependency_groups={name_from(name): _requirements(groups, name) for name in groups},
        group_requires_python=_group_requires_python(table),
        dependency_metadata=tuple([_dependency_metadata(row) for row in tables_of(table, "dependency-metadata")]),
    )


def _group_requires_python(table: Table) -> dict[str, str]:
    groups = table_of(table, "group-requires-python")
    return {name_from(name): text_of(groups, name) for name in groups}


def _scope(table: Table) -> Scope:
    scope = table_of(table, "package")
    return Scope(package=name_from(text_of(scope, "name")), version=optional_version(scope, "version"))


def _override(table: Table) -> Override:
    if "package" not in table:
        return _requirement(table)
    return ScopedOverride(scope=_scope(table), dependencies=_requirements(table, "dependencies"))


def _exclude(value: object) -> Exclude:
    if isinstance(value, str):
        return name_from(value)
    if isinstance(value, dict):
        return ScopedExclude(scope=_scope(value), dependencies=names_of(value, "dependencies"))
    raise Malformed(f"'excludes' must hold names and tables, not {value!r}")


def _dependency_metadata(table: Table) -> DependencyMetadata:
    python = optional_text(table, "requires-python")
    return DependencyMetadata(
        name=name_from(text_of(table, "name")),
        version=optional_version(table, "version"),
        requires_dist=texts_of(table, "requires-dist"),
        requires_python=None if python is None else specifiers_from(python),
        provides_extras=names_of(table, first_key(table, "provides-extras", "provides-extra")),
    )


# --- requirements -----------------------------------------------------------------------------------


def _requirements(table: Table, key: str) -> tuple[Requirement, ...]:
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


# --- packages ---------------------------------------------------------------------------------------

_Id = tuple[str, Version | None, Source]


def _packages(tables: list[Table]) -> tuple[Package, ...]:
    ids: list[_Id] = []
    for position, table in enumerate(tables):
        try:
            ids.append(_package_id(table))
        except Malformed as error:
            raise _InPackage(position, str(error)) from None
    known = _Known(ids)
    packages: list[Package] = []
    for position, table in enumerate(tables):
        try:
            packages.append(_package(table, ids[position], known))
        except Malformed as error:
            raise _InPackage(position, f"package '{ids[position][0]}': {error}") from None
    return tuple(packages)


class _Known:
    """All package entries, to which edges are resolved."""

    def __init__(self, ids: list[_Id]) -> None:
        self.ids = frozenset(ids)
        self.by_name: dict[str, _Id | None] = {}
        for position, each in enumerate(ids):
            self.by_name[each[0]] = None if each[0] in self.by_name else each
            if len(self.ids) != len(ids) and each in ids[:position]:
                raise _InPackage(position, f"package '{each[0]}' has the same version and source as an earlier entry")

    def resolve(self, table: Table) -> _Id:
        """The entry that an edge points to."""
        name = name_from(text_of(table, "name"))
        only = self.by_name.get(name)
        if only is not None and "version" not in table and "source" not in table:
            return only
        return self.resolve_stated(name, only, table)

    def resolve_stated(self, name: str, only: _Id | None, table: Table) -> _Id:
        if "source" in table:
            source = _source(table_of(table, "source"))
        elif only is not None:
            source = only[2]
        else:
            raise Malformed(f"the dependency on '{name}' names no source, and there is not exactly one such package")
        version = optional_version(table, "version")
        if version is None and only is not None:
            version = only[1]
        if version is None and isinstance(source, RegistrySource):
            raise Malformed(f"the dependency on '{name}' names no version, and there is not exactly one such package")
        found = (name, version, source)
        if found not in self.ids:
            raise Malformed(f"the dependency on '{name}' has no package entry")
        return found


def _package_id(table: Table) -> _Id:
    name = name_from(text_of(table, "name"))
    version = optional_version(table, "version")
    source = _source(table_of(table, "source"))
    if version is None and isinstance(source, RegistrySource):
        raise Malformed(f"package '{name}' comes from an index but has no version")
    return name, version, source


def _source(table: Table) -> Source:
    for key, value in table.items():
        if not isinstance(value, str):
            raise Malformed(f"'{key}' of a source must be a string, not {value!r}")
    match table:
        case {"registry": url}:
            return RegistrySource(url=url)
        case {"git": url}:
            try:
                return parse_git_source(url)
            except GitUrlError as error:
                raise Malformed(str(error)) from None
        case {"url": url}:
            return UrlSource(url=url, subdirectory=table.get("subdirectory"))
        case {"path": path}:
            return PathSource(path=path)
        case {"directory": path}:
            return DirectorySource(path=path)
        case {"editable": path}:
            return EditableSource(path=path)
        case {"virtual": path}:
            return VirtualSource(path=path)
    raise Malformed("'source' is missing or of an unknown kind")


def _package(table: Table, known_id: _Id, known: _Known) -> Package:
    name, version, source = known_id
    optional = table_of(table, "optional-dependencies")
    groups = table_of(table, first_key(table, "dev-dependencies", "dependency-groups"))
    return Package(
        name=name,
        version=version,
        source=source,
        default_groups=_default_groups(table),
        resolution_markers=_markers(table, "resolution-markers"),
        dependencies=_dependencies(table, "dependencies", known),
        sdist=_file(table_of(table, "sdist")) if "sdist" in table else None,
        wheels=_wheels(tables_of(table, "wheels"), version),
        optional_dependencies={name_from(key): _dependencies(optional, key, known) for key in optional},
        dev_dependencies={name_from(key): _dependencies(groups, key, known) for key in groups},
        group_requires_python=_group_requires_python(table),
        metadata=_metadata(table_of(table, "metadata")),
    )


def _dependencies(table: Table, key: str, known: _Known) -> tuple[Dependency, ...]:
    return tuple([_dependency(row, known) for row in tables_of(table, key)])


def _dependency(table: Table, known: _Known) -> Dependency:
    name, version, source = known.resolve(table)
    return Dependency(
        name=name,
        version=version,
        source=source,
        extras=names_of(table, "extra"),
        marker=optional_marker(table, "marker"),
    )


def _metadata(table: Table) -> PackageMetadata:
    if not table:
        return PackageMetadata()
    groups = table_of(table, first_key(table, "requires-dev", "dependency-groups"))
    return PackageMetadata(
        requires_dist=_requirements(table, "requires-dist"),
        requires_dev={name_from(name): _requirements(groups, name) for name in groups},
        provides_extras=names_of(table, "provides-extras"),
    )


# --- files ------------------------------------------------------------------------------------------


def _wheels(tables: list[Table], version: Version | None) -> tuple[File, ...]:
    text = None if version is None else str(version)
    wheels: list[File] = []
    for table in tables:
        wheel = _file(table)
        filename = _filename(wheel)
        parts = filename.split("-")
        if len(parts) < 5 or filename[-4:] != ".whl":
            raise Malformed(f"'{filename}' is not the name of a wheel")
        if version is not None and parts[1] != text:
            _check_wheel_version(filename, parts[1], version)
        wheels.append(wheel)
    return tuple(wheels)


def _check_wheel_version(filename: str, text: str, version: Version) -> None:
    found = version_from(text)
    if version != found and version != Version(found.public):
        raise Malformed(f"the wheel '{filename}' is of version {found}, not {version}")


def _filename(wheel: File) -> str:
    location = wheel.url if wheel.url is not None else wheel.path if wheel.path is not None else wheel.filename
    if location is None:
        raise Malformed("a wheel has neither a URL nor a path nor a file name")
    if wheel.url is not None and ("#" in location or "?" in location):
        location = location.partition("#")[0].partition("?")[0]
    name = location.rpartition("/")[2]
    return unquote(name) if "%" in name and wheel.url is not None else name


def _file(table: Table) -> File:
    get = table.get
    digest = get("hash")
    uploaded: Any = get("upload-time") or get("upload_time")
    if digest is not None and (not isinstance(digest, str) or not _HASH(digest)):
        raise Malformed(f"{digest!r} is not a hash of a known kind")
    if uploaded is not None and (not isinstance(uploaded, str) or not _TIMESTAMP(uploaded)):
        raise Malformed(f"{uploaded!r} is not a time of upload")
    url = get("url")
    if url is None or not isinstance(url, str):
        url = optional_text(table, "url")
    return File(
        url=url,
        path=optional_text(table, "path") if "path" in table else None,
        filename=optional_text(table, "filename") if "filename" in table else None,
        hash=digest,
        size=optional_integer(table, "size"),
        upload_time=uploaded,
    )
