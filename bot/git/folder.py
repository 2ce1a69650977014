"""The files of a folder on disk, as ``bot.resolver.model.index.Tree``: links and ``..`` never lead out of what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.errors import InputError
from bot.limits import TEXT_LIMIT


class FolderTree:
    """``root`` is what paths are relative to; ``allowed`` (default: ``root``) what they may reach after links."""

    def __init__(self, root: Path, allowed: Path | None = None) -> None:
        self.root = root.resolve()
        self.allowed = (allowed or root).resolve()

    def read_text(self, path: str) -> str | None:
        data = self.read_bytes(path)
        return None if data is None else self.decode(data, path)

    def read_bytes(self, path: str) -> bytes | None:
        real = self._real_path(path)
        if real is None or not real.is_file():
            return None
        if real.stat().st_size > TEXT_LIMIT:
            raise InputError(f"the file is larger than {TEXT_LIMIT // 1024 // 1024} MiB", path=path)
        return real.read_bytes()

    def decode(self, data: bytes, path: str) -> str:
        """The text of a file; raises ``InputError`` if it is not UTF-8."""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InputError("not UTF-8 text", path=path, line=line, hint="save the file as UTF-8") from None

    def list_dirs(self, path: str) -> Sequence[str]:
        real = self._real_path(path)
        if real is None or not real.is_dir():
            return ()
        prefix = path.rstrip("/") + "/" if path else ""
        return tuple(sorted(child.name for child in real.iterdir() if self.is_dir(prefix + child.name)))

    def is_dir(self, path: str) -> bool:
        real = self._real_path(path)
        return real is not None and real.is_dir()

    def exists(self, path: str) -> bool:
        real = self._real_path(path)
        return real is not None and real.exists()

    def _real_path(self, path: str) -> Path | None:
        try:
            real = (self.root / path).resolve()
        except (OSError, RuntimeError, ValueError):
            return None
        return real if real.is_relative_to(self.allowed) else None
