"""Fetching the metadata of release files: the metadata file beside a wheel, a few ranges of it, or all of it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import urlsplit, urlunsplit

from bot.errors import BuildRequiredError, IndexFailure
from bot.index.archives import MissingSpanError, PartialFile, read_members, read_wheel_metadata
from bot.index.cache import Bucket, DiskCache, Plain, decoded
from bot.index.fetch import Answer, Fetcher
from bot.index.limits import Limits
from bot.index.metadata import NotStatic, check_identity, parse_core_metadata
from bot.index.page import ListedFile
from bot.index.sdist import is_static_member, read_static_metadata
from bot.resolver.index import CoreMetadata, MetadataUnavailable, ReleaseFile
from bot.resolver.versions import PyVersion

T = TypeVar("T")

_TAIL = 1 << 16
_SPOOLED = 1 << 25
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)
_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMetadata:
    """What a source archive says of itself, and its ``pyproject.toml``."""

    metadata: CoreMetadata | NotStatic
    pyproject: str | None


class FileSource:
    """Loads metadata on the client's event loop. ``recorded``: also take what a build left in an sdist."""

    def __init__(
        self, *, fetcher: Fetcher, cache: DiskCache | None, limits: Limits, offline: bool, recorded: bool
    ) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._limits = limits
        self._offline = offline
        self._recorded = recorded
        self._without_ranges: set[str] = set()

    async def metadata(self, file: ReleaseFile, now: float) -> CoreMetadata:
        """Metadata of one release file; errors as ``IndexPort.get_metadata`` has them."""
        if file.path is not None:
            found = await asyncio.to_thread(self._read_local, file, Path(file.path))
        else:
            found = await self._cached(file, now)
        if isinstance(found, NotStatic):
            raise BuildRequiredError(file.name, file.version.text, f"its metadata is not static: {found.why}")
        # A wheel is not held to the version in its metadata: uv is not, and some were published so.
        return check_identity(found, file.name, None if file.wheel else file.version, file.filename)

    async def _cached(self, file: ReleaseFile, now: float) -> CoreMetadata | NotStatic:
        key = f"{file.url}\n{file.hash or ''}\n{self._recorded}"
        if self._cache is not None:
            found = decoded(self._cache.read(Bucket.METADATA, key), _decode)
            if found is not None:
                return found
        if self._offline:
            raise IndexFailure(
                f"{file.filename}: its metadata is not in the cache, and lockbot was told to stay offline"
            )
        found = await (self._wheel(file) if file.wheel else self._sdist(file))
        if self._cache is not None and file.hash is not None:
            self._cache.write(Bucket.METADATA, key, _encode(found), now)
        return found

    # --- wheels ---

    async def _wheel(self, file: ReleaseFile) -> CoreMetadata:
        content = await self._metadata_file(file) if file.core_metadata else None
        if content is None and _origin(file.url) not in self._without_ranges:
            content = await self._ranges(file)
        if content is None:
            content = await self._whole_wheel(file)
        return parse_core_metadata(content, file.filename)

    async def _metadata_file(self, file: ReleaseFile) -> bytes | None:
        answer = await self._fetcher.get(_beside(file.url), limit=self._limits.metadata_bytes)
        if answer.status == 404:
            return None  # advertised, yet not there: the wheel itself has it
        _expect(answer, file.filename)
        for expected in file.metadata_hashes if isinstance(file, ListedFile) else ():
            if digest_of(answer.body, expected.partition(":")[0]) != expected:
                raise MetadataUnavailable(f"{file.filename}: its metadata file is not the one that the index describes")
        return answer.body

    async def _ranges(self, file: ReleaseFile) -> bytes | None:
        """METADATA by range requests, ``None`` where the server does not do them."""
        answer = await self._range(file.url, f"-{_TAIL}")
        if answer is None:
            return None
        first = _CONTENT_RANGE.fullmatch(answer.header("content-range") or "")
        if first is None:
            return None
        partial = PartialFile(int(first[3]))
        partial.add(int(first[1]), answer.body)
        for _round in range(_ROUNDS):
            try:
                return read_wheel_metadata(partial, file.filename, self._limits)  # type: ignore[arg-type]
            except MissingSpanError as missing:
                # Readers ask in small pieces; what follows is needed too.
                end = min(int(first[3]), max(missing.end, missing.start + _TAIL))
                if end - missing.start > self._limits.metadata_bytes:
                    raise MetadataUnavailable(f"{file.filename}: the wheel's directory is too large") from None
                more = await self._range(file.url, f"{missing.start}-{end - 1}")
                if more is None:
                    return None
                partial.add(missing.start, more.body)
        raise MetadataUnavailable(f"{file.filename}: the wheel's directory is too scattered")

    async def _range(self, url: str, span: str) -> Answer | None:
        headers = {"Range": f"bytes={span}", "Accept-Encoding": "identity"}
        answer = await self._fetcher.get(url, limit=self._limits.metadata_bytes, headers=headers, only_partial=True)
        if answer.status == 206:
            return answer
        if answer.status in (200, 405, 416, 501):
            self._without_ranges.add(_origin(url))
            return None
        _expect(answer, url)
        return None

    async def _whole_wheel(self, file: ReleaseFile) -> bytes:
        return await self._with_archive(
            file.url, lambda stream, _size: read_wheel_metadata(stream, file.filename, self._limits)
        )

    # --- source distributions ---

    async def _sdist(self, file: ReleaseFile) -> CoreMetadata | NotStatic:
        found = await self._with_archive(
            file.url, lambda stream, size: self.read_source(stream, size, file.filename, file.name, file.version, None)
        )
        return found.metadata

    def read_source(
        self, stream: IO[bytes], size: int, filename: str, name: str, version: PyVersion | None, below: str | None
    ) -> SourceMetadata:
        """Read an open source archive; ``below``: the folder inside it that holds the project."""
        prefix = f"{below.strip('/')}/" if below else ""
        members = read_members(
            stream, filename, size, lambda path: is_static_member(path.removeprefix(prefix)), self._limits
        )
        own = {path.removeprefix(prefix): content for path, content in members.items() if path.startswith(prefix)}
        return SourceMetadata(
            metadata=read_static_metadata(own, name, version, filename),
            pyproject=own["pyproject.toml"].decode("utf-8", "replace") if "pyproject.toml" in own else None,
        )

    # --- whole files ---

    async def _with_archive(self, url: str, read: Callable[[IO[bytes], int], T]) -> T:
        """Download ``url`` and read it; the download lives no longer than that."""
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as spool:
            answer = await self._fetcher.get(
                url, limit=self._limits.archive_bytes, headers={"Accept-Encoding": "identity"}, into=spool
            )
            _expect(answer, url)
            size = spool.tell()
            spool.seek(0)
            return await asyncio.to_thread(read, spool, size)

    def _read_local(self, file: ReleaseFile, path: Path) -> CoreMetadata | NotStatic:
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                if file.wheel:
                    return parse_core_metadata(read_wheel_metadata(stream, file.filename, self._limits), str(path))
                return self.read_source(stream, size, file.filename, file.name, file.version, None).metadata
        except OSError as problem:
            raise IndexFailure(f"{path}: the file cannot be read ({problem})") from problem


def digest_of(content: bytes, algorithm: str) -> str:
    """``"algorithm:hex"`` of ``content``."""
    if algorithm == "blake2b":
        return f"blake2b:{hashlib.blake2b(content, digest_size=32).hexdigest()}"
    return f"{algorithm}:{hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()}"


def _beside(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}.metadata"))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _expect(answer: Answer, what: str) -> None:
    if answer.status in (404, 410):
        raise MetadataUnavailable(f"{what}: the index lists it but does not have it (status {answer.status})")
    if answer.status != 200:
        raise IndexFailure(f"{what}: it could not be fetched (status {answer.status})")


def _encode(found: CoreMetadata | NotStatic) -> Plain:
    if isinstance(found, NotStatic):
        return (found.why,)
    return (
        found.name, found.version, found.requires_dist, found.requires_python, found.provides_extras, found.recorded,
    )  # fmt: skip


def _decode(value: Plain) -> CoreMetadata | NotStatic:
    if not isinstance(value, tuple):
        raise TypeError
    if len(value) == 1:
        return NotStatic(why=value[0])  # type: ignore[arg-type]
    name, version, requires_dist, requires_python, extras, recorded = value
    return CoreMetadata(
        name=name, version=version, requires_dist=requires_dist, requires_python=requires_python,  # type: ignore[arg-type]
        provides_extras=extras, recorded=recorded,  # type: ignore[arg-type]
    )  # fmt: skip
