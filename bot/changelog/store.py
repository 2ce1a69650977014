"""What was read, kept in a folder: as many files as there are places, each overwritten by what comes to its place next.

Only what is public is kept: whoever asks again may be somebody else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

#: Places, in memory and on disk, and the longest content of one in characters.
_PLACES, _IN_MEMORY, LONGEST = 4096, 256, 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """``content`` ``None``: there is nothing at that address. ``read_at`` in seconds since the epoch."""

    content: str | None
    etag: str | None
    read_at: float


class NotesStore:
    """``folder`` ``None``: it is kept in memory alone. Safe for any number of threads and processes."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def get(self, url: str) -> Kept | None:
        with self._lock:
            kept = self._memory.get(url)
        return kept if kept is not None or self._folder is None else self._read(url)

    def put(self, url: str, kept: Kept) -> None:
        """A disk that is full or read-only is no reason to stop."""
        if kept.content is not None and len(kept.content) > LONGEST:
            return
        with self._lock:
            if len(self._memory) >= _IN_MEMORY:
                self._memory.clear()
            self._memory[url] = kept
        if self._folder is not None:
            self._write(url, kept)

    def _read(self, url: str) -> Kept | None:
        try:
            with self._path(url).open("rb") as stream:
                entry = json.loads(stream.read(16 * LONGEST))
            if entry["url"] != url:
                return None
            content, etag, read_at = entry["content"], entry["etag"], entry["read_at"]
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            return None
        is_good = isinstance(content, str | None) and isinstance(etag, str | None) and isinstance(read_at, float)
        return Kept(content=content, etag=etag, read_at=read_at) if is_good else None

    def _write(self, url: str, kept: Kept) -> None:
        path = self._path(url)
        beside = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"url": url, **asdict(kept)}), encoding="utf-8")
            beside.replace(path)

    def _path(self, url: str) -> Path:
        assert self._folder is not None
        place = int.from_bytes(hashlib.sha256(url.encode()).digest()[:4]) % _PLACES
        return self._folder / f"{place:03x}.json"
