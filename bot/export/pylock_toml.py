"""The ``pylock.toml`` format (PEP 751)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never
from urllib.parse import quote, unquote, urlsplit

from packaging.version import Version

from bot.errors import InputError
from bot.export.packages import ExportedPackage
from bot.export.requirements_txt import Editables, with_fragment
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    File,
    GitSource,
    Lock,
    Package,
    PathSource,
    RegistrySource,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.toml_text import render_array, render_inline_table, render_string
from bot.markers import marker_text
from bot.patterns import pattern
from bot.resolver.lowering.paths import join, locked_path
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import find_local_path
from bot.resolver.model.python_range import parse_python_range

_SDIST: Final = pattern(r"\.(?:tar\.(?:gz|bz2|lz|lzma|xz|zst)|tgz|tbz|txz|tlz|zip)$")
_NAME_FORM: Final = pattern(r"pylock\.(?:[^.]+\.)?toml")
_WHEEL: Final = pattern(r"([^-]+)-([^-]+)-(.+)\.whl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of one tree: where the lock lies, and where the text is to lie. ``tree_root``: the absolute path of the
    tree, ``None`` where the text must not depend on it."""

    lock: str
    output: str
    tree_root: str | None = None

    def from_output(self, path: str) -> str:
        """A path that is relative to the lock, seen from the output; an absolute one as it is."""
        return path if path.startswith("/") else locked_path(join(self.lock, path), self.output)

    def absolute(self, path: str) -> str:
        if path.startswith("/"):
            return path
        if self.tree_root is None:
            problem = f"{path} is a folder of this machine, which pylock.toml names by its absolute path"
            raise InputError(problem, hint="export to requirements.txt, or publish the folder as an index")
        return posixpath.normpath(posixpath.join(self.tree_root, self.lock, path))


def is_pylock_name(name: str) -> bool:
    return _NAME_FORM.fullmatch(name) is not None


def render_pylock(lock: Lock, packages: Sequence[ExportedPackage], places: Places, editables: Editables) -> str:
    """The whole text; raises ``InputError`` where the lock does not know what the format needs."""
    lines = ['lock-version = "1.0"', 'created-by = "uv"', *_environments(lock)]
    lines.append(f"requires-python = {render_string(lock.requires_python)}")
    if not packages:
        lines.append("packages = []")
    for one in packages:
        lines += ["", "[[packages]]", *_package(one, places, editables)]
    return "".join(f"{line}\n" for line in lines)


def _environments(lock: Lock) -> Iterator[str]:
    python = parse_python_range(lock.requires_python)
    texts = [marker_text(python.simplify(python.complexify(marker))) for marker in lock.supported_markers]
    stated = [text for text in texts if text is not None]
    if stated and len(stated) == len(texts):
        yield f"environments = {render_array(map(render_string, stated))}"


def _package(one: ExportedPackage, places: Places, editables: Editables) -> Iterator[str]:
    package = one.package
    is_directory = isinstance(package.source, DirectorySource | EditableSource)
    yield f"name = {render_string(package.name)}"
    if package.version is not None and not is_directory:
        yield f"version = {render_string(str(package.version))}"
    marker = marker_text(one.marker)
    if marker is not None:
        yield f"marker = {render_string(marker)}"
    yield from _source(package, places, editables)


def _source(package: Package, places: Places, editables: Editables) -> Iterator[str]:
    match package.source:
        case RegistrySource():
            yield from _registry(package, package.source, places)
        case GitSource():
            yield from vcs_fields(package.source)
        case UrlSource():
            yield from _url_archive(package, package.source)
        case PathSource(path=path):
            yield from _archive(package, "path", places.from_output(path), path, None)
        case DirectorySource(path=path) | EditableSource(path=path):
            yield from _directory(package, places.from_output(path), editables)
        case VirtualSource():
            raise AssertionError("a virtual package is never installed")
        case _:
            assert_never(package.source)


def _directory(package: Package, path: str, editables: Editables) -> Iterator[str]:
    asked = editables.asked(package.name)
    fields = [f"path = {render_string(path)}"]
    if asked or (asked is None and isinstance(package.source, EditableSource)):
        fields.append("editable = true")
    elif asked is None:
        fields.append("editable = false")
    yield f"directory = {render_inline_table(fields)}"


def vcs_fields(source: GitSource) -> Iterator[str]:
    """The line of a package from git; none for an archive in a repository."""
    if source.path is not None:
        return
    fields = ['type = "git"', f"url = {render_string(source.url)}"]
    if source.reference is not None:
        fields.append(f"requested-revision = {render_string(source.reference.name)}")
    fields.append(f"commit-id = {render_string(source.commit)}")
    if source.subdirectory is not None:
        fields.append(f"subdirectory = {render_string(source.subdirectory)}")
    yield f"vcs = {render_inline_table(fields)}"


# --- archives ---------------------------------------------------------------------------------------


def _url_archive(package: Package, source: UrlSource) -> Iterator[str]:
    path = urlsplit(source.url).path
    url = source.url
    if source.subdirectory is not None and _SDIST.search(path):
        url = with_fragment(url, (f"subdirectory={source.subdirectory}",))
    yield from _archive(package, "url", url, path, source.subdirectory)


def _archive(package: Package, key: str, place: str, path: str, subdirectory: str | None) -> Iterator[str]:
    """A source archive or a wheel that is named by where it is."""
    is_source = _SDIST.search(path) is not None
    if is_source and not path.endswith((".tar.gz", ".zip")):
        problem = f"{package.name} is the source archive {posixpath.basename(path)}, which pylock.toml does not admit"
        raise InputError(problem, hint="use a .tar.gz or a wheel")
    file = package.sdist if is_source else next(iter(package.wheels), None)
    fields = [f"{key} = {render_string(place)}"]
    if file is not None and file.size is not None:
        fields.append(f"size = {file.size}")
    if is_source and subdirectory is not None:
        fields.append(f"subdirectory = {render_string(subdirectory)}")
    fields.append(_hashes(package, file or File()))
    yield f"archive = {render_inline_table(fields)}"


# --- files of an index ------------------------------------------------------------------------------


def _registry(package: Package, source: RegistrySource, places: Places) -> Iterator[str]:
    folder = find_local_path(source.url)
    index = without_credentials(source.url) if folder is None else file_url(places.absolute(folder))
    yield f"index = {render_string(index)}"
    if package.sdist is not None:
        url = _file_location(package.sdist, source, places)
        yield f"sdist = {_file(package, package.sdist, url, _filename(package.sdist))}"
    wheels = [
        _file(package, wheel, _file_location(wheel, source, places), canonical_wheel_name(_filename(wheel)))
        for wheel in package.wheels
    ]
    if len(wheels) == 1:
        yield f"wheels = {render_array(wheels)}"
    elif wheels:
        yield "wheels = ["
        yield from (f"    {wheel}," for wheel in wheels)
        yield "]"


def _file_location(file: File, source: RegistrySource, places: Places) -> str:
    if file.url is not None:
        return file.url
    if file.path is None:
        raise InputError(f"the lock does not say where {file.filename} is", hint="lock again")
    folder = find_local_path(source.url) or source.url
    return file_url(places.absolute(posixpath.join(folder, file.path)))


def file_url(path: str) -> str:
    """The URL of a file of this machine."""
    return f"file://{quote(path)}"


def _filename(file: File) -> str:
    if file.url is not None:
        return unquote(urlsplit(file.url).path.rpartition("/")[2])
    return posixpath.basename(file.path or file.filename or "")


def canonical_wheel_name(name: str) -> str:
    """The file name of a wheel with name and version as they are normalized."""
    found = _WHEEL.fullmatch(name)
    if found is None:
        return name
    project = re.sub(r"[-_.]+", "_", found[1]).lower()
    return f"{project}-{Version(found[2])}-{found[3]}.whl"


def _file(package: Package, file: File, url: str, name: str) -> str:
    fields = []
    if unquote(urlsplit(url).path.rpartition("/")[2]) != name:
        fields.append(f"name = {render_string(name)}")
    fields.append(f"url = {render_string(url)}")
    if file.upload_time is not None:
        fields.append(f"upload-time = {second_text(file.upload_time)}")
    if file.size is not None:
        fields.append(f"size = {file.size}")
    fields.append(_hashes(package, file))
    return render_inline_table(fields)


def second_text(text: str) -> str:
    """A time of upload to the second: uv drops what is below."""
    return f"{text.removesuffix('Z').partition('.')[0]}Z"


def _hashes(package: Package, file: File) -> str:
    if file.hash is None:
        problem = f"the lock holds no hash of {_filename(file) or package.name}, and pylock.toml needs one"
        raise InputError(problem, hint="export to requirements.txt, or use an index that states hashes")
    return f"hashes = {render_inline_table(digest_fields((file.hash,)))}"


def digest_fields(hashes: Iterable[str]) -> Iterator[str]:
    """Hashes as the fields of a table."""
    for text in hashes:
        algorithm, _, digest = text.partition(":")
        yield f"{algorithm} = {render_string(digest)}"
