"""Access tokens of Google Cloud, for Artifact Registry: application default credentials, or a key file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from functools import partial

import google.auth
import google.auth.credentials
import google.auth.exceptions
import google.auth.transport.requests
from google.oauth2.service_account import Credentials

from bot.errors import InputError
from bot.index.access.secret import NoSecretError, Secret, SecretSource

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_SECONDS = 30


def open_source(options: Mapping[str, str], where: str) -> SecretSource:
    """Options: ``key_file``."""
    unknown = sorted(set(options) - {"key_file"})
    if unknown:
        raise InputError(f"{where}: gcp has no option {unknown[0]}", hint="it has key_file")
    return _GoogleTokens(options.get("key_file"))


class _GoogleTokens:
    kind = "gcp"

    def __init__(self, key_file: str | None) -> None:
        self._key_file = key_file
        self._credentials: google.auth.credentials.Credentials | None = None

    def obtain(self) -> Secret:
        try:
            credentials = self._credentials or self._find()
            credentials.refresh(  # type: ignore[no-untyped-call]
                partial(google.auth.transport.requests.Request(), timeout=_SECONDS)
            )
        except google.auth.exceptions.GoogleAuthError as problem:
            raise NoSecretError(_said(problem)) from None
        except (OSError, ValueError) as problem:
            raise NoSecretError(f"the key file can't be used: {problem}") from None
        self._credentials = credentials
        # The library has its times in UTC, without saying so.
        ends_at = None if credentials.expiry is None else credentials.expiry.replace(tzinfo=UTC).timestamp()
        if not credentials.token:
            raise NoSecretError("Google Cloud gave no token")
        return Secret(password=credentials.token, ends_at=ends_at)

    def _find(self) -> google.auth.credentials.Credentials:
        if self._key_file is not None:
            return Credentials.from_service_account_file(self._key_file, scopes=_SCOPES)  # type: ignore[no-untyped-call,no-any-return]
        return google.auth.default(scopes=_SCOPES)[0]

    def has_changed(self) -> bool:
        return False


def _said(problem: Exception) -> str:
    """The sentence of an error that may have answers and other errors packed around it."""
    said: object = problem
    while isinstance(said, Exception | tuple):
        inner = said.args if isinstance(said, Exception) else said
        said = inner[0] if inner else type(problem).__name__
    return str(said).splitlines()[0][:300]
