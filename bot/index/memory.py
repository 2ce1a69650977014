"""The index port in memory, for tests: no network, no clock, failures on demand.

Give releases as plain values::

    index = MemoryIndex()
    index.add("a", "1.0", requires_dist=["b>=1"])                       # one py3-none-any wheel
    index.add("b", "1.0", wheels=["b-1.0-cp312-cp312-win_amd64.whl"], sdist=True, yanked=True)
    index.fail_page("c", IndexFailure("the index is down"))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bot.errors import BuildRequiredError, IndexFailure
from bot.index.metadata.lenient_requirement import repair_requirement
from bot.index.pages.filenames import parse_file_name, parse_wheel_tags
from bot.index.pages.listing import parse_upload_time
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.ports.projects import Adverse
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import (
    Archive,
    CoreMetadata,
    GitTree,
    Index,
    MetadataUnavailable,
    Page,
    ProjectStatus,
    ReleaseFile,
)
from bot.resolver.model.versions import PyVersion, parse_version
from bot.values import replace

#: What an index is called unless the test says otherwise.
PYPI = Index(url="https://pypi.org/simple", default=True)

_T = TypeVar("_T")
_UPLOADED = "2024-01-01T00:00:00Z"


class MemoryPage:
    """A page made of release files."""

    def __init__(self, files: Iterable[ReleaseFile], status: ProjectStatus | None = None) -> None:
        self.status = status
        ordered = sorted(files, key=lambda file: (file.wheel is not None, file.filename))
        self._files: dict[PyVersion, list[ReleaseFile]] = {}
        for file in ordered:
            self._files.setdefault(file.version, []).append(file)
        self._versions = tuple(sorted(self._files))
        self.keys = tuple(version.key for version in self._versions)
        self.first_uploads = tuple(_first_upload(self._files[version]) for version in self._versions)
        self.has_locals = any(version.is_local for version in self._versions)

    def version_at(self, position: int) -> PyVersion:
        return self._versions[position]

    @property
    def versions(self) -> Sequence[PyVersion]:
        return self._versions

    def files(self, version: PyVersion) -> Sequence[ReleaseFile]:
        return tuple(self._files.get(version, ()))


def _first_upload(files: Iterable[ReleaseFile]) -> int | None:
    return min((file.upload_time for file in files if file.upload_time is not None), default=None)


class MemoryIndex:
    """An ``IndexPort``. ``asked`` notes every blocking read in order: ``("page", index url, name)`` and so on."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], list[ReleaseFile]] = {}
        self._metadata: dict[str, CoreMetadata | Exception] = {}
        self._page_failures: dict[tuple[str | None, str], Exception] = {}
        self._archives: dict[str, Archive | Exception] = {}
        self._trees: dict[str, GitTree | Exception] = {}
        self._pages: dict[tuple[str, str], MemoryPage] = {}
        self._statuses: dict[tuple[str, str], ProjectStatus] = {}
        self._publishers: dict[str, tuple[Publisher, ...]] = {}
        self.asked: list[tuple[str, ...]] = []

    # --- building ---

    def add(
        self,
        name: str,
        version: str,
        *,
        requires_dist: Sequence[str] = (),
        requires_python: str | None = None,
        metadata_requires_python: str | None = None,
        extras: Sequence[str] = (),
        wheels: Sequence[str] | None = None,
        sdist: bool = False,
        static_sdist: bool = True,
        yanked: bool = False,
        upload_time: str | None = _UPLOADED,
        metadata: Mapping[str, Sequence[str]] | None = None,
        index: Index = PYPI,
        size: int | None = 1000,
        hashed: bool = True,
        recorded: str | None = None,
        license_text: str | None = None,
        links: Sequence[tuple[str, str]] = (),
        publishers: Sequence[Publisher] | None = None,
    ) -> tuple[ReleaseFile, ...]:
        """Add one release.

        ``wheels``: file names, or tags such as ``"cp312-cp312-win_amd64"`` (with ``"2-…"`` for a build number);
        ``None`` is one ``py3-none-any`` wheel. ``requires_python`` is what the index and the metadata say,
        ``metadata_requires_python`` what the metadata alone says. ``metadata`` gives single files (by name or tags)
        other requirements than ``requires_dist``. A ``static_sdist`` of ``False`` would need a build. ``recorded`` is
        where the metadata of source distributions was found. ``publishers``: who published each file, ``None`` where
        the index has no provenance of them.
        """
        stem = f"{name.replace('-', '_')}-{version}"
        names = [_wheel_name(stem, wheel) for wheel in (["py3-none-any"] if wheels is None else wheels)]
        if sdist:
            names.append(f"{stem}.tar.gz")
        special = {_wheel_name(stem, key): value for key, value in (metadata or {}).items()}
        added = []
        for filename in names:
            file = _file(name, version, filename, index, requires_python, yanked, upload_time, size, hashed)
            found: CoreMetadata | Exception = CoreMetadata(
                name=name,
                version=version,
                requires_dist=_checked(special.get(filename, requires_dist)),
                requires_python=metadata_requires_python or requires_python,
                provides_extras=tuple(extras),
                recorded=recorded if file.wheel is None else None,
                license=license_text,
                links=tuple(links),
            )
            if publishers is not None:
                file = replace(file, provenance=f"{file.url}/provenance")
                self._publishers[file.url] = tuple(publishers)
            if file.wheel is None and not static_sdist:
                found = BuildRequiredError(name, version, "its metadata is not static")
            self._metadata[file.url] = found
            self._files.setdefault((index.url, name), []).append(file)
            added.append(file)
        self._pages.pop((index.url, name), None)
        return tuple(added)

    def set_status(self, name: str, status: Adverse, reason: str | None = None, *, index: Index = PYPI) -> None:
        """What the index says of the project from now on; it may have no releases."""
        self._statuses[index.url, name] = ProjectStatus(status=status, reason=reason)
        self._files.setdefault((index.url, name), [])
        self._pages.pop((index.url, name), None)

    def add_archive(self, url_or_path: str, archive: Archive) -> None:
        """What ``get_archive`` gives for a URL or path."""
        self._archives[url_or_path] = archive

    def add_git(self, url: str, tree: GitTree) -> None:
        """What ``get_git`` gives for a repository's URL, whatever the reference."""
        self._trees[url] = tree

    # --- failures ---

    def fail_page(self, name: str, problem: Exception, *, index: Index | None = None) -> None:
        """Raise ``problem`` for the page of ``name`` (in all indexes, or in one)."""
        self._page_failures[index.url if index else None, name] = problem

    def fail_metadata(self, filename: str, problem: Exception) -> None:
        """Raise ``problem`` for the metadata of the files with this name."""
        for files in self._files.values():
            for file in files:
                if file.filename == filename:
                    self._metadata[file.url] = problem

    def fail_archive(self, url_or_path: str, problem: Exception) -> None:
        """Raise ``problem`` for an archive or, given a repository's URL, for a git dependency."""
        self._archives[url_or_path] = problem
        self._trees[url_or_path] = problem

    # --- the port ---

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        """Everything is there already."""

    def has_page(self, index: Index, name: str) -> bool:  # noqa: ARG002
        return True

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        """Everything is there already."""

    def get_page(self, index: Index, name: str) -> Page | None:
        self.asked.append(("page", index.url, name))
        problem = self._page_failures.get((index.url, name)) or self._page_failures.get((None, name))
        if problem is not None:
            raise problem
        key = (index.url, name)
        if key not in self._files:
            return None
        if key not in self._pages:
            self._pages[key] = MemoryPage(self._files[key], self._statuses.get(key))
        return self._pages[key]

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        """Everything is there already."""

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        """Everything is there already."""

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        self.asked.append(("metadata", file.filename))
        found = self._metadata.get(file.url)
        if found is None:
            raise MetadataUnavailable(f"{file.filename}: the index does not have it")
        return _given(found)

    def gather_metadata(self, files: Iterable[ReleaseFile], patience: float) -> Mapping[ReleaseFile, CoreMetadata]:  # noqa: ARG002
        known = {file: self._metadata.get(file.url) for file in files}
        self.asked += [("gathered metadata", file.filename) for file in known]
        return {file: found for file, found in known.items() if isinstance(found, CoreMetadata)}

    def gather_publishers(
        self,
        files: Iterable[ReleaseFile],
        patience: float,  # noqa: ARG002
    ) -> Mapping[ReleaseFile, tuple[Publisher, ...]]:
        known = {file: self._publishers.get(file.url) for file in files}
        self.asked += [("publishers", file.filename) for file in known]
        return {file: found for file, found in known.items() if found is not None}

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        place = source.url if isinstance(source, UrlRequirement) else source.path
        self.asked.append(("archive", place, name))
        if place not in self._archives:
            raise IndexFailure(f"{place}: there is no such file")
        return _given(self._archives[place])

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        self.asked.append(("git", source.url, locked_commit or ""))
        if source.url not in self._trees:
            raise IndexFailure(f"{source.url}: there is no such repository")
        return _given(self._trees[source.url])


def build_memory_index(releases: Mapping[str, Mapping[str, Sequence[str]]]) -> MemoryIndex:
    """An index of pure wheels from ``{name: {version: requirements}}``."""
    index = MemoryIndex()
    for name, versions in releases.items():
        for version, requires_dist in versions.items():
            index.add(name, version, requires_dist=requires_dist)
    return index


def _given(found: _T | Exception) -> _T:
    if isinstance(found, Exception):
        raise found
    return found


def _wheel_name(stem: str, wheel: str) -> str:
    return wheel if wheel.endswith((".whl", ".gz", ".zip")) else f"{stem}-{wheel}.whl"


def _checked(texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        if repair_requirement(text) is None:
            raise ValueError(f"not a requirement: {text!r}")
    return tuple(texts)


def _file(
    name: str,
    version: str,
    filename: str,
    index: Index,
    requires_python: str | None,
    yanked: bool,
    upload_time: str | None,
    size: int | None,
    hashed: bool,
) -> ReleaseFile:
    if parse_file_name(filename, name) is None:
        raise ValueError(f"{filename!r} is not the name of a file of {name}")
    digest = f"sha256:{hashlib.sha256(f'{index.url} {filename}'.encode()).hexdigest()}" if hashed else None
    return ReleaseFile(
        name=name,
        version=parse_version(version),
        filename=filename,
        url=f"{index.url.rstrip('/').removesuffix('/simple')}/files/{filename}",
        index=index,
        hash=digest,
        hashes=(digest,) if digest else (),
        size=size,
        upload_time=parse_upload_time(upload_time),
        requires_python=requires_python,
        yanked=yanked,
        core_metadata=filename.endswith(".whl"),
        wheel=parse_wheel_tags(filename),
    )
