"""What a run needs of the world, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bot.detect.model import Listing
from bot.plan.index.remote import RemoteOnly
from bot.plan.security.knowledge import NO_ADVISORIES, Advisories
from bot.ports.counting import stage
from bot.ports.notes import NotesReader
from bot.ports.registry import ImageRegistry, NoRegistry
from bot.ports.run import (
    RunRequest,
    RunTooLong,
    Sha,
)
from bot.ports.surroundings import NOTHING_AROUND, Surroundings
from bot.repoconfig.model import RepoConfig
from bot.repoconfig.versions import find_python
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.attested import ReleaseReader
from bot.resolver.model.index import IndexPort
from bot.wall import KeepError


class OpenCommit(Protocol):
    """``bot.git``: the files of a commit of the repository on disk."""

    def __call__(self, root: Path, commit: Sha) -> AbstractContextManager[Listing]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What a run needs of the world. ``is_local``: the repository is the user's own, so folders may serve as indexes.

    ``advisories``: who knows of vulnerabilities.
    ``keep`` takes what nobody expected; ``around`` is what followers ask of the world, ``registry`` knows the tags of images.
    ``forges`` are the hosts where a link to the wrong page leaves a trace.
    ``releases`` and ``notes`` are asked about what moves, when it is solved; ``None``: nothing more is asked.
    ``progress`` hears the stage and what is being worked on; ``clock`` counts seconds.
    """

    open_commit: OpenCommit
    index: IndexPort
    keep: KeepError
    around: Surroundings = NOTHING_AROUND
    registry: ImageRegistry = field(default_factory=NoRegistry)
    advisories: Advisories = NO_ADVISORIES
    releases: ReleaseReader | None = None
    notes: NotesReader | None = None
    forges: tuple[str, ...] = ("github.com",)
    is_local: bool = False
    progress: Callable[[str, str], None] = field(default=lambda _stage, _what: None)
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """What the stages took, in seconds; it announces each of them."""

    edges: Edges
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        self.edges.progress(name, "")
        started = self.edges.clock()
        try:
            with stage(name):
                yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + self.edges.clock() - started, 3)


def within_time(seconds: float, edges: Edges) -> Edges:
    """Between one piece of work and the next the clock is looked at."""
    ends = edges.clock() + seconds

    def progress(stage: str, what: str) -> None:
        if edges.clock() > ends:
            raise RunTooLong(f"the run takes longer than {seconds:.0f} seconds")
        edges.progress(stage, what)

    return replace(edges, progress=progress)


def index_of(edges: Edges) -> IndexPort:
    return edges.index if edges.is_local else RemoteOnly(edges.index)


def settings_for(request: RunRequest, edges: Edges, config: RepoConfig) -> CommandSettings:
    plain = CommandSettings(now=request.now, tree_root=str(request.root) if edges.is_local else None)
    python = find_python(config.constraints.python) if config.constraints.python else None
    return plain if python is None else replace(plain, python=python)
