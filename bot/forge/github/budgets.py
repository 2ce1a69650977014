"""How much of its rate limit each installation has left, as GitHub's last answers told.

GitHub counts for an installation, whoever asks with its tokens: what one process reads holds for all.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

_RESOURCE = re.compile(r"[a-z_]{1,40}")

#: Below this part of its limit an installation rests.
LEAST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """``reset``: when it is whole again, in seconds since the epoch."""

    resource: str
    limit: int
    remaining: int
    reset: float

    @property
    def is_low(self) -> bool:
        return self.remaining < self.limit * LEAST


class Budgets:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, dict[str, Budget]] = {}

    def note(self, installation: int, headers: Mapping[str, str]) -> Budget | None:
        """What they say. Headers without a limit (an Enterprise Server has it turned off as a rule) say nothing."""
        found = _read(headers)
        if found is not None:
            with self._lock:
                self._known.setdefault(installation, {})[found.resource] = found
        return found

    def find_reset(self, installation: int) -> float | None:
        """When the last of its low budgets is whole again; None: there is plenty. May lie in the past."""
        with self._lock:
            low = [one.reset for one in self._known.get(installation, {}).values() if one.is_low]
        return max(low, default=None)


def _read(headers: Mapping[str, str]) -> Budget | None:
    texts = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
    if not all(text.isascii() and text.isdigit() and len(text) < 15 for text in texts):
        return None
    limit, remaining, reset = map(int, texts)
    said = headers.get("x-ratelimit-resource", "core")
    resource = said if _RESOURCE.fullmatch(said) else "other"
    return Budget(resource=resource, limit=limit, remaining=remaining, reset=float(reset))
