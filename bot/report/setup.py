"""The words of set-up that no template has: what a page tells while it waits, and secrets to be copied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

_INDENT = "    "


def tell_reached(messages: int, waited: float) -> str:
    if messages:
        return "Yes: a message has arrived, signed as it has to be."
    return f"Nothing has arrived for {waited:.0f} seconds."


def tell_installed(*, is_installed: bool) -> str:
    if is_installed:
        return "Yes: it is at work. Its first pull requests open within minutes."
    return "Not yet: waiting for GitHub to tell of it."


def tell_refused(reason: str) -> str:
    return f"The last message that was not let in: {reason}."


def tell_sent(event: str, moment: datetime, answer: str, status: int, *, is_good: bool) -> str:
    """What GitHub says of one of its messages; its ``answer`` is a few words."""
    what = f"GitHub says of its last message ({event.replace('_', ' ')}, {moment:%H:%M:%S} UTC)"
    if is_good:
        return f"{what}: it was taken."
    return f"{what}: {answer[:200]}" + (f" (status {status})." if status else ". It reached nobody: see below.")


def tell_none_sent() -> str:
    return "GitHub has sent nothing yet: it does as soon as the App is installed."


def tell_unasked(reason: str) -> str:
    return f"GitHub can't be asked what it sent: {reason}"


def render_kubernetes_secret(values: Mapping[str, str]) -> str:
    """``values`` by the names of variables; a text of several lines keeps them."""
    rows = "".join(f"  {name}: {_quote(text)}\n" for name, text in values.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: lockbot-app\ntype: Opaque\nstringData:\n{rows}"


def _quote(text: str) -> str:
    if "\n" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "|\n" + "".join(f"{_INDENT}{line}\n" for line in text.splitlines()).rstrip("\n")
