"""What ``lockbot doctor`` looks at: each part of the outside world that the server needs, asked once."""

from __future__ import annotations

from functools import partial

from bot.app.edges import make_forge_app
from bot.app.findings import Finding, ask_pypi, look_at, obtain_all
from bot.app.process import read_index_entries
from bot.app.solving import open_index
from bot.errors import LockbotError
from bot.git.command import check_pinning
from bot.jobs.opening import open_database
from bot.settings import Settings, get_environment
from bot.settings.stored import find_open_files


def diagnose(settings: Settings) -> tuple[Finding, ...]:
    return (
        *diagnose_server(settings),
        look_at("index credentials", partial(check_index_credentials, settings)),
        look_at("index", partial(_check_index, settings)),
    )


def diagnose_server(settings: Settings) -> tuple[Finding, ...]:
    """All but the index: nothing here leaves the operator's own network."""
    return (
        look_at("credentials", partial(_describe_credentials, settings)),
        look_at("data folder", partial(_check_rights, settings)),
        look_at("forge", lambda: make_forge_app(settings).get_identity().login),
        look_at("permissions", lambda: make_forge_app(settings).check_grants()),
        look_at("installations", lambda: make_forge_app(settings).describe_installations()),
        look_at("database", partial(_check_database, settings)),
        look_at("git", partial(check_pinning, get_environment())),
    )


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
    return f"{database.engine.dialect.name}, {database.registry.count_repositories()} repositories known"


def check_index_credentials(settings: Settings) -> str:
    """See ``obtain_all``."""
    return obtain_all(read_index_entries(settings))


def _check_index(settings: Settings) -> str:
    with open_index(settings) as index:
        return ask_pypi(index)
