"""An index port that passes every question on: what a port that changes some of the answers inherits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, IndexPort, Page, ReleaseFile


class ForwardingIndex:
    """An ``IndexPort`` over ``port``, which whoever inherits brings."""

    __slots__ = ()

    port: IndexPort

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        self.port.request_pages(index, names)

    def has_page(self, index: Index, name: str) -> bool:
        return self.port.has_page(index, name)

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        self.port.await_page(index, name, meanwhile)

    def get_page(self, index: Index, name: str) -> Page | None:
        return self.port.get_page(index, name)

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        self.port.request_metadata(files)

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        self.port.await_metadata(file, meanwhile)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        return self.port.get_metadata(file)

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        return self.port.get_archive(source, name)

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        return self.port.get_git(source, locked_commit)
