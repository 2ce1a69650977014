"""Where the App is installed."""

from __future__ import annotations

from bot.ports.forge import ForgeApp, ForgeNotFound, Repository, RepositoryRef


def list_repositories(app: ForgeApp, installation: int | None) -> tuple[RepositoryRef, ...]:
    """What the App is installed on and can work on; ``installation`` None: all of them."""
    installations = app.list_installations() if installation is None else (installation,)
    return tuple(
        one.ref
        for number in installations
        for one in _list_installation(app, number)
        if not one.archived and not one.disabled
    )


def _list_installation(app: ForgeApp, installation: int) -> tuple[Repository, ...]:
    try:
        return app.list_repositories(installation)
    except ForgeNotFound:
        # It went away between the event, or the list of installations, and now.
        return ()
