"""What was fetched, kept on disk between processes.

One file per entry below a versioned folder: magic, checksum, marshalled plain values. A file is written beside its
place and renamed, so that readers in other processes see whole entries only; what does not check out is ignored and
written again. Nothing in an entry is code (no pickle), and the checksum keeps torn or foreign bytes from the reader.
"""

from __future__ import annotations

import contextlib
import marshal
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias, TypeVar

T = TypeVar("T")

#: Raised when what entries hold changes; the second part because marshal's form belongs to the interpreter's version.
_FOLDER = f"index-3-{marshal.version}"
_MAGIC = b"lockbot1"
_CHECKSUM = 16

Plain: TypeAlias = "str | int | float | bool | bytes | tuple[Plain, ...] | None"


class Bucket(StrEnum):
    PAGES = "pages"
    METADATA = "metadata"
    ARCHIVES = "archives"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHit:
    """``checked_at``: when the entry was written or last found to be current, seconds since the epoch."""

    value: Plain
    checked_at: float


class DiskCache:
    """Entries by bucket and key. All methods may be called from any thread and any number of processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER

    def read(self, bucket: Bucket, key: str) -> CacheHit | None:
        """The entry, ``None`` where there is none or it is damaged."""
        try:
            with self._path(bucket, key).open("rb") as stream:
                checked_at = os.fstat(stream.fileno()).st_mtime
                content = stream.read()
        except OSError:
            return None
        value = _unpack(content)
        return None if value is None else CacheHit(value=value, checked_at=checked_at)

    def write(self, bucket: Bucket, key: str, value: Plain, checked_at: float) -> None:
        """Store an entry; a disk that is full or read-only is no reason to stop."""
        path = self._path(bucket, key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, _pack(value), checked_at)

    def touch(self, bucket: Bucket, key: str, checked_at: float) -> None:
        """Note that the entry was found to be current."""
        with contextlib.suppress(OSError):
            os.utime(self._path(bucket, key), (checked_at, checked_at))

    def _path(self, bucket: Bucket, key: str) -> Path:
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        return self._folder / bucket / digest[:2] / digest[2:]


def _pack(value: Plain) -> bytes:
    payload = marshal.dumps(value)
    return _MAGIC + blake2b(payload, digest_size=_CHECKSUM).digest() + payload


def _unpack(content: bytes) -> Plain:
    start = len(_MAGIC) + _CHECKSUM
    payload = content[start:]
    if content[:start] != _MAGIC + blake2b(payload, digest_size=_CHECKSUM).digest():
        return None
    try:
        value: Plain = marshal.loads(payload)  # noqa: S302  # the checksum says that ``_pack`` wrote it
    except (EOFError, ValueError, TypeError):
        return None
    return value


def _replace(path: Path, content: bytes, checked_at: float) -> None:
    temporary = f"{path.parent}/.new-{os.urandom(8).hex()}"
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
