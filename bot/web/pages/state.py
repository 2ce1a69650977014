"""How the server as a whole does, as operators see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingWorker:
    """``seen``: its last sign of life, in seconds since the epoch."""

    name: str
    seen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """``jobs`` by state; ``inbox``: deliveries that are not on the queue yet. ``cache``: bytes of the cache of indexes on this
    machine and how many it may have; None where it has none, or nobody has looked yet. ``is_reached``: the job database
    answers."""

    version: str
    jobs: Mapping[str, int] = field(default_factory=dict)
    workers_here: int = 0
    restarts: int = 0
    workers: Sequence[LivingWorker] = ()
    inbox: int = 0
    inbox_age: float = 0.0
    cache: tuple[int, int] | None = None
    is_reached: bool = True


class StatePort(Protocol):
    async def look(self) -> ServerState: ...
