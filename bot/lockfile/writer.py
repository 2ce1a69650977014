"""A ``Lock`` as the text of a lock file, byte for byte as uv writes it.

The order of everything is that of the value; this module decides layout only. Fields that a revision does not know
(``Lock.revision``) are left out, so a lock can be written again at the revision it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from bot.lockfile.model import (
    ConflictItem,
    Cutoff,
    DefaultGroups,
    Dependency,
    DependencyMetadata,
    Exclude,
    File,
    Lock,
    LockOptions,
    Manifest,
    ModifierScope,
    Override,
    Package,
    PackageCutoff,
    PackageMetadata,
    Requirement,
    ScopedExclude,
    ScopedOverride,
)
from bot.lockfile.sources import render_conflict_item, render_requirement, render_source
from bot.lockfile.specifiers import render_specifiers
from bot.lockfile.toml_text import render_array, render_inline_table, render_key, render_string, render_strings
from bot.markers import Marker, marker_text

#: The revisions that brought a field.
PROVIDES_EXTRAS, UPLOAD_TIME, PACKAGE_CUTOFFS, GROUP_DEFAULTS = 1, 2, 3, 5
#: Before this revision a lone build constraint stands on a line of its own.
SHORT_BUILD_CONSTRAINTS = 5

_PLACEHOLDER: Final = '"0001-01-01T00:00:00Z"'
_PLACEHOLDER_REASON: Final = (
    " # This has no effect and is included for backwards compatibility when using relative exclude-newer values."
)


def render_lock(lock: Lock) -> str:
    """The whole file, ending in one newline."""
    lines = [f"version = {lock.version}"]
    if lock.revision:
        lines.append(f"revision = {lock.revision}")
    lines.append(f"requires-python = {render_string(lock.requires_python)}")
    _add_markers(lines, "resolution-markers", lock.resolution_markers)
    _add_markers(lines, "supported-markers", lock.supported_markers)
    _add_markers(lines, "required-markers", lock.required_markers)
    _add_conflicts(lines, lock.conflicts)
    _add_options(lines, lock.options, lock.revision)
    _add_manifest(lines, lock.manifest, lock.revision)
    counts = Counter(package.name for package in lock.packages)
    repeated = frozenset(name for name, count in counts.items() if count > 1)
    for package in lock.packages:
        _add_package(lines, package, repeated, lock.revision)
    lines.append("")
    return "\n".join(lines)


# --- layout -----------------------------------------------------------------------------------------


def _add_table(lines: list[str], name: str) -> None:
    lines += ("", f"[{name}]")


def _add_tall_array(lines: list[str], key: str, values: Iterable[str]) -> None:
    """An array with every element on its own line, however many there are."""
    lines.append(f"{key} = [")
    lines += [f"    {value}," for value in values]
    lines.append("]")


def _add_rows(lines: list[str], key: str, rows: Sequence[str]) -> None:
    """An array that stays on one line as long as it has no more than one element."""
    if len(rows) <= 1:
        lines.append(f"{key} = {render_array(rows)}")
    else:
        _add_tall_array(lines, key, rows)


def _add_rows_unless_empty(lines: list[str], key: str, rows: Sequence[str]) -> None:
    if rows:
        _add_rows(lines, key, rows)


def _add_markers(lines: list[str], key: str, markers: Sequence[Marker]) -> None:
    if markers:
        texts = [text for marker in markers if (text := marker_text(marker)) is not None]
        if texts or key != "resolution-markers":
            _add_tall_array(lines, key, map(render_string, texts))


def _add_conflicts(lines: list[str], conflicts: Sequence[Sequence[ConflictItem]]) -> None:
    opening = "conflicts = [["
    for items in conflicts:
        lines.append(opening)
        lines += [f"    {render_conflict_item(item)}," for item in items]
        opening = "], ["
    if conflicts:
        lines.append("]]")


# --- options and manifest ---------------------------------------------------------------------------


def _add_options(lines: list[str], options: LockOptions, revision: int) -> None:
    per_package = options.exclude_newer_package if revision >= PACKAGE_CUTOFFS else {}
    body: list[str] = []
    for key, mode in (
        ("resolution-mode", options.resolution_mode),
        ("prerelease-mode", options.prerelease_mode),
        ("fork-strategy", options.fork_strategy),
    ):
        if mode is not None:
            body.append(f"{key} = {render_string(mode)}")
    if options.minimum_libc_version:
        fields = (f"{name} = {render_string(version)}" for name, version in options.minimum_libc_version.items())
        body.append(f"minimum-libc-version = {render_inline_table(fields)}")
    if options.exclude_newer is not None:
        body += _cutoff_lines(options.exclude_newer)
    if not body and not options.prerelease_package and not per_package:
        return
    _add_table(lines, "options")
    lines += body
    if options.prerelease_package:
        _add_table(lines, "options.prerelease-package")
        lines += [f"{render_key(name)} = {render_string(mode)}" for name, mode in options.prerelease_package.items()]
    if per_package:
        _add_table(lines, "options.exclude-newer-package")
        lines += [f"{render_key(name)} = {_package_cutoff(cutoff)}" for name, cutoff in per_package.items()]


def _cutoff_lines(cutoff: Cutoff) -> list[str]:
    if cutoff.span is None:
        return [f"exclude-newer = {render_string(cutoff.timestamp)}"]
    if cutoff.timestamp == _PLACEHOLDER.strip('"'):
        first = f"exclude-newer = {_PLACEHOLDER}{_PLACEHOLDER_REASON}"
    else:
        first = f"exclude-newer = {render_string(cutoff.timestamp)}"
    return [first, f"exclude-newer-span = {render_string(cutoff.span)}"]


def _package_cutoff(cutoff: PackageCutoff) -> str:
    if cutoff is None:
        return "false"
    if cutoff.span is None:
        return render_string(cutoff.timestamp)
    return f"{{ timestamp = {render_string(cutoff.timestamp)}, span = {render_string(cutoff.span)} }}"


def _default_groups(groups: DefaultGroups) -> str:
    return f"default-groups = {render_string(groups) if isinstance(groups, str) else render_strings(groups)}"


def _scope(scope: ModifierScope) -> str:
    version = "" if scope.version is None else f", version = {render_string(str(scope.version))}"
    return f"package = {{ name = {render_string(scope.package)}{version} }}"


def _override(entry: Override) -> str:
    if isinstance(entry, ScopedOverride):
        rows = render_array(map(render_requirement, entry.dependencies))
        return render_inline_table((_scope(entry.scope), f"dependencies = {rows}"))
    return render_requirement(entry)


def _exclude(entry: Exclude) -> str:
    if isinstance(entry, ScopedExclude):
        return render_inline_table((_scope(entry.scope), f"dependencies = {render_strings(entry.dependencies)}"))
    return render_string(entry)


def _add_manifest(lines: list[str], manifest: Manifest, revision: int) -> None:
    body: list[str] = []
    if manifest.members:
        _add_tall_array(body, "members", map(render_string, manifest.members))
    if manifest.default_groups is not None and revision >= GROUP_DEFAULTS:
        body.append(_default_groups(manifest.default_groups))
    _add_rows_unless_empty(body, "requirements", [render_requirement(row) for row in manifest.requirements])
    _add_rows_unless_empty(body, "constraints", [render_requirement(row) for row in manifest.constraints])
    _add_rows_unless_empty(body, "overrides", [_override(row) for row in manifest.overrides])
    _add_rows_unless_empty(body, "excludes", [_exclude(row) for row in manifest.excludes])
    build_constraints = [render_requirement(row) for row in manifest.build_constraints]
    if build_constraints and revision < SHORT_BUILD_CONSTRAINTS:
        _add_tall_array(body, "build-constraints", build_constraints)
    else:
        _add_rows_unless_empty(body, "build-constraints", build_constraints)
    if body:
        _add_table(lines, "manifest")
        lines += body
    _add_requirement_table(lines, "manifest.dependency-groups", manifest.dependency_groups)
    if revision >= GROUP_DEFAULTS:
        _add_text_table(lines, "manifest.group-requires-python", manifest.group_requires_python)
    for metadata in manifest.dependency_metadata:
        _add_dependency_metadata(lines, metadata)


def _add_requirement_table(lines: list[str], name: str, groups: Mapping[str, Sequence[Requirement]]) -> None:
    if groups:
        _add_table(lines, name)
        for group, requirements in groups.items():
            _add_rows(lines, render_key(group), [render_requirement(row) for row in requirements])


def _add_text_table(lines: list[str], name: str, texts: Mapping[str, str]) -> None:
    if texts:
        _add_table(lines, name)
        lines += [f"{render_key(key)} = {render_string(text)}" for key, text in texts.items()]


def _add_dependency_metadata(lines: list[str], metadata: DependencyMetadata) -> None:
    lines += ("", "[[manifest.dependency-metadata]]", f"name = {render_string(metadata.name)}")
    if metadata.version is not None:
        lines.append(f"version = {render_string(str(metadata.version))}")
    if metadata.requires_dist:
        lines.append(f"requires-dist = {render_strings(metadata.requires_dist)}")
    if metadata.requires_python is not None:
        lines.append(f"requires-python = {render_string(render_specifiers(metadata.requires_python, ', '))}")
    if metadata.provides_extras:
        lines.append(f"provides-extras = {render_strings(metadata.provides_extras)}")


# --- packages ---------------------------------------------------------------------------------------


def _add_package(lines: list[str], package: Package, repeated: frozenset[str], revision: int) -> None:
    lines += ("", "[[package]]", f'name = "{package.name}"')
    if package.version is not None:
        lines.append(f'version = "{package.version}"')
    lines.append(f"source = {render_source(package.source)}")
    if package.default_groups is not None and revision >= GROUP_DEFAULTS:
        lines.append(_default_groups(package.default_groups))
    _add_markers(lines, "resolution-markers", package.resolution_markers)
    if package.dependencies:
        _add_tall_array(lines, "dependencies", [_dependency(edge, repeated) for edge in package.dependencies])
    if package.sdist is not None:
        lines.append(f"sdist = {_file(package.sdist, revision)}")
    if package.wheels:
        _add_tall_array(lines, "wheels", [_file(wheel, revision) for wheel in package.wheels])
    _add_edge_table(lines, "package.optional-dependencies", package.optional_dependencies, repeated)
    _add_edge_table(lines, "package.dev-dependencies", package.dev_dependencies, repeated)
    if revision >= GROUP_DEFAULTS:
        _add_text_table(lines, "package.group-requires-python", package.group_requires_python)
    _add_package_metadata(lines, package.metadata, revision)


def _add_edge_table(
    lines: list[str], name: str, edges: Mapping[str, Sequence[Dependency]], repeated: frozenset[str]
) -> None:
    if not edges:
        return
    _add_table(lines, name)
    for key, dependencies in edges.items():
        if dependencies:
            _add_tall_array(lines, render_key(key), [_dependency(edge, repeated) for edge in dependencies])
        else:
            lines.append(f"{render_key(key)} = []")


def _dependency(edge: Dependency, repeated: frozenset[str]) -> str:
    text = f'{{ name = "{edge.name}"'
    if edge.name in repeated:
        if edge.version is not None:
            text += f', version = "{edge.version}"'
        text += f", source = {render_source(edge.source)}"
    if edge.extras:
        text += f", extra = {render_strings(edge.extras)}"
    marker = marker_text(edge.marker)
    return f"{text} }}" if marker is None else f"{text}, marker = {render_string(marker)} }}"


@lru_cache(maxsize=1 << 15)
def _file(file: File, revision: int) -> str:
    """Remembered, as the locks that are proposed for one repository list nearly the same files."""
    fields: list[str] = []
    if file.url is not None:
        fields.append(f"url = {render_string(file.url)}")
    elif file.path is not None:
        fields.append(f"path = {render_string(file.path)}")
    elif file.filename is not None:
        fields.append(f"filename = {render_string(file.filename)}")
    if file.hash is not None:
        fields.append(f"hash = {render_string(file.hash)}")
    if file.size is not None:
        fields.append(f"size = {file.size}")
    if file.upload_time is not None and revision >= UPLOAD_TIME:
        fields.append(f'upload-time = "{file.upload_time}"')
    return render_inline_table(fields)


def _add_package_metadata(lines: list[str], metadata: PackageMetadata, revision: int) -> None:
    extras = metadata.provides_extras if revision >= PROVIDES_EXTRAS else ()
    if not metadata.requires_dist and not extras and not metadata.requires_dev:
        return
    _add_table(lines, "package.metadata")
    _add_rows_unless_empty(lines, "requires-dist", [render_requirement(row) for row in metadata.requires_dist])
    if extras:
        lines.append(f"provides-extras = {render_strings(extras)}")
    _add_requirement_table(lines, "package.metadata.requires-dev", metadata.requires_dev)
