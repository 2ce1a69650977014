"""What ``lockbot doctor`` looks at: each part of the outside world that the server needs, asked once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.app.edges import make_forge_app
from bot.app.process import read_index_entries
from bot.app.solving import open_index
from bot.errors import LockbotError
from bot.git.command import check_pinning
from bot.index.access.secret import Keeper
from bot.jobs.opening import open_database
from bot.resolver.lowering.indexes import PYPI_URL
from bot.resolver.model.index import Index
from bot.settings import Settings, get_environment
from bot.settings.stored import find_open_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``problem`` says what is wrong and what to do; None: all is well, as ``detail`` tells."""

    what: str
    detail: str = ""
    problem: str | None = None


def diagnose(settings: Settings) -> tuple[Finding, ...]:
    return (
        *diagnose_server(settings),
        _ask("index credentials", partial(check_index_credentials, settings)),
        _ask("index", partial(_check_index, settings)),
    )


def diagnose_server(settings: Settings) -> tuple[Finding, ...]:
    """All but the index: nothing here leaves the operator's own network."""
    return (
        _ask("credentials", partial(_describe_credentials, settings)),
        _ask("data folder", partial(_check_rights, settings)),
        _ask("forge", lambda: make_forge_app(settings).get_identity().login),
        _ask("permissions", lambda: make_forge_app(settings).check_grants()),
        _ask("installations", lambda: make_forge_app(settings).describe_installations()),
        _ask("database", partial(_check_database, settings)),
        _ask("git", partial(check_pinning, get_environment())),
    )


def _ask(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, detail=check())
    except (LockbotError, OSError) as error:
        return Finding(what=what, problem=str(error))


def _describe_credentials(settings: Settings) -> str:
    number = settings.get_app_credentials().app_id
    origin = settings.describe_origin("app_id", "private_key", "private_key_file", "webhook_secret", "client_id")
    return f"App {number}, by {origin}"


def _check_rights(settings: Settings) -> str:
    folder = settings.stored_folder
    loose = find_open_files(folder) if folder is not None else ()
    if loose:
        named = " ".join(str(one) for one in loose)
        raise LockbotError(f"secrets stored by set-up may be read by others: chmod go= {named}")
    return str(settings.data_dir)


def _check_database(settings: Settings) -> str:
    database = open_database(settings.get_database_url())
    return f"{database.engine.dialect.name}, {len(database.registry.list_repositories())} repositories known"


def check_index_credentials(settings: Settings) -> str:
    """Obtain every secret for private indexes once; how many there are. Raises ``LockbotError`` for the first that fails."""
    entries = read_index_entries(settings)
    for entry in entries:
        try:
            Keeper(entry.source, time.time).get()
        except LockbotError as error:
            raise LockbotError(f"number {entry.number} of LOCKBOT_INDEX_CREDENTIALS: {error}") from None
    return f"{len(entries)}" if entries else "none"


def _check_index(settings: Settings) -> str:
    with open_index(settings) as index:
        page = index.get_page(Index(url=PYPI_URL, default=True), "packaging")
    if page is None:
        raise LockbotError("PyPI does not know the package 'packaging': is something else answering in its place?")
    return "PyPI answers"
