"""The settings that ``[tool.uv]``, ``uv.toml`` and script headers have in common."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from bot.manifest.cutoff import read_exclude_newer
from bot.manifest.model import IndexTable, StaticMetadata, UvSettings
from bot.manifest.reader import (
    TomlValue,
    read_flag,
    read_name,
    read_named,
    read_names,
    read_requirements,
    read_specifiers,
    read_text,
    read_url,
    read_version,
)
from bot.pep440 import parse_version, shorten

_RESOLUTIONS = ("highest", "lowest", "lowest-direct")
_PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
_FORK_STRATEGIES = ("fewest", "requires-python")
_INDEX_STRATEGIES = ("first-index", "unsafe-first-match", "unsafe-best-match")


def read_settings(node: TomlValue) -> UvSettings:
    """Read the settings of one table; keys that ``lock`` does not obey are left alone."""
    return UvSettings(
        indexes=node["index"].maybe(read_indexes),
        index_url=node["index-url"].maybe(read_url),
        extra_index_url=node["extra-index-url"].maybe(_read_urls),
        find_links=node["find-links"].maybe(_read_urls),
        no_index=node["no-index"].maybe(read_flag),
        index_strategy=_choice(node["index-strategy"], _INDEX_STRATEGIES),
        resolution=_choice(node["resolution"], _RESOLUTIONS),
        prerelease=_choice(node["prerelease"], _PRERELEASES),
        prerelease_package=node["prerelease-package"].maybe(_read_prereleases),
        fork_strategy=_choice(node["fork-strategy"], _FORK_STRATEGIES),
        dependency_metadata=node["dependency-metadata"].maybe(_read_metadata_tables),
        exclude_newer=node["exclude-newer"].maybe(read_exclude_newer),
        exclude_newer_package=node["exclude-newer-package"].maybe(
            lambda table: read_named(table, read_exclude_newer),
        ),
        no_sources=node["no-sources"].maybe(read_flag),
        no_sources_package=node["no-sources-package"].maybe(read_names),
        no_build=node["no-build"].maybe(read_flag),
        no_build_package=node["no-build-package"].maybe(read_names),
        no_binary=node["no-binary"].maybe(read_flag),
        no_binary_package=node["no-binary-package"].maybe(read_names),
        upgrade=node["upgrade"].maybe(read_flag),
        upgrade_package=node["upgrade-package"].maybe(read_requirements),
        required_version=node["required-version"].maybe(_read_required_version),
        offline=node["offline"].maybe(read_flag),
    )


def read_indexes(node: TomlValue) -> tuple[IndexTable, ...]:
    """Read ``[[index]]``: names differ, at most one is the default."""
    tables = tuple(_read_index(item) for item in node.items())
    names: set[str] = set()
    for position, table in enumerate(tables):
        place = TomlValue(None, (*node.keys, position))
        if table.name in names:
            raise place.refuse(f"the index name {table.name!r} is used twice", "give every index its own name")
        if table.default and any(earlier.default for earlier in tables[:position]):
            raise place.refuse("two indexes have default = true", "keep it on one of them")
        if table.name:
            names.add(table.name)
    return tables


def _read_index(node: TomlValue) -> IndexTable:
    if not node["url"].is_present:
        raise node.refuse("an index needs a url", 'add url = "https://…"')
    return IndexTable(
        name=node["name"].maybe(read_text),
        url=read_url(node["url"]),
        explicit=bool(node["explicit"].maybe(read_flag)),
        default=bool(node["default"].maybe(read_flag)),
        flat=_choice(node["format"], ("simple", "flat")) == "flat",
        ignore_error_codes=node["ignore-error-codes"].tuple_of(TomlValue.number),
        authenticate=_choice(node["authenticate"], ("auto", "always", "never")),
        exclude_newer=node["exclude-newer"].maybe(read_exclude_newer),
        exclude_newer_package=read_named(node["exclude-newer-package"], read_exclude_newer),
    )


def _read_urls(node: TomlValue) -> tuple[str, ...]:
    return node.tuple_of(read_url)


def _choice(node: TomlValue, allowed: tuple[str, ...]) -> str | None:
    if node.is_present and node.text() not in allowed:
        raise node.refuse(f"{shorten(node.text())!r} is not known here", f"use one of: {', '.join(allowed)}")
    return node.maybe(read_text)


def _read_prereleases(node: TomlValue) -> dict[str, str]:
    return read_named(node, lambda item: _choice(item, _PRERELEASES) or "")


def _read_metadata_tables(node: TomlValue) -> tuple[StaticMetadata, ...]:
    return node.tuple_of(_read_metadata)


def _read_metadata(node: TomlValue) -> StaticMetadata:
    node.only("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
    extras = node["provides-extras"] if node["provides-extras"].is_present else node["provides-extra"]
    return StaticMetadata(
        name=read_name(node["name"]),
        version=node["version"].maybe(read_version),
        requires_dist=read_requirements(node["requires-dist"]),
        requires_python=node["requires-python"].maybe(read_specifiers),
        provides_extras=read_names(extras),
    )


def _read_required_version(node: TomlValue) -> SpecifierSet:
    """A bare version means exactly that one."""
    try:
        return SpecifierSet(f"=={parse_version(node.text())}")
    except InvalidVersion:
        return read_specifiers(node)
