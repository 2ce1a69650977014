"""The service of advisories as every process asks it."""

from __future__ import annotations

from bot.app.registry import make_context
from bot.osv.client import OsvClient, make_osv_client
from bot.osv.records import RecordCache
from bot.proxies import read_proxies
from bot.settings import Settings, get_environment


def make_advisories(settings: Settings, url: str | None = None) -> OsvClient:
    """``url``: in place of the address of the settings."""
    environment, asked = get_environment(), url or settings.osv_url
    return make_osv_client(
        asked,
        RecordCache(folder=settings.cache_dir / "advisories"),
        proxy=read_proxies(environment).find(asked),
        certificates=make_context(environment),
    )
