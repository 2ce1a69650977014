"""What the web process tells of a delivery."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardDelivery:
    """One that was accepted; moments in seconds since the epoch."""

    id: str
    started: float
    ended: float
    jobs: int
