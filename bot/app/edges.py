"""Step 0: the real edges of a worker."""

from __future__ import annotations

from bot.forge.github.app import GitHubApp
from bot.forge.github.client import GitHubAccess, GitHubClient
from bot.git.checkout import GitCloner
from bot.git.sources import SCRATCH
from bot.ports.forge import Cloner
from bot.proxies import read_proxies
from bot.settings import Settings, get_environment


def make_forge_app(settings: Settings) -> GitHubApp:
    return GitHubApp(_make_access(settings))


def make_app_client(settings: Settings) -> GitHubClient:
    """Acts as the App itself."""
    return GitHubClient(_make_access(settings))


def _make_access(settings: Settings) -> GitHubAccess:
    credentials = settings.get_app_credentials()
    return GitHubAccess(
        web_url=settings.github_url,
        api_url=settings.api_url,
        app_id=credentials.app_id,
        private_key=credentials.private_key,
        proxy=read_proxies(get_environment()).find(settings.api_url),
    )


def make_cloner(settings: Settings) -> Cloner:
    # A server on plain http is one that its operator named so.
    environment = get_environment()
    return GitCloner(
        environ=environment,
        protocols=(settings.github_url.partition("://")[0],),
        find_proxy=read_proxies(environment).find,
        scratch=settings.cache_dir / SCRATCH,
    )
