"""What time it is. By itself: what publishes without a server needs it, and has no log."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)
