"""What was fetched, kept on disk between processes.

One file per entry below a versioned folder: magic, checksum, the marshalled key and value, which are plain. A file is
written beside its place and renamed, so that readers in other processes see whole entries only; what does not check out
is ignored and written again. Nothing in an entry is code (no pickle), and the checksum keeps torn bytes from the reader.
It says nothing against somebody who writes to the folder: who can do that can do worse.
"""

from __future__ import annotations

import contextlib
import marshal
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias, TypeVar
from zlib import adler32, crc32

from bot.values import value

T = TypeVar("T")

#: Raised when what entries hold changes; the second part because marshal's form belongs to the interpreter's version.
_FOLDER = f"index-7-{marshal.version}"
_MAGIC = b"lockbot2"
_START = len(_MAGIC) + 4

Plain: TypeAlias = "str | int | float | bool | bytes | tuple[Plain, ...] | None"


class Bucket(StrEnum):
    PAGES = "pages"
    METADATA = "metadata"
    ARCHIVES = "archives"
    PUBLISHERS = "publishers"


@value
class CacheHit:
    """``checked_at``: when the entry was written or last found to be current, seconds since the epoch."""

    value: Plain
    checked_at: float


class DiskCache:
    """Entries by bucket and key. All methods may be called from any thread and any number of processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder / _FOLDER)

    def read(self, bucket: Bucket, key: str) -> CacheHit | None:
        """The entry, ``None`` where there is none or it is damaged."""
        try:
            with open(self._path(bucket, key), "rb", buffering=0) as stream:
                checked_at = os.fstat(stream.fileno()).st_mtime
                content = stream.read()
        except OSError:
            return None
        value = _unpack(key, content)
        return None if value is None else CacheHit(value=value, checked_at=checked_at)

    def write(self, bucket: Bucket, key: str, value: Plain, checked_at: float) -> None:
        """Store an entry; a disk that is full or read-only is no reason to stop."""
        path = self._path(bucket, key)
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _replace(path, _pack(key, value), checked_at)

    def touch(self, bucket: Bucket, key: str, checked_at: float) -> None:
        """Note that the entry was found to be current."""
        with contextlib.suppress(OSError):
            os.utime(self._path(bucket, key), (checked_at, checked_at))

    def _path(self, bucket: Bucket, key: str) -> str:
        # Two keys that meet in a name push each other out, as an entry knows its key: a digest would cost more.
        text = key.encode("utf-8", "surrogatepass")
        name = f"{crc32(text):08x}{adler32(text):08x}{len(text):x}"
        return f"{self._folder}/{bucket}/{name[:2]}/{name[2:]}"


def _pack(key: str, value: Plain) -> bytes:
    payload = marshal.dumps((key, value))
    return _MAGIC + crc32(payload).to_bytes(4, "big") + payload


def _unpack(key: str, content: bytes) -> Plain:
    payload = memoryview(content)[_START:]
    if content[:_START] != _MAGIC + crc32(payload).to_bytes(4, "big"):
        return None
    try:
        kept = marshal.loads(payload)  # noqa: S302  # the checksum says that ``_pack`` wrote it
    except (EOFError, ValueError, TypeError):
        return None
    value: Plain = kept[1] if kept[0] == key else None
    return value


def _replace(path: str, content: bytes, checked_at: float) -> None:
    temporary = f"{os.path.dirname(path)}/.new-{os.urandom(8).hex()}"
    try:
        with open(temporary, "xb", opener=_open_private) as stream:
            stream.write(content)
        os.utime(temporary, (checked_at, checked_at))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def decoded(hit: CacheHit | None, decode: Callable[[CacheHit], T]) -> T | None:
    """What an entry holds, ``None`` where it has not the expected form."""
    if hit is None:
        return None
    try:
        return decode(hit)
    except (TypeError, ValueError, IndexError, AttributeError):
        return None
