"""What the App asks for (``app.yml``), and what of it an account has granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Permission -> level.
NEEDED: Mapping[str, str] = {
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "metadata": "read",
    "issues": "write",
    "workflows": "write",
    "statuses": "read",
    "vulnerability_alerts": "read",
    "merge_queues": "read",
}
EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "dependabot_alert",
        "issue_comment",
        "issues",
        "merge_group",
        "pull_request",
        "pull_request_review",
        "push",
        "repository",
        "status",
    }
)
_LEVELS = ("none", "read", "write", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGrants:
    """What the App's registration allows it: permission -> level, and the events that it gets."""

    permissions: dict[str, str]
    events: tuple[str, ...]


def list_missing(granted: Mapping[str, str]) -> tuple[str, ...]:
    """What is asked for and not granted, as ``name: level``."""
    return tuple(
        f"{name}: {level}"
        for name, level in NEEDED.items()
        if _LEVELS.index(granted.get(name, "none")) < _LEVELS.index(level)
    )


def find_lacking(grants: AppGrants) -> list[str]:
    short = [f"permission {one}" for one in list_missing(grants.permissions)]
    return short + [f"event {name}" for name in sorted(EVENTS - set(grants.events))]
