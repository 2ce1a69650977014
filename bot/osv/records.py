"""Records that were fetched, in a folder: one JSON file each, good while the service names the same time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.limits import ADVISORY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCache:
    """``folder`` ``None``: nothing is kept. Safe for any number of threads and processes."""

    folder: Path | None = None

    def get(self, name: str, modified: str) -> Mapping[str, Any] | None:
        """The record, where it is there and nothing was changed in it since."""
        if self.folder is None or not modified:
            return None
        try:
            content = self._path(name).read_bytes()[: ADVISORY_BYTES + 1]
            entry = json.loads(content)
        except (OSError, ValueError, RecursionError):
            return None
        is_good = isinstance(entry, dict) and entry.get("id") == name and entry.get("modified") == modified
        record = entry.get("record") if is_good else None
        return record if isinstance(record, dict) else None

    def put(self, name: str, modified: str, record: Mapping[str, Any]) -> None:
        """Keep it; a disk that is full or read-only is no reason to stop."""
        if self.folder is None or not modified:
            return
        path = self._path(name)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"id": name, "modified": modified, "record": record}), encoding="utf-8")
            beside.replace(path)

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        digest = hashlib.sha256(name.encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest[2:32]}.json"
