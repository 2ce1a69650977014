"""What GitHub's answer about a new App left out, had from GitHub in another way: by the App itself."""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel

from bot.forge.github.client import GitHubClient
from bot.forge.github.registering.conversion import Converted
from bot.ports.forge import ForgeUnavailable


class _Names(BaseModel):
    slug: str | None = None
    client_id: str | None = None
    html_url: str | None = None


def find_names(client: GitHubClient, made: Converted) -> Converted:
    """With its name, which nothing goes without, and page and client id where GitHub tells them. Raises ``ForgeError``."""
    if made.slug and made.page and made.client_id:
        return made
    body = client.get(_Names, "/app")
    slug = made.slug or body.slug
    if not slug:
        raise ForgeUnavailable("GET /app: GitHub does not tell the App's name")
    return replace(
        made, slug=slug, page=made.page or body.html_url or "", client_id=made.client_id or body.client_id or ""
    )
