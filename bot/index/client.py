"""The index port over HTTP and local folders: blocking reads for the solver, fetched in the background.

One ``IndexClient`` serves all solves of a process, from any number of threads: answers are immutable and shared, and
nothing is fetched twice while it is current. ``begin_run`` makes pages outdated, so that the next solve has them
revalidated; file metadata never changes and stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from copy import copy
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.errors import IndexFailure
from bot.index.attestations import AttestationSource
from bot.index.cache.disk import DiskCache
from bot.index.cache.refresh import Refresh
from bot.index.cache.stored_pages import Loaded, PageRequest, page_url
from bot.index.file_source import FileSource
from bot.index.http.arrivals import Arrivals
from bot.index.http.background import Background
from bot.index.http.credentials import NO_RIGHTS, Rights, access_of
from bot.index.http.fetch import Fetcher, FetchSettings
from bot.index.http.shared import Once
from bot.index.metadata.known import KnownReleases, shipped_releases
from bot.index.page_source import PageSource
from bot.index.pages.flat import LocalFiles
from bot.index.wheel_source import WheelSource
from bot.limits import Limits
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, IndexFormat, Page, ReleaseFile
from bot.values import field, value

T = TypeVar("T")

#: Resolves a git reference (or takes the locked commit) and opens its tree.
OpenGit = Callable[[GitRequirement, str | None], GitTree]

_PUBLISHERS_BYTES = 4 << 20
_PageKey = tuple[str, IndexFormat, tuple[int, ...], str, str, str]


@value
class IndexSettings:
    """``cache_dir`` ``None``: nothing is kept on disk. ``offline``: only what the cache has.

    ``refresh``: pages that are asked about however current they are.
    ``recorded``: also take metadata that a build recorded in a source distribution (uv would build instead), and what is
    ``known`` of its file; without it a known file is refused as one that needs a build, though without a download.
    ``fresh_for``: seconds for which a page in memory is not asked about again. ``memory_bytes`` bounds the pages and
    the metadata kept in memory, each.
    """

    fetch: FetchSettings = field(default_factory=FetchSettings)
    limits: Limits = field(default_factory=Limits)
    local: LocalFiles = field(default_factory=LocalFiles)
    cache_dir: Path | None = None
    offline: bool = False
    recorded: bool = False
    refresh: Refresh = field(default_factory=Refresh)
    known: KnownReleases = field(default_factory=shipped_releases)
    fresh_for: float = 600.0
    memory_bytes: int = 256 << 20
    clock: Callable[[], float] = time.time


class IndexClient:
    """An ``IndexPort``. Close it, or use it as a context manager."""

    def __init__(self, settings: IndexSettings | None = None, *, open_git: OpenGit | None = None) -> None:
        settings = settings or IndexSettings()
        self._settings = settings
        self._open_git = open_git
        self._rights = NO_RIGHTS
        self._changed: Mapping[tuple[str, str], float] = {}
        cache = DiskCache(settings.cache_dir) if settings.cache_dir is not None else None
        self._background = Background()
        self._fetcher = Fetcher(settings.fetch)
        self._page_source = PageSource(
            background=self._background,
            fetcher=self._fetcher,
            cache=cache,
            local=settings.local,
            limits=settings.limits,
            offline=settings.offline,
            refresh=settings.refresh,
            clock=settings.clock,
        )
        self._file_source = FileSource(
            background=self._background,
            fetcher=self._fetcher,
            wheels=WheelSource(self._fetcher, settings.limits),
            cache=cache,
            local=settings.local,
            limits=settings.limits,
            offline=settings.offline,
            recorded=settings.recorded,
            known=settings.known,
            clock=settings.clock,
        )
        self._attestations = AttestationSource(
            background=self._background,
            fetcher=self._fetcher,
            cache=cache,
            offline=settings.offline,
            clock=settings.clock,
        )
        self._arrivals = Arrivals()
        self._pages: Once[_PageKey, Loaded] = Once(
            capacity=settings.memory_bytes, weigh=Loaded.weight, fresh_for=settings.fresh_for, clock=settings.clock
        )
        self._archives: Once[tuple[UrlRequirement | PathRequirement, str, str], Archive] = Once(
            capacity=settings.memory_bytes,
            weigh=lambda archive: _weigh_metadata(archive.metadata) + len(archive.pyproject or ""),
            fresh_for=settings.fresh_for,
            clock=settings.clock,
        )
        self._metadata: Once[tuple[str, str, str], CoreMetadata] = Once(
            capacity=settings.memory_bytes, weigh=_weigh_metadata, fresh_for=float("inf"), clock=settings.clock
        )
        self._publishers: Once[tuple[str, str, str], tuple[Publisher, ...]] = Once(
            capacity=_PUBLISHERS_BYTES, weigh=lambda _: 500, fresh_for=float("inf"), clock=settings.clock
        )

    def __enter__(self) -> IndexClient:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop fetching; reads that wait are told so."""
        self._background.close()
        self._fetcher.close()

    def begin_run(self) -> None:
        """A new run begins: pages and named archives are revalidated when they are next asked for."""
        self._pages.begin_run()
        self._archives.begin_run()
        self._metadata.forget_failures()
        self._publishers.forget_failures()

    def ask_again(self) -> None:
        """What failed is asked for again when it is next wanted; what was answered a moment ago counts."""
        for known in (self._pages, self._archives, self._metadata):
            known.forget_failures()

    def with_rights(self, rights: Rights) -> IndexClient:
        """The same client for who has these rights: what they open is kept apart, all else is shared. Not to be closed."""
        other = copy(self)
        other._rights = rights
        return other

    def with_changed(self, pages: Mapping[tuple[str, str], float]) -> IndexClient:
        """The same client for a run after pages changed. Call it before the run asks for any of them.

        ``pages``: by index (without a slash at its end) and package, or the URL of a flat index as it is and ``""``, the
        moment before which nothing counts that was read.
        """
        other = copy(self)
        other._changed = pages
        return other

    # --- the port ---

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        self._ask_pages(index, names)

    def has_page(self, index: Index, name: str) -> bool:
        (future,) = self._ask_pages(index, (name,))
        return future.done()

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        (future,) = self._ask_pages(index, (name,))
        self._arrivals.attend(future, meanwhile)

    def get_page(self, index: Index, name: str) -> Page | None:
        (future,) = self._ask_pages(index, (name,))
        return _wait(future, name).pages.get(name)

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        self._ask_metadata(files)

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        (future,) = self._ask_metadata((file,))
        self._arrivals.attend(future, meanwhile)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        (future,) = self._ask_metadata((file,))
        return _wait(future, file.filename)

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        rights = self._rights.over(source.url) if isinstance(source, UrlRequirement) else NO_RIGHTS
        claim = self._archives.claim((source, name, rights.key))
        if claim.is_new:
            self._background.start([(claim.future, partial(self._file_source.load_archive, source, name, rights))])
        return _wait(claim.future, name)

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        if self._open_git is None:
            raise IndexFailure(f"{source.url}: git dependencies cannot be read here")
        return self._open_git(source, locked_commit)

    # --- what is read for people: ``bot.resolver.model.attested.ReleaseReader`` ---

    def gather_metadata(self, files: Iterable[ReleaseFile], patience: float) -> Mapping[ReleaseFile, CoreMetadata]:
        wanted = list(dict.fromkeys(files))
        return _gathered(wanted, self._ask_metadata(wanted), patience)

    def gather_publishers(
        self, files: Iterable[ReleaseFile], patience: float
    ) -> Mapping[ReleaseFile, tuple[Publisher, ...]]:
        wanted = list(dict.fromkeys(file for file in files if file.provenance is not None))
        return _gathered(wanted, self._ask_publishers(wanted), patience)

    # --- asking ---

    def _ask_pages(self, index: Index, names: Iterable[str]) -> list[Future[Loaded]]:
        futures, jobs = [], []
        for name in names:
            # A flat index is one page for all names.
            page = "" if index.format is IndexFormat.FLAT else name
            rights = self._rights.over(index.url, page_url(index, page)) if self._rights.bound else NO_RIGHTS
            key = (index.url, index.format, index.ignore_error_codes, access_of(index), rights.key, page)
            claim = self._pages.claim(key)
            futures.append(claim.future)
            if claim.is_new:
                claim.future.add_done_callback(self._arrivals.note)
                place = (index.url.rstrip("/") if page else index.url, page)
                since = self._changed.get(place, 0.0) if self._changed else 0.0
                request = PageRequest(index=index, name=page, rights=rights, since=since)
                jobs.append((claim.future, partial(self._page_source.load, request, claim.previous)))
        if jobs:
            self._background.start(jobs)
        return futures

    def _ask_metadata(self, files: Iterable[ReleaseFile]) -> list[Future[CoreMetadata]]:
        futures, jobs = [], []
        for file in files:
            rights = self._rights.over(file.index.url, file.url) if self._rights.bound else NO_RIGHTS
            claim = self._metadata.claim((file.url, access_of(file.index), rights.key))
            futures.append(claim.future)
            kept = self._file_source.find_kept(file, rights) if claim.is_new else None
            if kept is not None:
                claim.future.set_result(kept)
            elif claim.is_new:
                jobs.append((claim.future, partial(self._file_source.load_metadata, file, rights)))
        if jobs:
            self._background.start(jobs)
        return futures

    def _ask_publishers(self, files: Iterable[ReleaseFile]) -> list[Future[tuple[Publisher, ...]]]:
        futures, jobs = [], []
        for file in files:
            place = file.provenance or ""
            rights = self._rights.over(file.index.url, place) if self._rights.bound else NO_RIGHTS
            claim = self._publishers.claim((place, access_of(file.index), rights.key))
            futures.append(claim.future)
            if claim.is_new:
                jobs.append((claim.future, partial(self._attestations.load, file, rights)))
        if jobs:
            self._background.start(jobs)
        return futures


def _gathered(files: Sequence[ReleaseFile], futures: Sequence[Future[T]], patience: float) -> Mapping[ReleaseFile, T]:
    """What came in time and is no failure."""
    done = wait(futures, timeout=patience).done
    pairs = ((file, future) for file, future in zip(files, futures, strict=True) if future in done)
    return {file: future.result() for file, future in pairs if not future.cancelled() and future.exception() is None}


def _wait(future: Future[T], what: str) -> T:
    try:
        return future.result()
    except CancelledError:
        raise IndexFailure(f"{what}: reading was stopped before it was there") from None


def _weigh_metadata(metadata: CoreMetadata) -> int:
    return 500 + sum(80 + len(text) for text in metadata.requires_dist)
