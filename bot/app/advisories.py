"""The service of advisories as every process asks it."""

from __future__ import annotations

from bot.osv.client import OsvClient, make_osv_client
from bot.osv.records import RecordCache
from bot.settings import Settings


def make_advisories(settings: Settings, url: str | None = None) -> OsvClient:
    """``url``: in place of the address of the settings."""
    return make_osv_client(url or settings.osv_url, RecordCache(folder=settings.cache_dir / "advisories"))
