"""The files of a commit of a repository on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.git.command import Git
from bot.git.tree import CommitTree
from bot.ports.run import Sha


@contextmanager
def open_commit(root: Path, commit: Sha, *, environ: Mapping[str, str]) -> Iterator[CommitTree]:
    """Implements ``bot.pipeline.edges.OpenCommit`` with ``environ`` bound."""
    with CommitTree(Git(folder=root, environ=environ), commit) as tree:
        yield tree
