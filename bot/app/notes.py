"""Release notes as a process reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from urllib.parse import urlsplit

from bot.app.registry import make_context
from bot.changelog.places import Forge
from bot.changelog.reader import HttpNotes, ReaderSettings
from bot.changelog.store import NotesStore
from bot.changelog.visit import Network
from bot.index.http.guard import Guard, resolve_guarded
from bot.ports.notes import NotesReader
from bot.proxies import read_proxies
from bot.settings import PUBLIC_GITHUB, Settings

_PUBLIC = Forge(web=PUBLIC_GITHUB, api="https://api.github.com", raw="https://raw.githubusercontent.com")


def make_notes(settings: Settings, environment: Mapping[str, str]) -> NotesReader | None:
    """``None`` where the operator wants nobody to be asked."""
    if not settings.release_notes:
        return None
    guard = Guard(allowed=settings.allow_private_network)
    return HttpNotes(
        ReaderSettings(
            forges=find_forges(settings),
            network=Network(
                resolve=_make_resolve(guard, settings),
                check_host=guard.check_host,
                find_proxy=read_proxies(environment).find,
                certificates=cache(partial(make_context, environment)),
            ),
            store=NotesStore(settings.cache_dir / "notes-1"),
        )
    )


def find_forges(settings: Settings) -> tuple[Forge, ...]:
    """Public GitHub, and the one that the server works for: that one alone is sent its token."""
    if settings.github_url == PUBLIC_GITHUB:
        return (Forge(web=_PUBLIC.web, api=settings.api_url, raw=_PUBLIC.raw, takes_token=True),)
    return (Forge(web=settings.github_url, api=settings.api_url, takes_token=True), _PUBLIC)


def _make_resolve(guard: Guard, settings: Settings) -> Callable[[str, int], str | None]:
    """The operator named its GitHub, wherever that is; public GitHub is a stranger."""
    is_own = settings.github_url != PUBLIC_GITHUB
    own = {urlsplit(url).hostname for url in (settings.github_url, settings.api_url)} if is_own else set()
    return lambda host, port: None if host in own else resolve_guarded(guard, host, port)
