"""Metadata of a wheel that is elsewhere: the file beside it (PEP 658), else a few ranges of the wheel itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from bot.errors import IndexFailure
from bot.index.digests import digest_of
from bot.index.http.credentials import Rights
from bot.index.http.fetch import CLOSED, Fetcher
from bot.index.http.response import Answer
from bot.index.http.transfer import FetchFailedError
from bot.index.metadata.archives import MissingSpanError, PartialFile, read_wheel_metadata
from bot.index.pages.listing import ListedFile
from bot.limits import Limits
from bot.patterns import pattern
from bot.resolver.model.index import Index, MetadataUnavailable, ReleaseFile
from bot.values import value

#: Directory and METADATA of nearly all wheels are in this much of their end, or a second request has to follow.
_TAIL = 1 << 16
_ROUNDS = 8
_IDENTITY = {"Accept-Encoding": "identity"}
_SIZE = pattern(r"[0-9]{1,15}")
_CONTENT_RANGE = pattern(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


@value
class _Span:
    """A part of a file, and the size of the whole."""

    start: int
    content: bytes
    size: int

    def covers(self, missing: MissingSpanError) -> bool:
        return self.start <= missing.start and missing.end <= self.start + len(self.content)


class WheelSource:
    """Fetches METADATA; remembers which servers do not answer range requests, or not those for the end of a file."""

    def __init__(self, fetcher: Fetcher, limits: Limits) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._without_ranges: set[str] = set()
        self._without_suffixes: set[str] = set()

    async def fetch(self, file: ReleaseFile, rights: Rights) -> bytes | None:
        """METADATA, ``None`` where only the whole wheel will do."""
        if file.core_metadata:
            content = await self._fetch_beside(file, rights)
            if content is not None:
                return content
        return None if _origin(file.url) in self._without_ranges else await self._fetch_ranges(file, rights)

    async def _fetch_beside(self, file: ReleaseFile, rights: Rights) -> bytes | None:
        parts = urlsplit(file.url)
        url = urlunsplit(parts._replace(path=f"{parts.path}.metadata"))
        answer = await self._fetcher.get(url, limit=self._limits.metadata_bytes, index=file.index, rights=rights)
        if answer.status == 404:
            return None  # advertised, yet not there: the wheel itself has it
        expect_file(answer, file.filename, self._fetcher, file.index)
        for expected in file.metadata_hashes if isinstance(file, ListedFile) else ():
            if digest_of(answer.body, expected.partition(":")[0]) != expected:
                raise IndexFailure(f"{file.filename}: its metadata file is not the one that the index describes")
        return answer.body

    async def _fetch_ranges(self, file: ReleaseFile, rights: Rights) -> bytes | None:
        tail = await self._fetch_tail(file, rights)
        if tail is None:
            self._without_ranges.add(_origin(file.url))
            return None
        partial = PartialFile(tail.size)
        partial.add(tail.start, tail.content)
        for _round in range(_ROUNDS):
            try:
                return read_wheel_metadata(partial, file.filename, self._limits)  # type: ignore[arg-type]
            except MissingSpanError as missing:
                # Readers ask in small pieces; what follows is usually wanted next.
                end = min(tail.size, max(missing.end, missing.start + _TAIL))
                more = await self._fetch_range(file, f"{missing.start}-{end - 1}", rights)
                if more is None or not more.covers(missing):
                    return None
                partial.add(more.start, more.content)
        raise MetadataUnavailable(f"{file.filename}: the wheel's directory is too scattered to read")

    async def _fetch_tail(self, file: ReleaseFile, rights: Rights) -> _Span | None:
        """The end of a file, ``None`` where its server serves no ranges of it.

        Some servers know ranges, but not those that count from the end, and answer as if the file were not there or
        closed: they are asked for the length first. What is really wrong is told when the whole file is asked for.
        """
        if _origin(file.url) not in self._without_suffixes:
            answer = await self._ask_range(file, f"-{_TAIL}", rights)
            tail = _read_span(answer)
            if tail is not None or answer.status == 200:
                return tail
            self._without_suffixes.add(_origin(file.url))
        size = await self._fetch_size(file, rights)
        return await self._fetch_range(file, f"{max(0, size - _TAIL)}-{size - 1}", rights) if size else None

    async def _fetch_size(self, file: ReleaseFile, rights: Rights) -> int | None:
        try:
            answer = await self._fetcher.head(file.url, index=file.index, headers=_IDENTITY, rights=rights)
        except FetchFailedError:
            return None
        stated = _SIZE.fullmatch(answer.header("content-length") or "")
        ranges = (answer.header("accept-ranges") or "").lower()
        return int(stated[0]) if answer.status == 200 and stated and ranges != "none" else None

    async def _fetch_range(self, file: ReleaseFile, span: str, rights: Rights) -> _Span | None:
        return _read_span(await self._ask_range(file, span, rights))

    async def _ask_range(self, file: ReleaseFile, span: str, rights: Rights) -> Answer:
        headers = {"Range": f"bytes={span}"} | _IDENTITY
        return await self._fetcher.get(
            file.url,
            limit=self._limits.directory_bytes,
            index=file.index,
            headers=headers,
            only_partial=True,
            rights=rights,
        )


def _read_span(answer: Answer) -> _Span | None:
    """The part of a file that an answer says it is; ``None`` for any other answer."""
    stated = _CONTENT_RANGE.fullmatch(answer.header("content-range") or "")
    if answer.status != 206 or stated is None or int(stated[2]) - int(stated[1]) + 1 != len(answer.body):
        return None
    return _Span(start=int(stated[1]), content=answer.body, size=int(stated[3]))


def expect_file(answer: Answer, what: str, fetcher: Fetcher, index: Index | None = None) -> None:
    """Raise unless the answer is the file; ``index``: the one that listed it.

    ``IndexFailure``, also where the file is gone: to go on with an older version because a mirror is incomplete would
    be worse. ``MetadataUnavailable`` for the statuses in ``ignored``, which the index' owner said mean nothing.
    """
    if index is not None and answer.status in index.ignore_error_codes:
        raise MetadataUnavailable(f"{what}: the index lists it but does not have it (status {answer.status})")
    if answer.status in CLOSED:
        raise fetcher.let_out(answer, index, f"{what} ({answer.url})")
    if answer.status != 200:
        raise IndexFailure(f"{what}: it is listed but could not be fetched (status {answer.status})")


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
