"""What manifests state, as values: ``pyproject.toml``, ``uv.toml`` and PEP 723 script headers.

Everything is as declared: nothing is lowered, inherited or defaulted here. Names of packages, extras and groups are
normalized (PEP 503, PEP 685, PEP 735); ``None`` means "not stated", which differs from "stated as empty" for many
uv settings. A ``Declaration`` is one requirement at its place, which is what updates are planned and edited by.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.command_line.experiments import Preview
from bot.errors import DeclarationError
from bot.markers import Marker
from bot.values import field, value

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: A place in a TOML document: table keys and array positions from the top.
KeyPath: TypeAlias = tuple[str | int, ...]


# --- declarations ---------------------------------------------------------------------------------


#: The values (dotted keys, before an extra's or group's name) are also Renovate's words in ``matchDepTypes``.
class DepType(StrEnum):
    """The table that a requirement stands in, by its key in the manifest; in a requirements file, what the file is for."""

    DEPENDENCIES = "project.dependencies"
    OPTIONAL = "project.optional-dependencies"
    GROUP = "dependency-groups"
    BUILD = "build-system.requires"
    DEV = "tool.uv.dev-dependencies"
    CONSTRAINT = "tool.uv.constraint-dependencies"
    OVERRIDE = "tool.uv.override-dependencies"
    BUILD_CONSTRAINT = "tool.uv.build-constraint-dependencies"
    SCRIPT = "dependencies"
    REQUIREMENTS = "requirements"
    CONSTRAINTS = "constraints"


@value
class Declaration:
    """A requirement at its place.

    ``path`` is the manifest (or script), ``group`` the extra's or group's key as written (``None`` for the other
    tables), ``index`` the position in the array (items that are no requirements count), ``inner`` the position in the
    ``dependencies`` of a scoped override. ``keys`` is the same place as a path of TOML keys; in a script it starts at
    the top of the header. ``line`` counts from 1 in the whole file.
    """

    path: str
    table: DepType
    group: str | None = None
    index: int
    inner: int | None = None
    text: str
    requirement: Requirement
    line: int
    keys: KeyPath


# --- requirements and sources ---------------------------------------------------------------------


@value
class DeclaredRequirement:
    """A PEP 508 requirement, not lowered; ``extras`` in declared order, ``url`` without surrounding blanks."""

    text: str
    name: str
    extras: tuple[str, ...] = ()
    specifier: SpecifierSet
    url: str | None = None
    marker: Marker


@value
class SourceScope:
    """When an entry of ``tool.uv.sources`` applies."""

    marker: Marker
    extra: str | None = None
    group: str | None = None


@value
class GitEntry:
    url: str
    subdirectory: str | None = None
    path: str | None = None
    rev: str | None = None
    tag: str | None = None
    branch: str | None = None
    lfs: bool | None = None
    scope: SourceScope


@value
class UrlEntry:
    url: str
    subdirectory: str | None = None
    scope: SourceScope


@value
class PathEntry:
    path: str
    editable: bool | None = None
    package: bool | None = None
    scope: SourceScope


@value
class IndexEntry:
    index: str
    scope: SourceScope


@value
class WorkspaceEntry:
    """``workspace`` is ``True``, ``False`` or the path of another workspace's root."""

    workspace: bool | str
    editable: bool | None = None
    scope: SourceScope


SourceEntry: TypeAlias = GitEntry | UrlEntry | PathEntry | IndexEntry | WorkspaceEntry


# --- groups, workspaces, overrides ----------------------------------------------------------------


@value
class IncludeGroup:
    group: str


GroupItem: TypeAlias = DeclaredRequirement | IncludeGroup

#: ``default-groups``: names, or the word "all".
DefaultGroups: TypeAlias = tuple[str, ...] | str


@value
class WorkspaceTable:
    members: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@value
class ScopedRequirements:
    """A scoped override: requirements that hold only below one package (and version)."""

    package: str
    version: Version | None = None
    dependencies: tuple[DeclaredRequirement, ...]


@value
class ScopedNames:
    """A scoped exclude."""

    package: str
    version: Version | None = None
    dependencies: tuple[str, ...]


@value
class ConflictEntry:
    """One item of a declared conflict set; ``package`` may be left out where the manifest has a project."""

    package: str | None = None
    extra: str | None = None
    group: str | None = None


# --- settings -------------------------------------------------------------------------------------


@value
class Span:
    """A relative cutoff; ``text`` as written, ``iso`` the ISO 8601 duration that a lock prints."""

    text: str
    iso: str
    seconds: float


@value
class Instant:
    """An absolute cutoff in RFC 3339, UTC."""

    timestamp: str


@value
class Day:
    """A cutoff given as a date: the start of the next day in the local time zone."""

    year: int
    month: int
    day: int


class NoCutoff(StrEnum):
    """``exclude-newer = false``."""

    NONE = "false"


ExcludeNewer: TypeAlias = Span | Instant | Day | NoCutoff


@value
class IndexTable:
    """One ``[[index]]``. ``url`` as written: a URL or a path relative to the file."""

    name: str | None = None
    url: str
    explicit: bool = False
    default: bool = False
    flat: bool = False
    ignore_error_codes: tuple[int, ...] = ()
    authenticate: str | None = None
    exclude_newer: ExcludeNewer | None = None
    exclude_newer_package: Mapping[str, ExcludeNewer] = field(default_factory=dict)
    hash_algorithm: str | None = None


@value
class StaticMetadata:
    """One ``[[dependency-metadata]]``: what holds in place of a package's own metadata."""

    name: str
    version: Version | None = None
    requires_dist: tuple[DeclaredRequirement, ...] = ()
    requires_python: SpecifierSet | None = None
    provides_extras: tuple[str, ...] = ()


#: Experiments of uv: all, none, or those named.


@value
class MachineSettings:
    """What settings say of the machine that locks, of which no lock depends; ``None`` where nothing is stated.

    ``insecure_hosts`` as on the command line.
    """

    offline: bool | None = None
    system_certs: bool | None = None
    no_cache: bool | None = None
    cache_dir: str | None = None
    insecure_hosts: tuple[str, ...] | None = None
    http_proxy: str | None = field(default=None, repr=False)
    https_proxy: str | None = field(default=None, repr=False)
    no_proxy: tuple[str, ...] | None = None
    concurrent_downloads: int | None = None


@value
class AuditTable:
    """``[tool.uv.audit]``: identifiers of vulnerabilities to ignore, always or while no release mends them."""

    ignore: tuple[str, ...] = ()
    ignore_until_fixed: tuple[str, ...] = ()


@value
class UvSettings:
    """What both ``[tool.uv]`` and ``uv.toml`` can state and ``lock`` (or ``audit``) obeys; ``None`` where nothing is stated."""

    indexes: tuple[IndexTable, ...] | None = None
    index_url: str | None = None
    extra_index_url: tuple[str, ...] | None = None
    find_links: tuple[str, ...] | None = None
    no_index: bool | None = None
    index_strategy: str | None = None
    keyring_provider: str | None = None
    resolution: str | None = None
    prerelease: str | None = None
    prerelease_package: Mapping[str, str] | None = None
    fork_strategy: str | None = None
    dependency_metadata: tuple[StaticMetadata, ...] | None = None
    exclude_newer: ExcludeNewer | None = None
    exclude_newer_package: Mapping[str, ExcludeNewer] | None = None
    no_sources: bool | None = None
    no_sources_package: tuple[str, ...] | None = None
    no_build: bool | None = None
    no_build_package: tuple[str, ...] | None = None
    no_binary: bool | None = None
    no_binary_package: tuple[str, ...] | None = None
    upgrade: bool | None = None
    upgrade_package: tuple[DeclaredRequirement, ...] | None = None
    required_version: SpecifierSet | None = None
    preview: Preview | None = None
    machine: MachineSettings | None = None
    audit: AuditTable | None = None
    pip: PipSettings | None = None


@value
class PipSettings:
    """``[tool.uv.pip]``, which ``pip compile`` obeys. ``around``: what the settings around it have under the same name."""

    around: UvSettings = UvSettings()
    python: str | None = None
    no_binary: tuple[str, ...] | None = None
    only_binary: tuple[str, ...] | None = None
    extra: tuple[str, ...] | None = None
    all_extras: bool | None = None
    no_extra: tuple[str, ...] | None = None
    no_deps: bool | None = None
    group: tuple[str, ...] | None = None
    output_file: str | None = None
    no_strip_extras: bool | None = None
    no_strip_markers: bool | None = None
    no_annotate: bool | None = None
    no_header: bool | None = None
    custom_compile_command: str | None = None
    generate_hashes: bool | None = None
    python_version: str | None = None
    python_platform: str | None = None
    universal: bool | None = None
    no_emit_package: tuple[str, ...] | None = None
    emit_index_url: bool | None = None
    emit_find_links: bool | None = None
    emit_build_options: bool | None = None
    emit_marker_expression: bool | None = None
    emit_index_annotation: bool | None = None
    annotation_style: str | None = None
    torch_backend: str | None = None


@value
class Unread:
    """Why none of the settings of a table counts: what is wrong at ``keys``, or in ``line`` where it is no TOML.

    ``required_version`` counts all the same.
    """

    problem: str
    keys: KeyPath = ()
    line: int | None = None
    hint: str | None = None
    required_version: SpecifierSet | None = None


@value
class ToolUv:
    """``[tool.uv]`` without ``settings`` is what ``uv.toml`` never replaces.

    ``settings`` are empty where ``unread`` says why. ``indexes`` are what the table's own sources may name, and are
    there in either case.
    """

    settings: UvSettings = UvSettings()
    unread: Unread | None = None
    indexes: tuple[IndexTable, ...] | None = None
    sources: Mapping[str, tuple[SourceEntry, ...]] = field(default_factory=dict)
    workspace: WorkspaceTable | None = None
    managed: bool | None = None
    package: bool | None = None
    default_groups: DefaultGroups | None = None
    group_requires_python: Mapping[str, SpecifierSet] = field(default_factory=dict)
    group_settings: tuple[str, ...] = ()
    dev_dependencies: tuple[DeclaredRequirement, ...] | None = None
    constraints: tuple[DeclaredRequirement, ...] = ()
    overrides: tuple[DeclaredRequirement | ScopedRequirements, ...] = ()
    excludes: tuple[str | ScopedNames, ...] = ()
    build_constraints: tuple[DeclaredRequirement, ...] = ()
    environments: tuple[Marker, ...] = ()
    required_environments: tuple[Marker, ...] = ()
    conflicts: tuple[tuple[ConflictEntry, ...], ...] = ()
    minimum_libc_version: Mapping[str, str] = field(default_factory=dict)


# --- documents ------------------------------------------------------------------------------------


@value
class Project:
    """``[project]``. ``version`` is ``None`` when it is dynamic (or left out)."""

    name: str
    version: Version | None = None
    requires_python: SpecifierSet | None = None
    dependencies: tuple[DeclaredRequirement, ...] = ()
    optional_dependencies: Mapping[str, tuple[DeclaredRequirement, ...]] = field(default_factory=dict)
    dynamic: frozenset[str] = frozenset()
    classifiers: tuple[str, ...] = ()


@value
class BuildSystem:
    requires: tuple[DeclaredRequirement, ...] = ()


@value
class Pyproject:
    """One ``pyproject.toml``; ``groups`` is ``None`` where ``[dependency-groups]`` is absent.

    ``poetry``: whether ``[tool.poetry]`` exists (its metadata is static only with ``project.dependencies``).
    ``declares_dependencies``: whether ``project.dependencies`` is written at all. ``wrong``: what is the matter with a
    requirement of the project, which then is not among them.
    """

    path: str
    text: str = field(repr=False)
    project: Project | None = None
    wrong: DeclarationError | None = None
    groups: Mapping[str, tuple[GroupItem, ...]] | None = None
    build_system: BuildSystem | None = None
    uv: ToolUv = ToolUv()
    poetry: bool = False
    declares_dependencies: bool = False


@value
class Script:
    """The PEP 723 header of one script.

    ``header`` is the TOML text (comment marks taken away), ``header_line`` the line of its first row in the file.
    """

    path: str
    header: str = field(repr=False)
    header_line: int
    dependencies: tuple[DeclaredRequirement, ...] = ()
    requires_python: SpecifierSet | None = None
    uv: ToolUv = ToolUv()
