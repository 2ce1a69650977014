"""What GitHub answered before, so that asking again costs nothing where nothing changed (304, not counted by GitHub).

Every answer is asked for again: nothing is taken as it was without GitHub saying so. Bounded, in memory, one for each
process: an entry belongs to the installation and repository whose token it was read with.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

#: Bytes, packed. JSON of GitHub's packs to a tenth.
MOST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """``following``: where the next page is, for lists that are told by a link."""

    etag: str
    packed: bytes
    following: str | None = None

    @property
    def content(self) -> bytes:
        return zlib.decompress(self.packed)


class KeptAnswers:
    """Safe to share between threads. What was used longest ago goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, KeptAnswer] = OrderedDict()
        self._size = 0

    def find(self, key: Hashable) -> KeptAnswer | None:
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def keep(self, key: Hashable, etag: str, content: bytes, following: str | None = None) -> None:
        kept = KeptAnswer(etag=etag, packed=zlib.compress(content, 1), following=following)
        with self._lock:
            self._drop(key)
            self._answers[key] = kept
            self._size += len(kept.packed)
            while self._size > self._most:
                self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        gone = self._answers.pop(key, None)
        self._size -= len(gone.packed) if gone is not None else 0

    @property
    def size(self) -> int:
        return self._size
