"""The package entries of a lock: sources, edges, files, metadata."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from packaging.version import Version

from bot.addresses import is_address, is_plain_address
from bot.lockfile.manifest_reader import default_groups_of, group_requires_python_of, requirements_of
from bot.lockfile.model import (
    Dependency,
    DirectorySource,
    EditableSource,
    File,
    Package,
    PackageMetadata,
    PathSource,
    RegistrySource,
    Source,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.sources import GitUrlError, parse_git_source
from bot.lockfile.tables import (
    TIMESTAMP,
    Malformed,
    Table,
    first_key,
    markers_of,
    name_from,
    names_of,
    optional_integer,
    optional_marker,
    optional_text,
    optional_version,
    show,
    table_of,
    tables_of,
    text_of,
    version_from,
)
from bot.patterns import pattern
from bot.pep440 import shorten

_HASH = pattern(r"(?:sha256|md5|sha384|sha512|blake2b):\S+", re.ASCII)


class InPackage(Exception):
    """A problem in the package entry at a position."""

    def __init__(self, position: int, problem: str, word: str = "") -> None:
        self.position = position
        self.problem = problem
        self.word = word
        super().__init__(problem)


# --- packages ---------------------------------------------------------------------------------------

_Id = tuple[str, Version | None, Source]


def packages_from(tables: list[Table]) -> tuple[Package, ...]:
    """All entries, edges resolved to entries; raises ``InPackage``."""
    ids: list[_Id] = []
    for position, table in enumerate(tables):
        try:
            ids.append(_package_id(table))
        except Malformed as error:
            raise InPackage(position, str(error), error.word) from None
    known = _Known(ids)
    packages: list[Package] = []
    for position, table in enumerate(tables):
        try:
            packages.append(_package(table, ids[position], known))
        except Malformed as error:
            raise InPackage(position, f"package '{ids[position][0]}': {error}", error.word) from None
    return tuple(packages)


class _Known:
    """All package entries, to which edges are resolved."""

    def __init__(self, ids: list[_Id]) -> None:
        self.ids = frozenset(ids)
        if len(self.ids) != len(ids):
            _refuse_repeated(ids)
        self.by_name: dict[str, _Id | None] = {}
        for each in ids:
            self.by_name[each[0]] = None if each[0] in self.by_name else each

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


def _refuse_repeated(ids: list[_Id]) -> None:
    seen: set[_Id] = set()
    for position, each in enumerate(ids):
        if each in seen:
            raise InPackage(position, f"package '{each[0]}' has the same version and source as an earlier entry")
        seen.add(each)


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
            raise Malformed(f"'{shorten(key)}' of a source must be a string, not {show(value)}")
        if key in ("registry", "git", "url") and not is_address(value):
            raise Malformed(f"'{shorten(value)}' is not a URL", f'"{value}"')
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
        default_groups=default_groups_of(table),
        resolution_markers=markers_of(table, "resolution-markers"),
        dependencies=_dependencies(table, "dependencies", known),
        sdist=_file(table_of(table, "sdist")) if "sdist" in table else None,
        wheels=_wheels(tables_of(table, "wheels"), version),
        optional_dependencies={name_from(key): _dependencies(optional, key, known) for key in optional},
        dev_dependencies={name_from(key): _dependencies(groups, key, known) for key in groups},
        group_requires_python=group_requires_python_of(table),
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
        requires_dist=requirements_of(table, "requires-dist"),
        requires_dev={name_from(name): requirements_of(groups, name) for name in groups},
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
            raise Malformed(f"'{shorten(filename)}' is not the name of a wheel")
        if version is not None and parts[1] != text:
            _check_wheel_version(filename, parts[1], version)
        wheels.append(wheel)
    return tuple(wheels)


def _check_wheel_version(filename: str, text: str, version: Version) -> None:
    found = version_from(text)
    if version != found and version != Version(found.public):
        raise Malformed(f"the wheel '{shorten(filename)}' is of version {found}, not {version}")


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
    if digest is not None and (not isinstance(digest, str) or not _HASH.fullmatch(digest)):
        raise Malformed(f"{show(digest)} is not a hash of a known kind")
    if uploaded is not None and (not isinstance(uploaded, str) or not TIMESTAMP.fullmatch(uploaded)):
        raise Malformed(f"{show(uploaded)} is not a time of upload")
    url = get("url")
    if url is None or not isinstance(url, str):
        url = optional_text(table, "url")
    elif not is_plain_address(url):
        raise Malformed(f"'{shorten(url)}' is not a URL", f'"{url}"')
    return File(
        url=url,
        path=optional_text(table, "path") if "path" in table else None,
        filename=optional_text(table, "filename") if "filename" in table else None,
        hash=digest,
        size=optional_integer(table, "size"),
        upload_time=uploaded,
    )
