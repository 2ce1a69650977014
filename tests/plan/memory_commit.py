"""A commit in memory: the twin of a checkout for runs that need neither git nor a disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.ports.run import Proposal, Sha
from tests.resolver.trees import MemoryTree


class MemoryCommit(MemoryTree):
    """What ``bot.pipeline.edges.OpenCommit`` opens: every file is a regular one."""

    def with_proposal(self, proposal: Proposal) -> MemoryCommit:
        """The commit after merging it."""
        return MemoryCommit({**self.files, **{change.path: change.text or "" for change in proposal.files}})

    def without(self, path: str) -> MemoryCommit:
        """The commit without one of its files."""
        return MemoryCommit({name: text for name, text in self.files.items() if name != path})

    @contextmanager
    def open(self, root: Path, commit: Sha) -> Iterator[MemoryCommit]:
        """``bot.pipeline.edges.OpenCommit``: whatever is asked for, it is this one."""
        del root, commit
        yield self
