"""Metadata of release files and of archives named by URL or path, with what the disk cache knows of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from bot.errors import BuildRequiredError, IndexFailure, LockbotError, NotKeptError
from bot.index import MISREAD
from bot.index.cache.disk import Bucket, DiskCache, decoded
from bot.index.cache.stored import (
    StoredArchive,
    decode_archive,
    decode_metadata,
    encode_archive,
    encode_metadata,
    metadata_key,
)
from bot.index.digests import digest_of_stream
from bot.index.http.background import Background
from bot.index.http.credentials import Rights
from bot.index.http.fetch import Fetcher
from bot.index.http.validity import parse_validity
from bot.index.metadata.archives import read_wheel_metadata
from bot.index.metadata.known import KnownReleases
from bot.index.metadata.metadata import NotStatic, check_identity, parse_core_metadata
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.filenames import parse_file_name
from bot.index.pages.flat import LocalFiles
from bot.index.wheel_source import WheelSource, expect_file
from bot.limits import Limits
from bot.lockfile.model import PathRequirement, UrlRequirement
from bot.ports.counting import IndexOutcome, count_index
from bot.resolver.model.index import Archive, CoreMetadata, MetadataUnavailable, ReleaseFile, find_local_path
from bot.resolver.model.versions import PyVersion
from bot.values import value

_IN_MEMORY = 1 << 25
_KNOWN_BUT_OFF = (
    "its metadata is not static, but lockbot knows what a build of this very file gives: --recorded, or LOCKBOT_RECORDED=1, "
    "takes that"
)
_IDENTITY = {"Accept-Encoding": "identity"}


@value
class FileSource:
    """Loads metadata; coroutines are advanced by ``background``.

    ``recorded``: also take what a build left in an sdist. What is ``known`` of a file by its digest goes before that.
    """

    background: Background
    fetcher: Fetcher
    wheels: WheelSource
    cache: DiskCache | None
    local: LocalFiles
    limits: Limits
    offline: bool
    recorded: bool
    known: KnownReleases
    clock: Callable[[], float]

    # --- files of releases ---

    def find_kept(self, file: ReleaseFile, rights: Rights) -> CoreMetadata | None:
        """What the disk has, if nothing speaks against it; no thread and no coroutine are needed for that."""
        if self.cache is None or file.path is not None or self.known.find(file) is not None:
            return None
        kept = self._kept(self.cache, metadata_key(file, recorded=self.recorded, rights=rights))
        if kept is None or isinstance(kept, NotStatic):
            return None
        try:
            found = check_identity(kept, file.name, None if file.wheel else file.version, file.filename)
        except LockbotError:
            return None
        count_index(IndexOutcome.DISK)
        return found

    def _kept(self, cache: DiskCache, key: str) -> CoreMetadata | NotStatic | None:
        return decoded(cache.read(Bucket.METADATA, key), lambda hit: decode_metadata(hit.value))

    async def load_metadata(self, file: ReleaseFile, rights: Rights) -> CoreMetadata:
        """Metadata of one release file; errors as ``IndexPort.get_metadata`` has them."""
        try:
            return await self._load_metadata(file, rights)
        except MISREAD as problem:
            raise MetadataUnavailable(f"{file.filename}: its metadata cannot be read ({problem})") from problem

    async def _load_metadata(self, file: ReleaseFile, rights: Rights) -> CoreMetadata:
        known = self.known.find(file)
        if known is not None:
            return self._allowed(known, file)
        if file.path is not None:
            found = await self.background.apart(self._read_local, file, Path(file.path))
        else:
            found = await self._load_remote(file, rights)
        if isinstance(found, NotStatic):
            raise _needs_build(file.name, file.version.text, found)
        # A wheel is not held to the version in its metadata: uv does not, and some were published so.
        return check_identity(found, file.name, None if file.wheel else file.version, file.filename)

    def _allowed(self, known: CoreMetadata, file: ReleaseFile) -> CoreMetadata:
        if self.recorded:
            return known
        raise BuildRequiredError(file.name, file.version.text, _KNOWN_BUT_OFF)

    async def _load_remote(self, file: ReleaseFile, rights: Rights) -> CoreMetadata | NotStatic:
        key = metadata_key(file, recorded=self.recorded, rights=rights)
        kept = None if self.cache is None else self._kept(self.cache, key)
        if kept is not None:
            count_index(IndexOutcome.DISK)
            return kept
        if self.offline:
            raise NotKeptError(
                f"{file.filename}: its metadata is not in the cache, and lockbot was told to stay offline"
            )
        found = await (self._fetch_wheel(file, rights) if file.wheel else self._fetch_sdist(file, rights))
        # A file without a digest could be replaced by another under the same name.
        if self.cache is not None and file.hash is not None:
            self.background.later(partial(self.cache.write, Bucket.METADATA, key, encode_metadata(found), self.clock()))
        return found

    async def _fetch_wheel(self, file: ReleaseFile, rights: Rights) -> CoreMetadata:
        content = await self.wheels.fetch(file, rights)
        if content is None:
            with self._spool() as spool:
                await self._download(file, spool, rights)
                content = await self.background.apart(read_wheel_metadata, spool, file.filename, self.limits)
        return parse_core_metadata(content, file.filename)

    async def _fetch_sdist(self, file: ReleaseFile, rights: Rights) -> CoreMetadata | NotStatic:
        with self._spool() as spool:
            size = await self._download(file, spool, rights)
            found = await self.background.apart(read_source, spool, size, self._request(file), self.limits)
        return found.metadata

    async def _download(self, file: ReleaseFile, spool: IO[bytes], rights: Rights) -> int:
        answer = await self.fetcher.get(
            file.url, limit=self.limits.archive_bytes, index=file.index, headers=_IDENTITY, into=spool, rights=rights
        )
        expect_file(answer, file.filename, self.fetcher, file.index)
        algorithm = (file.hash or "sha256").partition(":")[0]
        found, size = await self.background.apart(digest_of_stream, spool, algorithm)
        if file.hash is not None and found != file.hash:
            raise IndexFailure(f"{file.filename}: the file is not the one that the index describes ({file.hash})")
        return size

    def _read_local(self, file: ReleaseFile, path: Path) -> CoreMetadata | NotStatic:
        self.local.check(path)
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                if file.wheel:
                    return parse_core_metadata(read_wheel_metadata(stream, file.filename, self.limits), str(path))
                return self._known_bytes(stream, file) or self._read_sdist(stream, size, file)
        except OSError as problem:
            raise IndexFailure(f"{path}: the file cannot be read ({problem})") from problem

    def _known_bytes(self, stream: IO[bytes], file: ReleaseFile) -> CoreMetadata | None:
        """What is known of a file of which the index states no digest."""
        return self.known.find_digest((digest_of_stream(stream, "sha256")[0],), file) if self.recorded else None

    def _read_sdist(self, stream: IO[bytes], size: int, file: ReleaseFile) -> CoreMetadata | NotStatic:
        return read_source(stream, size, self._request(file), self.limits).metadata

    def _request(self, file: ReleaseFile) -> SourceRequest:
        return SourceRequest(filename=file.filename, name=file.name, version=file.version, recorded=self.recorded)

    # --- archives named by URL or path ---

    async def load_archive(self, source: UrlRequirement | PathRequirement, name: str, rights: Rights) -> Archive:
        """Read a wheel or source archive whole; errors as for release files."""
        try:
            return await self._load_archive(source, name, rights)
        except MISREAD as problem:
            raise MetadataUnavailable(f"the archive of {name} cannot be read ({problem})") from problem

    async def _load_archive(self, source: UrlRequirement | PathRequirement, name: str, rights: Rights) -> Archive:
        if isinstance(source, PathRequirement):
            return await self.background.apart(self._read_path, Path(source.path), name)
        path = find_local_path(source.url)
        if path is not None:
            return await self.background.apart(self._read_path, Path(path), name, source.subdirectory)
        return await self._load_url(source, name, rights)

    async def _load_url(self, source: UrlRequirement, name: str, rights: Rights) -> Archive:
        parts = (source.url, source.subdirectory or "", name, str(self.recorded), *filter(None, [rights.key]))
        key = "\n".join(parts)
        kept = decoded(self.cache.read(Bucket.ARCHIVES, key), decode_archive) if self.cache else None
        now = self.clock()
        if kept is not None and (self.offline or kept.validity.is_fresh(now)):
            count_index(IndexOutcome.DISK)
            return kept.archive
        if self.offline:
            raise IndexFailure(f"{source.url}: it is not in the cache, and lockbot was told to stay offline")
        headers = _IDENTITY | (kept.validity.conditions() if kept else {})
        with self._spool() as spool:
            answer = await self.fetcher.get(
                source.url, limit=self.limits.archive_bytes, headers=headers, into=spool, rights=rights
            )
            if kept is not None and answer.status == 304:
                archive, validity = kept.archive, kept.validity.confirmed(answer, now)
            else:
                expect_file(answer, source.url, self.fetcher)
                filename = unquote(urlsplit(source.url).path.rpartition("/")[2])
                archive = await self.background.apart(self._open_archive, spool, filename, name, source.subdirectory)
                validity = parse_validity(answer, now)
        if self.cache is not None and validity.may_store:
            self.cache.write(
                Bucket.ARCHIVES, key, encode_archive(StoredArchive(archive=archive, validity=validity)), now
            )
        return archive

    def _read_path(self, path: Path, name: str, below: str | None = None) -> Archive:
        if not path.is_absolute():
            raise IndexFailure(f"{path}: archives are read by absolute path only")
        self.local.check(path)
        try:
            with path.open("rb") as stream:
                if path.stat().st_size > self.limits.archive_bytes:
                    raise MetadataUnavailable(f"{path}: the file is larger than {self.limits.archive_bytes} bytes")
                parsed = parse_file_name(path.name, name)
                return self._open_archive(stream, path.name, name, below, parsed.version if parsed else None)
        except OSError as problem:
            raise IndexFailure(f"{path}: the file cannot be read ({problem})") from problem

    def _open_archive(
        self, stream: IO[bytes], filename: str, name: str, below: str | None, version: PyVersion | None = None
    ) -> Archive:
        """``version``: what the name of a file on this machine says, which is then the source archive's version."""
        digest, size = digest_of_stream(stream, "sha256")
        pyproject = None
        if filename.endswith(".whl"):
            parsed = parse_file_name(filename)
            if parsed is None:
                raise MetadataUnavailable(f"{filename}: this is not the name of a wheel")
            found = parse_core_metadata(read_wheel_metadata(stream, filename, self.limits), filename)
            metadata = check_identity(found, name, None, filename)
        else:
            request = SourceRequest(filename=filename, name=name, version=version, below=below, recorded=self.recorded)
            source = read_source(stream, size, request, self.limits)
            metadata, pyproject = self._built_or_read(source.metadata, digest, name), source.pyproject
        return Archive(
            filename=filename,
            hash=digest,
            metadata=metadata,
            pyproject=pyproject,
            size=size,
            is_wheel=filename.endswith(".whl"),
        )

    def _built_or_read(self, found: CoreMetadata | NotStatic, digest: str, name: str) -> CoreMetadata:
        is_static = isinstance(found, CoreMetadata) and found.recorded is None
        known = None if is_static or not self.recorded else self.known.of_digests((digest,))
        if known is not None and known.name == name:
            return known
        if isinstance(found, NotStatic):
            raise _needs_build(name, None, found)
        return found

    @staticmethod
    def _spool() -> IO[bytes]:
        # The archive itself may go to a nameless temporary file; nothing in it ever does.
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)


def _needs_build(name: str, version: str | None, found: NotStatic) -> BuildRequiredError:
    return BuildRequiredError(name, version, f"its metadata is not static: {found.why}")
