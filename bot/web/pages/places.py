"""Addresses that pages lead to: those of this server, and those of the forge, which another part knows."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import quote, urlencode

from bot.ports.forge import RepositoryRef


class ForgePlaces(Protocol):
    """Where people find things on the forge."""

    def get_repository(self, ref: RepositoryRef) -> str: ...

    def get_pull_request(self, ref: RepositoryRef, number: int) -> str: ...


def repository_path(ref: RepositoryRef) -> str:
    return f"/repositories/{quote(ref.owner, safe='')}/{quote(ref.name, safe='')}"


def run_path(ref: RepositoryRef, job: str) -> str:
    return f"{repository_path(ref)}/run?{urlencode({'job': job})}"


def page_path(search: str, number: int) -> str:
    """Of the overview."""
    asked = {name: value for name, value in (("q", search), ("page", str(number) if number > 1 else "")) if value}
    return f"/?{urlencode(asked)}" if asked else "/"
