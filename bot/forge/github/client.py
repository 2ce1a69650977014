"""Requests to GitHub: authentication, pages, and its failures in the words of the port. The one place of githubkit.

Retrying is left to the caller's job, which knows what is safe to repeat.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub
from githubkit.cache import MemCacheStrategy
from githubkit.exception import (
    AuthCredentialError,
    GitHubException,
    GraphQLFailed,
    RateLimitExceeded,
    RequestError,
    RequestFailed,
)
from githubkit.response import Response
from githubkit.utils import UNSET
from jwt.exceptions import PyJWTError
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.forge.github.limits import PAGE
from bot.forge.github.payloads import ErrorBody
from bot.ports.forge import ForgeConflict, ForgeError, ForgeForbidden, ForgeNotFound, ForgeRejected, ForgeUnavailable

Model = TypeVar("Model", bound=BaseModel)
Params: TypeAlias = Mapping[str, str | int]
Body: TypeAlias = Mapping[str, Any]

_TIMEOUT = 30.0
_MOST_PAGES = 100
_VERSION = {"X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubAccess:
    """Where the API is and how the App proves itself. ``private_key`` is PEM text."""

    web_url: str
    api_url: str
    app_id: int
    private_key: str = field(repr=False)


class GitHubClient:
    """Acts as the App itself, as an ``installation``, or as one for one ``repository`` (its id) only.

    Safe to share between threads.
    """

    def __init__(self, access: GitHubAccess, installation: int | None = None, repository: int | None = None) -> None:
        strategy: AppAuthStrategy | AppInstallationAuthStrategy
        strategy = AppAuthStrategy(str(access.app_id), access.private_key)
        if installation is not None:
            only = UNSET if repository is None else [repository]
            strategy = strategy.as_installation(installation, repository_ids=only)
        self.access = access
        self._github: GitHub[Any] = GitHub(
            strategy,
            base_url=access.api_url,
            user_agent="lockbot",
            timeout=_TIMEOUT,
            ssl_verify=ssl.create_default_context(),
            # Tokens of its own: githubkit's default store is shared by the process and keyed by App id alone.
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
        )

    @contextmanager
    def session(self) -> Iterator[None]:
        """Requests within share connections."""
        with self._github:
            yield

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Body | None = None,
        accept: str | None = None,
    ) -> bytes:
        """``path`` starts with ``/``, is quoted, and lies below the API's root. Raises a ``ForgeError``."""
        headers = _VERSION | ({"Accept": accept} if accept else {})
        url = self.access.api_url + path
        with _translated(f"{method} {path}"):
            response: Response[Any] = self._github.request(
                method, url, params=dict(params) if params else None, json=body, headers=headers
            )
        return response.content

    def get(self, model: type[Model], path: str, *, params: Params | None = None) -> Model:
        return read(model, self.request("GET", path, params=params))

    def post(self, model: type[Model], path: str, body: Body) -> Model:
        return read(model, self.request("POST", path, body=body))

    def get_pages(self, model: type[Model], path: str, *, params: Params | None = None) -> Iterator[Model]:
        """Each page as one ``model``, until one is not full; ``model`` tells its size by ``rows``."""
        for number in range(1, _MOST_PAGES + 1):
            one = self.get(model, path, params={**(params or {}), "per_page": PAGE, "page": number})
            yield one
            if len(one.rows) < PAGE:  # type: ignore[attr-defined]
                return

    def mutate(self, query: str, variables: Body) -> None:
        """A GraphQL mutation whose answer does not matter. Raises ``ForgeRejected`` when it was not done."""
        with _translated("POST /graphql"):
            self._github.graphql.request(query, dict(variables))


def read(model: type[Model], content: bytes) -> Model:
    try:
        return TypeAdapter(model).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ForgeUnavailable(f"GitHub's answer is not understood: {place}: {first['msg']}") from None


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except (GitHubException, AuthCredentialError) as error:
        raise translate_error(what, error) from None


def translate_error(what: str, error: GitHubException) -> ForgeError:
    match error:
        case RateLimitExceeded():
            return ForgeUnavailable(f"{what}: rate limit reached", retry_after=error.retry_after.total_seconds())
        case RequestFailed():
            return _translate_status(what, error.response)
        case RequestError(exc=RequestFailed() as inner):
            return _translate_token(what, inner)
        case GraphQLFailed():
            return _translate_graphql(what, error)
        case _:
            cause = getattr(error, "exc", None) or error
            if isinstance(cause, PyJWTError | ValueError):
                # The private key is used for the first time here; no part of it may show.
                return ForgeForbidden(f"{what}: the App's private key can't be used: it is not an RSA key in PEM")
            return ForgeUnavailable(f"{what}: {type(cause).__name__}: {cause}")


def _translate_status(what: str, response: Response[Any]) -> ForgeError:
    status, body = response.status_code, _read_error(response)
    message = f"{what}: {status} {body.describe()}"
    if status in (401, 403, 451):
        return ForgeForbidden(message)
    if status in (404, 410):
        return ForgeNotFound(message)
    if status == 409 or "already exists" in message:
        return ForgeConflict(message)
    if status >= 500 or status in (408, 425, 429):
        return ForgeUnavailable(message, retry_after=_retry_after(response))
    return ForgeRejected(message)


def _translate_token(what: str, error: RequestFailed) -> ForgeError:
    """The installation's token was refused, which githubkit asks for by itself."""
    found = translate_error(f"{what}: installation token", error)
    # GitHub's words for a repository that the installation doesn't have, or has no longer.
    return ForgeNotFound(str(found)) if isinstance(found, ForgeRejected) else found


def _retry_after(response: Response[Any]) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _read_error(response: Response[Any]) -> ErrorBody:
    try:
        return ErrorBody.model_validate_json(response.content)
    except ValidationError:
        return ErrorBody()


def _translate_graphql(what: str, error: GraphQLFailed) -> ForgeError:
    errors = error.response.errors or []
    message = f"{what}: " + "; ".join(one.message for one in errors)
    kinds = {one.type for one in errors}
    if "FORBIDDEN" in kinds:
        return ForgeForbidden(message)
    return ForgeNotFound(message) if "NOT_FOUND" in kinds else ForgeRejected(message)
