"""A secret in a file, such as an orchestrator puts there and renews."""

from __future__ import annotations

import os
from pathlib import Path

from bot.index.access.secret import NoSecretError, Secret

_MOST = 1 << 16


class FileSecret:
    """A secret that is all of a file but for white space around it; read anew when the file changes."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def obtain(self) -> Secret:
        try:
            self._seen = self._look()
            with self._path.open("rb") as stream:
                text = stream.read(_MOST + 1).decode("utf-8").strip()
        except OSError as problem:
            raise NoSecretError(f"{self._path} can't be read: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise NoSecretError(f"{self._path} is no text") from None
        if not text or len(text) > _MOST:
            raise NoSecretError(f"{self._path} is empty" if not text else f"{self._path} is too long for a secret")
        return Secret(password=text)

    def has_changed(self) -> bool:
        try:
            return self._look() != self._seen
        except OSError:
            return False  # it is being replaced; what was read last may still be good

    def _look(self) -> tuple[int, int, int]:
        found = os.stat(self._path)
        return found.st_mtime_ns, found.st_size, found.st_ino
