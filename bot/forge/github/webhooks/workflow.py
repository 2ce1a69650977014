"""What began a run of a workflow (``GITHUB_EVENT_NAME``, and the file of ``GITHUB_EVENT_PATH``): a webhook's payload without an
installation, and about what a person may have opened whose token speaks for lockbot. Pure.
"""

from __future__ import annotations

import json
from typing import Any

from bot.errors import InputError
from bot.events.event import Event, Ignored
from bot.forge.github.webhooks.events import parse_event

#: Event of a workflow -> that of a webhook.
_NAMES = {
    "issue_comment": "issue_comment",
    "issues": "issues",
    "pull_request": "pull_request",
    "pull_request_target": "pull_request",
}


def parse_workflow_event(name: str, body: bytes, login: str) -> Event | Ignored:
    """``login`` is the account that lockbot acts as: what that has opened counts as an App's, until it is looked at. Raises
    ``InputError`` for what is no payload of that event."""
    if name not in _NAMES:
        return Ignored(reason=f"nothing is ordered by {name or 'no event'}")
    payload = _read(name, body)
    payload.setdefault("installation", {"id": 0})
    for thread in ("issue", "pull_request"):
        _take_for_ours(payload.get(thread), login)
    return parse_event(_NAMES[name], json.dumps(payload).encode())


def find_repository(body: bytes) -> str | None:
    """The name of the repository that an event is about; None where it names none."""
    payload = _read("the event", body)
    repository = payload.get("repository")
    name = repository.get("full_name") if isinstance(repository, dict) else None
    return name if isinstance(name, str) else None


def _read(what: str, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{what}: not a JSON object", hint="hand over the file of GITHUB_EVENT_PATH")
    return found


def _take_for_ours(thread: object, login: str) -> None:
    user = thread.get("user") if isinstance(thread, dict) else None
    if isinstance(user, dict) and user.get("login") == login:
        user["type"] = "Bot"
