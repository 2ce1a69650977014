"""Whether ``lockbot serve`` begins by being set up. Makes nothing."""

from __future__ import annotations

from pathlib import Path

from bot.errors import InputError
from bot.jobs.setups import DatabaseLook, SetUp, look_at_database
from bot.settings import Settings, begun, stored

#: A try that has not ended, and what new file systems have.
_NO_CONTENTS = frozenset({begun.FOLDER, stored.BESIDE, "lost+found"})


def begins_in_setup(settings: Settings, *, is_asked_for: bool) -> bool:
    """Never where there is an App, asked for or not: a container is started again with the same words.

    Raises ``InputError`` where there is none and set-up must not be opened: by itself only on a server that has nothing, and
    in no way where the database remembers that it was done.
    """
    if settings.has_app():
        return False
    if _is_begun(settings):
        # Raises for what is missing.
        settings.get_app_credentials()
    look = look_at_database(settings.get_database_url())
    if look.set_up:
        raise _was_done(settings, look.set_up[-1])
    if is_asked_for or _is_new(settings.data_dir, look):
        return True
    raise InputError(
        "LOCKBOT_APP_ID is not set",
        hint=f"set it to the number on the App's settings page; {settings.data_dir} or the job database is not empty, so that "
        "set-up in the browser begins with lockbot serve --setup alone",
    )


def _is_begun(settings: Settings) -> bool:
    """Whether the environment names an App in part: then a word is missing, not an App."""
    names = {"app_id", "private_key", "private_key_file", "webhook_secret"}
    return not settings.model_fields_set.isdisjoint(names)


def _is_new(data_dir: Path, look: DatabaseLook) -> bool:
    try:
        inside = {one.name for one in data_dir.iterdir()} if data_dir.exists() else set()
    except OSError as error:
        raise InputError(
            f"LOCKBOT_DATA_DIR: {data_dir} can't be read: {error.strerror}", hint="let lockbot's user read and write it"
        ) from None
    return inside <= _NO_CONTENTS and look.repositories is None


def _was_done(settings: Settings, one: SetUp) -> InputError:
    kept = settings.data_dir / begun.FOLDER
    # A kill right when secrets were to be shown leaves them there.
    told = f"; what GitHub told of it is kept in {kept}" if begun.find_begun(settings.data_dir) else ""
    return InputError(
        f"the App {one.slug} ({one.app_id} on {one.github_url}) was set up for this server, and its secrets are not in "
        f"{settings.data_dir}",
        hint="mount that folder again or restore it, or set LOCKBOT_APP_ID, LOCKBOT_PRIVATE_KEY and LOCKBOT_WEBHOOK_SECRET, "
        "with a new key from the App's settings page; set-up is not opened a second time"
        f"{told}",
    )
