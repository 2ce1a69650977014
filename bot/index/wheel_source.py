"""Metadata of a wheel that is elsewhere: the file beside it (PEP 658), else a few ranges of the wheel itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from bot.errors import IndexFailure
from bot.index.digests import digest_of
from bot.index.http.fetch import Fetcher
from bot.index.http.response import Answer
from bot.index.metadata.archives import MissingSpanError, PartialFile, read_wheel_metadata
from bot.index.pages.listing import ListedFile
from bot.limits import Limits
from bot.patterns import pattern
from bot.resolver.model.index import MetadataUnavailable, ReleaseFile

#: Directory and METADATA of nearly all wheels are in this much of their end, or a second request has to follow.
_TAIL = 1 << 16
_ROUNDS = 8
_CONTENT_RANGE = pattern(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


class WheelSource:
    """Fetches METADATA; remembers which servers do not answer range requests."""

    def __init__(self, fetcher: Fetcher, limits: Limits) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._without_ranges: set[str] = set()

    async def fetch(self, file: ReleaseFile) -> bytes | None:
        """METADATA, ``None`` where only the whole wheel will do."""
        if file.core_metadata:
            content = await self._fetch_beside(file)
            if content is not None:
                return content
        return None if _origin(file.url) in self._without_ranges else await self._fetch_ranges(file)

    async def _fetch_beside(self, file: ReleaseFile) -> bytes | None:
        parts = urlsplit(file.url)
        url = urlunsplit(parts._replace(path=f"{parts.path}.metadata"))
        answer = await self._fetcher.get(url, limit=self._limits.metadata_bytes)
        if answer.status == 404:
            return None  # advertised, yet not there: the wheel itself has it
        expect_file(answer, file.filename, file.index.ignore_error_codes)
        for expected in file.metadata_hashes if isinstance(file, ListedFile) else ():
            if digest_of(answer.body, expected.partition(":")[0]) != expected:
                raise IndexFailure(f"{file.filename}: its metadata file is not the one that the index describes")
        return answer.body

    async def _fetch_ranges(self, file: ReleaseFile) -> bytes | None:
        tail = await self._fetch_range(file, f"-{_TAIL}")
        span = _CONTENT_RANGE.fullmatch(tail.header("content-range") or "") if tail else None
        if tail is None or span is None:
            return None
        size = int(span[3])
        partial = PartialFile(size)
        partial.add(int(span[1]), tail.body)
        for _round in range(_ROUNDS):
            try:
                return read_wheel_metadata(partial, file.filename, self._limits)  # type: ignore[arg-type]
            except MissingSpanError as missing:
                # Readers ask in small pieces; what follows is usually wanted next.
                end = min(size, max(missing.end, missing.start + _TAIL))
                more = await self._fetch_range(file, f"{missing.start}-{end - 1}")
                if more is None or len(more.body) < missing.end - missing.start:
                    return None
                partial.add(missing.start, more.body)
        raise MetadataUnavailable(f"{file.filename}: the wheel's directory is too scattered to read")

    async def _fetch_range(self, file: ReleaseFile, span: str) -> Answer | None:
        headers = {"Range": f"bytes={span}", "Accept-Encoding": "identity"}
        answer = await self._fetcher.get(
            file.url, limit=self._limits.metadata_bytes, headers=headers, only_partial=True
        )
        if answer.status == 206:
            return answer
        if answer.status in (200, 405, 416, 501):
            self._without_ranges.add(_origin(file.url))
            return None
        expect_file(answer, file.filename, file.index.ignore_error_codes)
        return None


def expect_file(answer: Answer, what: str, ignored: tuple[int, ...] = ()) -> None:
    """Raise unless the answer is the file.

    ``IndexFailure``, also where the file is gone: to go on with an older version because a mirror is incomplete would
    be worse. ``MetadataUnavailable`` for the statuses in ``ignored``, which the index' owner said mean nothing.
    """
    if answer.status in ignored:
        raise MetadataUnavailable(f"{what}: the index lists it but does not have it (status {answer.status})")
    if answer.status != 200:
        raise IndexFailure(f"{what}: it is listed but could not be fetched (status {answer.status})")


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
