"""An index port that reaches nothing on this machine: what a repository names is read over the network or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.errors import BuildRequiredError, IndexFailure
from bot.lockfile.model import PathRequirement, UrlRequirement
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import Archive, Index, IndexPort, Page


@dataclass(frozen=True, slots=True)
class RemoteOnly(ForwardingIndex):
    """Passes everything on but local folders and archives, which it refuses with a sentence."""

    port: IndexPort

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        if _is_remote(index.url):
            self.port.request_pages(index, names)

    def has_page(self, index: Index, name: str) -> bool:
        return not _is_remote(index.url) or self.port.has_page(index, name)

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        if _is_remote(index.url):
            self.port.await_page(index, name, meanwhile)

    def get_page(self, index: Index, name: str) -> Page | None:
        if not _is_remote(index.url):
            raise IndexFailure(f"the index {index.url!r} is a folder; a repository's indexes must be http(s) addresses")
        return self.port.get_page(index, name)

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        if isinstance(source, PathRequirement) or not _is_remote(source.url):
            raise BuildRequiredError(name, None, "it is an archive in a folder, which is not read")
        return self.port.get_archive(source, name)


def _is_remote(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))
