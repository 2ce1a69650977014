"""An index port that needs no HTTP client as long as the cache on disk can answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bot.cli.indexes.choice import IndexChoice
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, Page, ReleaseFile

if TYPE_CHECKING:
    from bot.index.cache.reader import KeptIndex


class LazyIndex:
    """An ``IndexPort``. ``bot.cli.indexes.client`` loads an HTTP stack, so it is imported when the network is wanted.

    Git dependencies need it not at all.
    """

    def __init__(self, choice: IndexChoice) -> None:
        self._choice = choice
        self._made: Any = None
        self._reader: Any = None

    @property
    def _kept(self) -> KeptIndex | None:
        if self._reader is None and self._choice.cache_dir is not None:
            recorded = self._choice.recorded
            self._reader = import_module("bot.index.cache.reader").KeptIndex(
                self._choice.cache_dir,
                offline=self._choice.offline,
                recorded=recorded,
                known=import_module("bot.index.metadata.known").shipped_releases() if recorded else None,
                refresh=self._choice.refresh,
                now=time.time(),
            )
        reader: KeptIndex | None = self._reader
        return reader

    @property
    def _port(self) -> Any:
        if self._made is None:
            self._made = import_module("bot.cli.indexes.client").make_client(self._choice)
        return self._made

    def close(self) -> None:
        if self._made is None:
            return
        self._made.close()
        # Only a client writes to the cache.
        if self._choice.cache_dir is not None:
            trim_cache = import_module("bot.index.cache.trim").trim_cache
            trim_cache(self._choice.cache_dir, self._choice.cache_size, time.time())

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        kept = self._kept
        missing = list(names) if kept is None else [name for name in names if kept.find_page(index, name) is None]
        # Offline nothing can be asked for in advance, and what is missing may turn out not to be needed.
        if missing and not self._choice.offline:
            self._port.request_pages(index, missing)

    def has_page(self, index: Index, name: str) -> bool:
        kept = self._kept
        if kept is not None and kept.has_read(index, name):
            return True
        return self._made is not None and bool(self._made.has_page(index, name))

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        kept = self._kept
        if kept is None or kept.find_page(index, name) is None:
            self._port.await_page(index, name, meanwhile)

    def get_page(self, index: Index, name: str) -> Page | None:
        kept = self._kept
        found = kept.find_page(index, name) if kept is not None else None
        if found is not None:
            return found.pages.get(name)
        page: Page | None = self._port.get_page(index, name)
        return page

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        if self._choice.offline:
            return
        kept = self._kept
        missing = list(files) if kept is None else [file for file in files if kept.find_metadata(file) is None]
        if missing:
            self._port.request_metadata(missing)

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        kept = self._kept
        if kept is None or kept.find_metadata(file) is None:
            self._port.await_metadata(file, meanwhile)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        kept = self._kept
        found = kept.find_metadata(file) if kept is not None else None
        if found is not None:
            return found
        metadata: CoreMetadata = self._port.get_metadata(file)
        return metadata

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        archive: Archive = self._port.get_archive(source, name)
        return archive

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        tree: GitTree = import_module("bot.cli.indexes.git_sources").open_git(self._choice, source, locked_commit)
        return tree
