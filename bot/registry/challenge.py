"""The ``WWW-Authenticate`` header of a registry: where a token is to be had, and for what. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.patterns import pattern
from bot.ports.registry import RegistryFailure

_BEARER = pattern(r"\s*bearer\s+(?P<rest>.{1,2000})", re.IGNORECASE)
_FIELD = pattern(r'(?P<name>\w+)="(?P<value>[^"\\]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    realm: str
    service: str

    def query(self, repository: str) -> dict[str, str]:
        """What the realm is asked: to read that repository, whatever scope the registry names."""
        service = {"service": self.service} if self.service else {}
        return {**service, "scope": f"repository:{repository}:pull"}


def parse_challenge(header: str, realms: Collection[str]) -> Challenge:
    """``realms`` are the origins (``https://host``) that may be asked; raises ``RegistryFailure`` for any other."""
    found = _BEARER.fullmatch(header)
    fields = {one["name"].lower(): one["value"] for one in _FIELD.finditer(found["rest"])} if found else {}
    realm = fields.get("realm", "")
    try:
        parts = urlsplit(realm)
        origin = f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc or parts.scheme else ""
    except ValueError:
        origin = ""
    if origin not in realms:
        raise RegistryFailure(f"it sends for a token to {origin[:100] or 'nowhere'}, which is not one of its own hosts")
    return Challenge(realm=realm, service=fields.get("service", ""))
