"""The ``pylock.toml`` (PEP 751) that is compiled; files of indexes with all their hashes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.compile.requirements_txt import Line
from bot.errors import InputError
from bot.export.pylock_toml import canonical_wheel_name, digest_fields, file_url, second_text, vcs_fields
from bot.export.requirements_txt import hash_key, with_fragment
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    GitSource,
    PathSource,
    RegistrySource,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.toml_text import render_array, render_inline_table, render_string
from bot.markers import Marker, marker_text
from bot.resolver.assembly.wheels import matches_platforms
from bot.resolver.lowering.paths import is_source_archive, join, locked_path
from bot.resolver.model.index import ReleaseFile
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import ResolverOptions
from bot.resolver.model.resolution import PinnedPackage
from bot.resolver.model.target import Target
from bot.resolver.search.solution import render_upload_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package with where it is needed, what was found of it, and how its place is written."""

    line: Line
    pinned: PinnedPackage
    marker: Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class PylockContext:
    """What the text depends on besides the packages. ``folder`` and ``output``: where the command runs and where the file
    lies in the tree, whose absolute path is ``tree_root``."""

    requires_python: str
    python: PythonRange
    target: Target | None
    options: ResolverOptions
    folder: str
    output: str
    tree_root: str | None


def render_pylock(packages: Sequence[Package], context: PylockContext) -> str:
    """The whole text; raises ``InputError`` where a file has no hash, which the format needs."""
    lines = ['lock-version = "1.0"', 'created-by = "uv"']
    lines.append(f"requires-python = {render_string(context.requires_python)}")
    if not packages:
        lines.append("packages = []")
    for one in sorted(packages, key=lambda one: (one.line.pinned.key.name, one.line.pinned.key.version.key)):
        lines += ["", "[[packages]]", *_package(one, context)]
    return "".join(f"{line}\n" for line in lines)


def _package(package: Package, context: PylockContext) -> Iterator[str]:
    key, pinned = package.line.pinned.key, package.pinned
    yield f"name = {render_string(key.name)}"
    is_directory = isinstance(key.source, DirectorySource | EditableSource | VirtualSource)
    if pinned.version is not None and not is_directory:
        yield f"version = {render_string(pinned.version.text)}"
    marker = marker_text(package.marker)
    if marker is not None:
        yield f"marker = {render_string(marker)}"
    match key.source:
        case RegistrySource():
            yield from _registry(package, context)
        case GitSource():
            if key.source.path is not None:
                raise InputError(f"{key.name} is an archive in a git repository, which pylock.toml can't name")
            yield from vcs_fields(key.source)
        case UrlSource(url=url, subdirectory=subdirectory):
            place = url if subdirectory is None else with_fragment(url, (f"subdirectory={subdirectory}",))
            yield _archive(package, f"url = {render_string(place)}", subdirectory if is_source_archive(url) else None)
        case PathSource(path=path):
            yield _archive(package, f"path = {render_string(_place(path, package, context))}", None)
        case DirectorySource(path=path) | EditableSource(path=path) | VirtualSource(path=path):
            fields = [f"path = {render_string(_place(path, package, context))}"]
            fields += ["editable = true"] if isinstance(key.source, EditableSource) else []
            yield f"directory = {render_inline_table(fields)}"


def _place(path: str, package: Package, context: PylockContext) -> str:
    """A path as seen from the file, unless it is written as an absolute one."""
    if package.line.written.is_absolute:
        if posixpath.isabs(path) or context.tree_root is None:
            return path
        return posixpath.normpath(posixpath.join(context.tree_root, context.folder, path))
    return path if posixpath.isabs(path) else locked_path(join(context.folder, path), context.output)


def _archive(package: Package, place: str, subdirectory: str | None) -> str:
    fields = [place]
    if subdirectory is not None:
        fields.append(f"subdirectory = {render_string(subdirectory)}")
    fields.append(_hashes(package.line.hashes, package))
    return f"archive = {render_inline_table(fields)}"


# --- files of an index ------------------------------------------------------------------------------


def _registry(package: Package, context: PylockContext) -> Iterator[str]:
    name, pinned = package.line.pinned.key.name, package.pinned
    sdists = [file for file in pinned.listed if file.wheel is None]
    if sdists and pinned.sdist is not None and not context.options.forbids_build(name):
        chosen = next((file for file in sdists if file.url == pinned.sdist.url), sdists[0])
        yield f"sdist = {_file(chosen, package)}"
    wheels = [] if context.options.forbids_binary(name) else list(_wheels(package, context))
    rows = [_file(file, package) for file in wheels]
    if len(rows) == 1:
        yield f"wheels = {render_array(rows)}"
    elif rows:
        yield "wheels = ["
        yield from (f"    {row}," for row in rows)
        yield "]"


def _wheels(package: Package, context: PylockContext) -> Iterator[ReleaseFile]:
    """The wheels that can be used where the package is needed."""
    for file in package.pinned.listed:
        tags = file.wheel
        if tags is None or (context.target is not None and not context.target.wheels.admits(tags)):
            continue
        if context.python.matches_wheel_tags(tags) and matches_platforms(tags, package.marker):
            yield file


def _file(file: ReleaseFile, package: Package) -> str:
    url = file_url(file.path) if file.path is not None else file.url
    fields = []
    if unquote(urlsplit(url).path.rpartition("/")[2]) != file.filename:
        name = file.filename if file.wheel is None else canonical_wheel_name(file.filename)
        fields.append(f"name = {render_string(name)}")
    fields.append(f"url = {render_string(url)}")
    if file.upload_time is not None:
        fields.append(f"upload-time = {second_text(render_upload_time(file.upload_time))}")
    if file.size is not None:
        fields.append(f"size = {file.size}")
    fields.append(_hashes(file.hashes, package))
    return render_inline_table(fields)


def _hashes(hashes: Sequence[str], package: Package) -> str:
    if not hashes:
        problem = f"a file of {package.line.pinned.key.name} has no hash, and pylock.toml needs one"
        raise InputError(problem, hint="compile to requirements.txt, or use an index that states hashes")
    return f"hashes = {render_inline_table(digest_fields(sorted(hashes, key=hash_key)))}"
