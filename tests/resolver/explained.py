"""Small projects over an index in memory, for what is said of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.errors import NoSolutionError
from bot.index.memory import MemoryIndex
from bot.lockfile.model import Lock
from bot.resolver.explanation.places import script_places
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice
from bot.resolver.model.index import CoreMetadata, ReleaseFile
from bot.resolver.model.request import LockRequest
from tests.resolver.trees import MemoryTree

SETTINGS = CommandSettings(now=datetime(2025, 6, 1, tzinfo=UTC), zone=UTC)
_ADVICE = Advice(decisions=2000, forks=20, seconds=60.0)


class RecordingIndex(MemoryIndex):
    """An index in memory whose source distributions without static metadata may hold what a build recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: dict[str, CoreMetadata] = {}

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        found = self.recorded.get(file.filename)
        return super().get_metadata(file) if found is None else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project (``pyproject.toml`` and more files) and an index."""

    files: Mapping[str, str]
    index: RecordingIndex
    script: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def request(self) -> LockRequest:
        settings = replace(SETTINGS, **self.arguments)
        tree = MemoryTree(self.files)
        if self.script is not None:
            return lower_script(tree, path=self.script, settings=settings)
        return lower_project(tree, root=".", settings=settings)

    def sources(self) -> TreeLowering:
        return TreeLowering(MemoryTree(self.files), ".", SETTINGS, self.index)

    def lock(self, existing: Lock | None = None, *, advice: Advice | None = None) -> Locked:
        script = self.script
        task = LockTask(
            request=self.request(),
            index=self.index,
            sources=self.sources(),
            existing=existing,
            advice=advice,
            places=None if script is None else lambda: script_places(self.files[script], script),
        )
        return lock_project(task)

    def explanation(self) -> str:
        """What is said of the contradiction, with advice."""
        try:
            self.lock(advice=_ADVICE)
        except NoSolutionError as error:
            return f"{error}\n"
        raise AssertionError("there is a lock")


def make_bench(case: Mapping[str, Any]) -> Bench:
    """``packages`` are releases by name and version: requirements, or a table of what ``MemoryIndex.add`` takes."""
    index = RecordingIndex()
    for name, versions in case["packages"].items():
        for version, said in versions.items():
            index.add(name, version, **(dict(said) if isinstance(said, dict) else {"requires_dist": said}))
    return Bench(files=case["files"], index=index, script=case.get("script"), arguments=case.get("arguments", {}))
