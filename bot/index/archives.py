"""Members of wheels and source archives, read from memory or a stream and never unpacked to disk.

What looks hostile (bombs, absolute or climbing paths, wanted members that are links, too many members) is refused
with ``MetadataUnavailable``: that file is out, not the run.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from bot.index.filenames import normalize_name, parse_file_name
from bot.index.limits import Limits
from bot.resolver.index import MetadataUnavailable

#: Whether the member with this path (``/``-separated, inside the archive) is wanted.
Wanted = Callable[[str], bool]

_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
           NotImplementedError, RuntimeError, OverflowError)  # fmt: skip


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
    with refusing_broken(filename), zipfile.ZipFile(stream) as archive:
        if len(archive.filelist) > limits.members:
            raise MetadataUnavailable(f"{filename}: the wheel has more than {limits.members} members")
        folder = _dist_info_folder(archive, filename)
        try:
            entry = archive.getinfo(f"{folder}/METADATA")
        except KeyError:
            raise MetadataUnavailable(f"{filename}: the wheel has no {folder}/METADATA") from None
        return _read_zip_member(archive, entry, filename, limits)


def _dist_info_folder(archive: zipfile.ZipFile, filename: str) -> str:
    parsed = parse_file_name(filename)
    name = parsed.name if parsed else None
    folders = {
        top
        for top, slash, _rest in (member.partition("/") for member in archive.namelist())
        if slash and top.endswith(".dist-info") and normalize_name(top.partition("-")[0]) == name
    }
    if len(folders) != 1:
        found = "no .dist-info folder of its name" if not folders else "several .dist-info folders of its name"
        raise MetadataUnavailable(f"{filename}: the wheel has {found}")
    return folders.pop()


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
    """The wanted members of a source archive by path below its one top folder (or its root, without such a folder).

    ``wanted`` is asked about those paths. ``packed``: the archive's size in bytes.
    """
    with refusing_broken(filename):
        members = _zip_members if filename.endswith(".zip") else _tar_members
        found = dict(members(stream, filename, packed, wanted, limits))
    return _below_top(found)


def _below_top(found: dict[str, bytes]) -> dict[str, bytes]:
    return {path.partition("/")[2]: content for path, content in found.items()}


def _check_path(path: str, where: str) -> str:
    cleaned = path.removeprefix("./")
    if path.startswith(("/", "\\")) or ".." in path.split("/") or ":" in path[:3] or "\0" in path:
        raise MetadataUnavailable(f"{where}: the archive has a member outside of itself ({path[:100]!r})")
    return cleaned


def _zip_members(
    stream: IO[bytes], filename: str, packed: int, wanted: Wanted, limits: Limits
) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(stream) as archive:
        budget = _Budget(filename, packed, limits)
        for entry in archive.infolist():
            budget.count_member()
            budget.spend(entry.file_size)
            path = _check_path(entry.filename, filename)
            if not entry.is_dir() and wanted(path.partition("/")[2]):
                yield path, _read_zip_member(archive, entry, filename, limits)


def _tar_members(
    stream: IO[bytes], filename: str, packed: int, wanted: Wanted, limits: Limits
) -> Iterator[tuple[str, bytes]]:
    budget = _Budget(filename, packed, limits)
    counted = _CountedStream(_unpacked(stream, filename), budget)
    with tarfile.open(fileobj=counted, mode="r|", encoding="utf-8") as archive:
        for entry in archive:
            budget.count_member()
            path = _check_path(entry.name, filename)
            below = path.partition("/")[2]
            if entry.islnk() or entry.issym():
                if wanted(below):
                    raise MetadataUnavailable(f"{filename}: its {below} is a link")
            elif entry.isfile() and wanted(below):
                member = archive.extractfile(entry)
                if member is not None:
                    yield path, read_bounded(member, f"{filename}: {below}", limits.metadata_bytes)


def _unpacked(stream: IO[bytes], filename: str) -> IO[bytes]:
    if filename.endswith((".gz", ".tgz")):
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if filename.endswith((".bz2", ".tbz")):
        return bz2.BZ2File(stream)
    if filename.endswith((".xz", ".txz", ".lzma", ".tlz")):
        return lzma.LZMAFile(stream)
    if filename.endswith(".tar"):
        return stream
    raise MetadataUnavailable(f"{filename}: archives of this kind are not read")


class _Budget:
    """What may still come out of an archive before it counts as a bomb."""

    def __init__(self, filename: str, packed: int, limits: Limits) -> None:
        self._filename = filename
        self._members = limits.members
        self._bytes = min(limits.unpacked_bytes, max(limits.ratio_floor_bytes, packed * limits.ratio))

    def count_member(self) -> None:
        self._members -= 1
        if self._members < 0:
            raise MetadataUnavailable(f"{self._filename}: the archive has too many members")

    def spend(self, size: int) -> None:
        self._bytes -= size
        if self._bytes < 0:
            raise MetadataUnavailable(f"{self._filename}: the archive unpacks to far more than it holds")


class _CountedStream(io.RawIOBase):
    """Hands on what a decompressor gives, and stops when the budget is spent."""

    def __init__(self, inner: IO[bytes], budget: _Budget) -> None:
        super().__init__()
        self._inner = inner
        self._budget = budget

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        content = self._inner.read(-1 if size is None else size)
        self._budget.spend(len(content))
        return content
