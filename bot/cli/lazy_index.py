"""An index port that is made when the first page is wanted: a lock that is right needs no HTTP client at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.index import Archive, CoreMetadata, GitTree, Index, Page, ReleaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexChoice:
    """What the client is made of. ``environment`` may hold credentials, so it is never shown.

    ``recorded``: take metadata that a build left in a source distribution where there is no static metadata.
    """

    cache_dir: Path | None
    offline: bool
    environment: Mapping[str, str] = field(repr=False)
    indexes: tuple[Index, ...]
    recorded: bool = True


class LazyIndex:
    """An ``IndexPort``; ``bot.cli.index_client`` is imported on first use, as it loads an HTTP stack."""

    def __init__(self, choice: IndexChoice) -> None:
        self._choice = choice
        self._made: Any = None

    @property
    def _port(self) -> Any:
        if self._made is None:
            self._made = import_module("bot.cli.index_client").make_client(self._choice)
        return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        self._port.request_pages(index, names)

    def has_page(self, index: Index, name: str) -> bool:
        return bool(self._port.has_page(index, name))

    def get_page(self, index: Index, name: str) -> Page | None:
        page: Page | None = self._port.get_page(index, name)
        return page

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        self._port.request_metadata(files)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        metadata: CoreMetadata = self._port.get_metadata(file)
        return metadata

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        archive: Archive = self._port.get_archive(source, name)
        return archive

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        tree: GitTree = self._port.get_git(source, locked_commit)
        return tree
