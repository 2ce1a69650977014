"""Members of wheels and source archives, read from memory or a stream and never unpacked to disk.

What looks hostile (bombs, absolute or climbing paths, wanted members that are links, too many members) is refused
with ``MetadataUnavailable``: that file is out, not the run.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from bot.index.metadata.zip_directory import TooManyMembersError, narrow_zip
from bot.index.pages.filenames import normalize_name, parse_file_name
from bot.limits import Limits
from bot.patterns import pattern
from bot.resolver.model.index import MetadataUnavailable

#: Whether the member with this path (``/``-separated, inside the archive) is wanted.
Wanted = Callable[[str], bool]

#: What Python's readers of archives raise for damage, by what was seen and by what their code can: a member without a name
#: is an IndexError.
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
           LookupError, ArithmeticError, NotImplementedError, RuntimeError)  # fmt: skip

#: Absolute, climbing or drive-letter paths.
_OUTSIDE = pattern(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:$|[/\\])|\0")
_DIST_INFO_METADATA = pattern(r"[^/]+\.dist-info/METADATA")


class MissingSpanError(Exception):
    """Bytes of a remote file that a reader needs and that are not here yet: from ``start``, before ``end``."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        super().__init__(f"bytes {start}-{end - 1} are missing")


class PartialFile(io.RawIOBase):
    """A remote file of known size of which some spans are here; reading elsewhere raises ``MissingSpanError``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0
        self._spans: list[tuple[int, bytes]] = []

    def add(self, start: int, content: bytes) -> None:
        self._spans.append((start, content))

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("a position before the file's start")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        start = self._position
        end = self._size if size is None or size < 0 else min(self._size, start + size)
        if end <= start:
            return b""
        for at, content in self._spans:
            if at <= start and end <= at + len(content):
                self._position = end
                return content[start - at : end - at]
        raise MissingSpanError(start, end)


@contextmanager
def refusing_broken(where: str) -> Iterator[None]:
    """Turn what the archive readers raise for malformed input into ``MetadataUnavailable``."""
    try:
        yield
    except _BROKEN as problem:
        raise MetadataUnavailable(f"{where}: the archive cannot be read ({problem})") from problem


def read_wheel_metadata(stream: IO[bytes], filename: str, limits: Limits) -> bytes:
    """The METADATA of a wheel; ``stream`` is seekable. Raises ``MetadataUnavailable``."""
    with refusing_broken(filename), zipfile.ZipFile(_narrowed(stream, filename, limits)) as archive:
        entry = _dist_info_metadata(archive, filename)
        return _read_zip_member(archive, entry, filename, limits)


def _narrowed(stream: IO[bytes], filename: str, limits: Limits) -> IO[bytes]:
    try:
        return narrow_zip(stream, b".dist-info/METADATA", limits.members)
    except TooManyMembersError:
        raise MetadataUnavailable(f"{filename}: the wheel has more than {limits.members} members") from None


def _dist_info_metadata(archive: zipfile.ZipFile, filename: str) -> zipfile.ZipInfo:
    parsed = parse_file_name(filename)
    found = [entry for entry in archive.infolist() if _DIST_INFO_METADATA.fullmatch(entry.filename)]
    if len(found) != 1:
        raise MetadataUnavailable(
            f"{filename}: the wheel has {len(found) or 'no'} .dist-info/METADATA members, not one"
        )
    if parsed is None or normalize_name(found[0].filename.partition("-")[0]) != parsed.name:
        raise MetadataUnavailable(f"{filename}: the wheel's .dist-info folder is of another project")
    return found[0]


def _read_zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, limits: Limits) -> bytes:
    with archive.open(entry) as member:
        return read_bounded(member, f"{where}: {entry.filename}", limits.metadata_bytes)


def read_bounded(stream: IO[bytes], where: str, limit: int) -> bytes:
    """All of ``stream``, refused where it is longer than ``limit``."""
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise MetadataUnavailable(f"{where} is larger than {limit} bytes")
    return content


def read_members(stream: IO[bytes], filename: str, packed: int, wanted: Wanted, limits: Limits) -> dict[str, bytes]:
    """The wanted members of a source archive, by path below its one top folder.

    ``wanted`` is asked about those paths. ``packed``: the archive's size in bytes.
    """
    census = _Census(filename, packed, limits)
    with refusing_broken(filename):
        read = _read_zip if filename.endswith(".zip") else _read_tar
        found = read(stream, census, wanted)
    if len(census.tops) != 1:
        raise MetadataUnavailable(f"{filename}: the archive has {len(census.tops)} top folders, not one")
    return found


def _read_zip(stream: IO[bytes], census: _Census, wanted: Wanted) -> dict[str, bytes]:
    found = {}
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            census.spend(entry.file_size)
            below = census.enter(entry.filename)
            if entry.is_dir() or not wanted(below):
                continue
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise MetadataUnavailable(f"{census.filename}: its {below} is a link")
            found[below] = _read_zip_member(archive, entry, census.filename, census.limits)
    return found


def _read_tar(stream: IO[bytes], census: _Census, wanted: Wanted) -> dict[str, bytes]:
    found = {}
    counted = _CountedStream(_unpacked(stream, census.filename), census)
    with tarfile.open(fileobj=counted, mode="r|", encoding="utf-8") as archive:
        for entry in archive:
            # The archive object remembers every member it passes; a long one would fill the memory.
            archive.members = []  # type: ignore[attr-defined]
            below = census.enter(entry.name)
            if not wanted(below) or entry.isdir():
                continue
            member = archive.extractfile(entry) if entry.isreg() else None
            if member is None:
                raise MetadataUnavailable(f"{census.filename}: its {below} is a link or no plain file")
            found[below] = read_bounded(member, f"{census.filename}: {below}", census.limits.metadata_bytes)
    return found


def _unpacked(stream: IO[bytes], filename: str) -> IO[bytes]:
    if filename.endswith((".gz", ".tgz")):
        return gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[return-value]
    if filename.endswith((".bz2", ".tbz")):
        return bz2.BZ2File(stream)
    if filename.endswith((".xz", ".txz", ".lzma", ".tlz")):
        return lzma.LZMAFile(stream)
    if filename.endswith(".tar"):
        return stream
    raise MetadataUnavailable(f"{filename}: archives of this kind are not read")


class _Census:
    """What an archive has shown so far: its top folders, and how much more counts as a bomb."""

    def __init__(self, filename: str, packed: int, limits: Limits) -> None:
        self.filename = filename
        self.limits = limits
        self.tops: set[str] = set()
        self._members = limits.members
        self._bytes = min(limits.unpacked_bytes, max(limits.ratio_floor_bytes, packed * limits.ratio))

    def enter(self, path: str) -> str:
        """Count one member; gives its path below the top folder."""
        self._members -= 1
        if self._members < 0:
            raise MetadataUnavailable(f"{self.filename}: the archive has more than {self.limits.members} members")
        if _OUTSIDE.search(path):
            raise MetadataUnavailable(f"{self.filename}: the archive has a member outside of itself ({path[:100]!r})")
        top, _slash, below = path.removeprefix("./").partition("/")
        if top not in ("", "."):
            self.tops.add(top)
        return below

    def spend(self, size: int) -> None:
        """Count bytes that came out."""
        self._bytes -= size
        if self._bytes < 0:
            raise MetadataUnavailable(f"{self.filename}: the archive unpacks to far more than it holds")


class _CountedStream(io.RawIOBase):
    """Hands on what a decompressor gives, and stops when the census says so."""

    def __init__(self, inner: IO[bytes], census: _Census) -> None:
        super().__init__()
        self._inner = inner
        self._census = census

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        content = self._inner.read(-1 if size is None else size)
        self._census.spend(len(content))
        return content
