"""What a forge may fail with."""

from __future__ import annotations

from bot.errors import LockbotError


class ForgeError(LockbotError):
    """The forge refused or could not be reached."""


class ForgeUnavailable(ForgeError):
    """Worth trying again: network, server error or rate limit. ``retry_after`` in seconds when the forge said so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ForgeForbidden(ForgeError):
    """The App lacks a permission, or its credentials are wrong. ``needs``: which, as ``name: level``, where the forge says
    so; ``is_credential``: they are not valid at all."""

    def __init__(self, message: str, *, needs: str = "", is_credential: bool = False) -> None:
        self.needs = needs
        self.is_credential = is_credential
        super().__init__(message)


class ForgeNotFound(ForgeError):
    """The thing is gone, or the installation does not see it."""


class ForgeConflict(ForgeError):
    """The world moved: a branch is not where it was expected to be, or the thing exists already."""


class ForgeRejected(ForgeError):
    """The forge says that the request is not valid."""
