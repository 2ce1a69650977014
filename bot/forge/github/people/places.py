"""Where people find things on GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from bot.ports.forge import RepositoryRef


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubPlaces:
    web_url: str

    def get_repository(self, ref: RepositoryRef) -> str:
        return f"{self.web_url}/{quote(ref.full_name)}"

    def get_pull_request(self, ref: RepositoryRef, number: int) -> str:
        return f"{self.get_repository(ref)}/pull/{number}"
