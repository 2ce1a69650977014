"""Digests as indexes state them and locks print them: ``"algorithm:hex"``."""

from __future__ import annotations

import hashlib
from typing import IO, Protocol

_CHUNK = 1 << 18


class _State(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def digest_of(content: bytes, algorithm: str) -> str:
    """The digest of bytes; ``algorithm`` is one that pages are read for (md5, sha256, sha384, sha512, blake2b)."""
    state = _start(algorithm)
    state.update(content)
    return f"{algorithm}:{state.hexdigest()}"


def digest_of_stream(stream: IO[bytes], algorithm: str) -> tuple[str, int]:
    """The digest and size of a stream from its start; leaves it at its start."""
    state = _start(algorithm)
    stream.seek(0)
    size = 0
    while chunk := stream.read(_CHUNK):
        state.update(chunk)
        size += len(chunk)
    stream.seek(0)
    return f"{algorithm}:{state.hexdigest()}", size


def _start(algorithm: str) -> _State:
    # Indexes mean the 256-bit variant.
    if algorithm == "blake2b":
        return hashlib.blake2b(digest_size=32)
    return hashlib.new(algorithm, usedforsecurity=False)
