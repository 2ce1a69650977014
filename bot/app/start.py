"""What the server could not begin without, looked at without making anything: ``serve`` and ``work`` refuse to begin in the
words of ``lockbot doctor``. Nobody outside of the operator's own network is asked.
"""

from __future__ import annotations

import os

from bot.disk import find_nearest
from bot.errors import InputError, LockbotError
from bot.forge.github.failures import check_key
from bot.git.command import check_pinning
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.setups import look_at_database
from bot.settings import Settings, get_environment
from bot.settings.stored import find_open_files


def check_start(settings: Settings) -> None:
    """Raises ``LockbotError`` for the first thing that the server could not begin without."""
    check_surroundings(settings)
    describe_credentials(settings)


def check_surroundings(settings: Settings) -> None:
    """The same where an App is yet to be set up."""
    check_pinning(get_environment())
    check_job_database(settings)
    check_folder(settings)


def describe_credentials(settings: Settings) -> str:
    found = settings.get_app_credentials()
    check_key(found.private_key)
    origin = settings.describe_origin("app_id", "private_key", "private_key_file", "webhook_secret")
    return f"App {found.app_id}, by {origin}"


def check_folder(settings: Settings) -> str:
    """Also where it is yet to be made."""
    folder = settings.data_dir
    nearest = find_nearest(folder)
    if not nearest.is_dir() or not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        raise InputError(
            f"LOCKBOT_DATA_DIR: {folder} can't be used: {nearest} is no folder that may be read and written",
            hint="let lockbot's user read and write it, or name another folder",
        )
    stored = settings.stored_folder
    loose = find_open_files(stored) if stored is not None else ()
    if loose:
        named = " ".join(str(one) for one in loose)
        raise LockbotError(f"secrets stored by set-up may be read by others: chmod go= {named}")
    return str(folder) if nearest == folder else f"{folder}, to be made"


def check_job_database(settings: Settings) -> str:
    try:
        look = look_at_database(settings.get_database_url())
    except DatabaseUnavailable as error:
        where = "LOCKBOT_DATABASE_URL" if settings.database_url is not None else "LOCKBOT_DATA_DIR"
        raise DatabaseUnavailable(f"{error}: see {where}") from None
    known = "empty" if look.repositories is None else f"{look.repositories} repositories known"
    return f"{look.kind}, {known}"
