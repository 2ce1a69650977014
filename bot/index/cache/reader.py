"""What the disk cache can answer by itself, without a client: no HTTP stack, no event loop, no threads.

A process that runs once and finds all it needs here starts several times sooner than one that makes a client. What is
not here, or not current, is the client's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LockbotError
from bot.index.cache.disk import Bucket, DiskCache, decoded
from bot.index.cache.refresh import Refresh
from bot.index.cache.stored import decode_metadata, metadata_key
from bot.index.cache.stored_pages import Loaded, PageRequest, decode_page, page_key
from bot.index.metadata.identity import NotStatic, check_identity
from bot.resolver.model.index import CoreMetadata, Index, IndexFormat, ReleaseFile

if TYPE_CHECKING:
    from bot.index.metadata.known import KnownReleases

_REMOTE = ("https://", "http://")


class KeptIndex:
    """Reads of one run, from one thread. ``offline``: pages count as current however old they are.

    The first page that is missing or outdated ends the reading of pages: the client revalidates the rest side by side.
    """

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool,
        recorded: bool,
        known: KnownReleases | None,
        refresh: Refresh,
        now: float,
    ) -> None:
        self._cache = DiskCache(folder)
        self._offline = offline
        self._recorded = recorded
        self._known = known
        self._refresh = refresh
        self._now = now
        self._pages: dict[tuple[str, IndexFormat, str], Loaded] = {}
        self._metadata: dict[str, CoreMetadata | None] = {}
        self._reads_pages = True

    def has_read(self, index: Index, name: str) -> bool:
        """Whether ``find_page`` has found the page before."""
        return _place(index, name) in self._pages

    def find_page(self, index: Index, name: str) -> Loaded | None:
        """What an address of an index elsewhere held, if that is kept and current."""
        place = _place(index, name)
        found = self._pages.get(place)
        if found is None and self._reads_pages and index.url.startswith(_REMOTE):
            found = self._read_page(PageRequest(index=index, name=place[-1]))
            if found is None:
                self._reads_pages = self._offline
            else:
                self._pages[place] = found
        return found

    def _read_page(self, request: PageRequest) -> Loaded | None:
        hit = self._cache.read(Bucket.PAGES, page_key(request))
        found = decoded(hit, lambda value: decode_page(value, request.index))
        return found if found is not None and self._is_current(request, found) else None

    def _is_current(self, request: PageRequest, found: Loaded) -> bool:
        if self._offline:
            return True
        return found.validity.is_fresh(self._now) and not self._refresh.covers(request.name)

    def find_metadata(self, file: ReleaseFile) -> CoreMetadata | None:
        """Metadata of a release file, if it is kept and usable; what is wrong with other metadata the client says."""
        if file.url not in self._metadata:
            self._metadata[file.url] = self._read_metadata(file)
        return self._metadata[file.url]

    def _read_metadata(self, file: ReleaseFile) -> CoreMetadata | None:
        if file.path is not None:
            return None
        known = None if self._known is None else self._known.find(file)
        if known is not None:
            return known
        hit = self._cache.read(Bucket.METADATA, metadata_key(file, recorded=self._recorded))
        found = decoded(hit, lambda value: decode_metadata(value.value))
        if found is None or isinstance(found, NotStatic):
            return None
        try:
            return check_identity(found, file.name, None if file.wheel else file.version, file.filename)
        except LockbotError:
            return None


def _place(index: Index, name: str) -> tuple[str, IndexFormat, str]:
    # A flat index is one page for all names.
    return index.url, index.format, "" if index.format is IndexFormat.FLAT else name
