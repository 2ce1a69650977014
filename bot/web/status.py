"""The page at ``/``: is it alive, what is it doing. No names of repositories: anyone may read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    version: str
    jobs: Mapping[str, int]
    workers: int
    restarts: int
    inbox: int
    inbox_age: float


def render_status(page: StatusPage) -> str:
    rows = [("Version", page.version), ("Workers here", str(page.workers)), ("Workers restarted", str(page.restarts))]
    rows += [(f"Jobs {state}", str(count)) for state, count in sorted(page.jobs.items())]
    rows += [("Deliveries in the inbox", str(page.inbox)), ("Oldest of them", f"{page.inbox_age:.0f} s")]
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>lockbot</title></head>'
        f"<body><h1>lockbot</h1><table>{table}</table></body></html>"
    )
