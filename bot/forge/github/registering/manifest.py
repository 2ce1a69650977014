"""The App's manifest, as GitHub's form takes it ("Registering a GitHub App from a manifest"). Pure; ``app.yml`` is the same
for people, which a test holds.

What GitHub refuses is not put in: no event that comes by itself (``installation``), none without the permission behind it,
and no webhook without an address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from bot.forge.github.grants import EVENTS, NEEDED

#: Paths of the server that the App knows.
WEBHOOK, SIGN_IN, INSTALLED, CREATED = "/webhook", "/sign-in/callback", "/installed", "/setup/created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of the App that is to be: ``public_url`` is the server's own address, ``organization`` None for one's own account."""

    github_url: str
    organization: str | None
    public_url: str
    name: str

    @property
    def settings_page(self) -> str:
        """Where GitHub lists the Apps of that account."""
        owner = f"/organizations/{quote(self.organization, safe='')}" if self.organization else ""
        return f"{self.github_url}{owner}/settings/apps"

    def find_form(self, state: str) -> str:
        """The address that the manifest is posted to."""
        return f"{self.settings_page}/new?state={quote(state, safe='')}"


def render_manifest(wanted: Wanted) -> str:
    """JSON, for the form's field ``manifest``."""
    return json.dumps(make_manifest(wanted) | {"redirect_url": wanted.public_url + CREATED})


def make_manifest(wanted: Wanted) -> dict[str, object]:
    return {
        "name": wanted.name,
        "url": f"{wanted.public_url}/",
        "hook_attributes": {"url": wanted.public_url + WEBHOOK, "active": True},
        "callback_urls": [wanted.public_url + SIGN_IN],
        "setup_url": wanted.public_url + INSTALLED,
        "public": False,
        "default_permissions": dict(NEEDED),
        "default_events": sorted(EVENTS),
    }
