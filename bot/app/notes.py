"""Release notes as a process reads them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.addresses import PUBLIC_GITHUB
from bot.app.registry import make_network
from bot.changelog.places import Forge
from bot.changelog.reader import HttpNotes, ReaderSettings
from bot.changelog.store import NotesStore
from bot.ports.notes import NotesReader
from bot.settings import Settings

_PUBLIC = Forge(web=PUBLIC_GITHUB, api="https://api.github.com", raw="https://raw.githubusercontent.com")


def make_notes(settings: Settings, environment: Mapping[str, str]) -> NotesReader | None:
    """``None`` where the operator wants nobody to be asked."""
    if not settings.release_notes:
        return None
    # The operator named its GitHub, wherever that is; public GitHub is a stranger.
    is_own = settings.github_url != PUBLIC_GITHUB
    trusted = (settings.github_url, settings.api_url) if is_own else ()
    return HttpNotes(
        ReaderSettings(
            forges=find_forges(settings),
            network=make_network(settings, environment, trusted),
            store=NotesStore(settings.cache_dir / "notes-1"),
        )
    )


def find_forges(settings: Settings) -> tuple[Forge, ...]:
    """Public GitHub, and the one that the server works for: that one alone is sent its token."""
    if settings.github_url == PUBLIC_GITHUB:
        return (Forge(web=_PUBLIC.web, api=settings.api_url, raw=_PUBLIC.raw, takes_token=True),)
    return (Forge(web=settings.github_url, api=settings.api_url, takes_token=True), _PUBLIC)
