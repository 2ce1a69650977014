"""One member of a zip, found without a list of all: large wheels have tens of thousands, and a list takes a second.

The directory is walked from record to record, so a name in a comment, in an extra field or before the directory is
none. The records of the member are handed to ``zipfile`` as a file whose directory has only these; that reads the
member and checks it. What is wrong with other members is not looked at.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from struct import Struct
from typing import IO
from zipfile import BadZipFile

from bot.values import value

_END = Struct("<4s4H2IH")
_END_64 = Struct("<4sQ2H2I4Q")
_LOCATOR_64 = Struct("<4sIQI")
_END_MARK, _END_MARK_64, _LOCATOR_MARK_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_RECORD_MARK = b"PK\x01\x02"
#: Of a record's fixed part: its mark, and the lengths of name, extra field and comment that follow.
_RECORD = Struct("<4s24x3H12x")
_LONGEST_COMMENT = 1 << 16


class TooManyMembersError(Exception):
    """The directory has more members than were asked to be passed."""


class _Narrowed(io.RawIOBase):
    """The first ``size`` bytes of a stream, then ``rest``."""

    def __init__(self, stream: IO[bytes], size: int, rest: bytes) -> None:
        super().__init__()
        self._stream = stream
        self._size = size
        self._rest = rest
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size + len(self._rest)}
        if starts[whence] + offset < 0:
            raise OSError("a position before the file's start")
        self._position = starts[whence] + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self._size + len(self._rest)
        if size is not None and size >= 0:
            end = min(end, self._position + size)
        content = self._read_between(self._position, end)
        self._position += len(content)
        return content

    def _read_between(self, start: int, end: int) -> bytes:
        before = b""
        if start < min(end, self._size):
            self._stream.seek(start)
            before = self._stream.read(min(end, self._size) - start)
        return before + self._rest[max(0, start - self._size) : max(0, end - self._size)]


@value
class _Place:
    """Where a directory is. ``offset`` is what the archive states for ``start``: the rest stands before the archive."""

    start: int
    size: int
    offset: int


def narrow_zip(stream: IO[bytes], ending: bytes, members: int) -> IO[bytes]:
    """A zip with those members of ``stream`` alone whose names contain ``ending``.

    Raises ``BadZipFile`` where the directory is broken, ``TooManyMembersError`` where it has more than ``members``.
    """
    place = _find_directory(stream)
    stream.seek(place.start)
    directory = stream.read(place.size)
    records = b"".join(_find_records(directory, ending, members))
    rest = records + _render_end(place.start + len(records), len(records), place.offset)
    return _Narrowed(stream, place.start, rest)  # type: ignore[return-value]


def _find_directory(stream: IO[bytes]) -> _Place:
    at, end = _find_end(stream)
    _mark, *_counts, size, offset, _comment = _END.unpack(end)
    above = at - _LOCATOR_64.size - _END_64.size
    if above >= 0:
        stream.seek(above)
        both = stream.read(_END_64.size + _LOCATOR_64.size)
        mark, disk, _place, disks = _LOCATOR_64.unpack(both[_END_64.size :])
        if mark == _LOCATOR_MARK_64 and both.startswith(_END_MARK_64):
            if disk or disks > 1:
                raise BadZipFile("it is one of several parts")
            at, (*_rest, size, offset) = above, _END_64.unpack(both[: _END_64.size])
    if size > at:
        raise BadZipFile("its directory is larger than what stands before its end")
    return _Place(start=at - size, size=size, offset=offset)


def _find_end(stream: IO[bytes]) -> tuple[int, bytes]:
    """The last record and its place; nearly always the last bytes, else before a comment."""
    size = stream.seek(0, io.SEEK_END)
    start = stream.seek(max(0, size - _END.size))
    tail = stream.read()
    if len(tail) == _END.size and tail.startswith(_END_MARK) and tail.endswith(b"\0\0"):
        return start, tail
    start = stream.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = stream.read()
    found = tail.rfind(_END_MARK)
    if found >= 0 and len(tail) - found >= _END.size:
        return start + found, tail[found : found + _END.size]
    raise BadZipFile("it is not a zip file")


def _find_records(directory: bytes, ending: bytes, members: int) -> Iterator[bytes]:
    at, end, left = 0, len(directory), members
    hit = directory.find(ending)
    while at < end:
        if end - at < _RECORD.size:
            raise BadZipFile("its directory is cut off")
        mark, name, extra, comment = _RECORD.unpack_from(directory, at)
        if mark != _RECORD_MARK:
            raise BadZipFile("its directory is broken")
        name_end = at + _RECORD.size + name
        following = name_end + extra + comment
        if 0 <= hit < following:
            if at + _RECORD.size <= hit <= name_end - len(ending):
                yield directory[at:following]
            hit = directory.find(ending, following)
        at = following
        left -= 1
        if left < 0:
            raise TooManyMembersError


def _render_end(place: int, size: int, offset: int) -> bytes:
    """The end of an archive without comment whose directory of ``size`` bytes ends at ``place``, in 64 bits."""
    return (
        _END_64.pack(_END_MARK_64, 44, 45, 45, 0, 0, 0, 0, size, offset)
        + _LOCATOR_64.pack(_LOCATOR_MARK_64, 0, place, 1)
        + _END.pack(_END_MARK, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )
