"""GitHub's failures in the words of the port. What may pass is told from what stays: only the first is tried again.

A credential that GitHub refuses (401) counts as passing: by the time it gets here a new one was asked for and refused
too, which happens on GitHub's bad days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

from githubkit.exception import AuthCredentialError, GitHubException, RateLimitExceeded, RequestError, RequestFailed
from githubkit.response import Response
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import PyJWTError
from pydantic import ValidationError

from bot.errors import LockbotError
from bot.forge.github.payloads import ErrorBody, GraphQLBody
from bot.ports.forge import ForgeConflict, ForgeError, ForgeForbidden, ForgeNotFound, ForgeRejected, ForgeUnavailable
from bot.retry import parse_retry_after

#: GitHub asks for a minute at least where it names no time after a secondary limit.
_LEAST_WAIT = 60.0
_PERMISSION = re.compile(r"([a-z_]{1,40})=(read|write|admin)")


@contextmanager
def translated(what: str) -> Iterator[None]:
    try:
        yield
    except LockbotError:
        raise
    except (GitHubException, AuthCredentialError) as error:
        raise translate_error(what, error) from None
    except ValueError as error:
        # githubkit reads a failure's headers and bodies without expecting that they may be out of shape.
        raise ForgeUnavailable(f"{what}: {type(error).__name__}: {error}") from None


def check_key(private_key: str) -> None:
    """Raises ``ForgeForbidden`` for what is no key; no part of it shows."""
    try:
        get_default_algorithms()["RS256"].prepare_key(private_key)
    except (PyJWTError, ValueError, TypeError):
        raise ForgeForbidden("the App's private key can't be used: it is not an RSA key in PEM") from None


def is_unauthorized(error: GitHubException) -> bool:
    """Whether a credential was refused: the request's own, or the one that githubkit asks for the other with."""
    inner = error.exc if isinstance(error, RequestError) and not isinstance(error, RequestFailed) else error
    return isinstance(inner, RequestFailed) and inner.response.status_code == 401


def refused_token(method: str, path: str) -> ForgeForbidden:
    """A token that somebody handed over is as good as it is: nobody here can ask for another one."""
    return ForgeForbidden(f"{method} {path}: 401 the token is not valid (any more)", is_credential=True)


def translate_error(what: str, error: GitHubException) -> ForgeError:
    match error:
        case RateLimitExceeded():
            return ForgeUnavailable(f"{what}: rate limit reached", retry_after=error.retry_after.total_seconds())
        case RequestFailed():
            return _translate_status(what, error.response)
        case RequestError(exc=GitHubException() as inner):
            return _translate_token(what, inner)
        case _:
            cause = getattr(error, "exc", None) or error
            return ForgeUnavailable(f"{what}: {type(cause).__name__}: {cause}")


def _translate_status(what: str, response: Response[Any]) -> ForgeError:
    status, body = response.status_code, _read_error(response)
    message = f"{what}: {status} {body.describe()}"
    if status >= 500 or status in (401, 408, 425, 429):
        return ForgeUnavailable(message, retry_after=find_wait(response.headers))
    if status == 403 and "rate limit" in body.message.lower():
        # A secondary limit need not show in any header.
        return ForgeUnavailable(message, retry_after=find_wait(response.headers) or _LEAST_WAIT)
    if status in (403, 451):
        return ForgeForbidden(message, needs=_find_needs(response.headers))
    if status in (404, 410):
        return ForgeNotFound(message)
    return ForgeConflict(message) if status == 409 or "already exists" in message else ForgeRejected(message)


def _find_needs(headers: Mapping[str, str]) -> str:
    """What would have been accepted, the first of the ways where there are several."""
    first = headers.get("x-accepted-github-permissions", "").partition(";")[0].partition(",")[0]
    match = _PERMISSION.fullmatch(first.strip())
    return f"{match[1]}: {match[2]}" if match else ""


def _translate_token(what: str, error: GitHubException) -> ForgeError:
    """The installation's token was refused, which githubkit asks for by itself."""
    found = translate_error(f"{what}: installation token", error)
    # GitHub's words for a repository that the installation doesn't have, or has no longer.
    return ForgeNotFound(str(found)) if isinstance(found, ForgeRejected) else found


def find_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait. Its own date is the clock, so that a wrong one here does no harm."""
    try:
        now = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        now = 0.0
    asked = parse_retry_after(headers.get("retry-after"), now)
    reset = headers.get("x-ratelimit-reset", "")
    if asked is None and headers.get("x-ratelimit-remaining") == "0" and now and reset.isascii() and reset.isdigit():
        return max(0.0, float(reset[:12]) - now)
    return asked


def _read_error(response: Response[Any]) -> ErrorBody:
    try:
        return ErrorBody.model_validate_json(response.content)
    except ValidationError:
        return ErrorBody()


def translate_graphql(what: str, body: GraphQLBody, headers: Mapping[str, str]) -> ForgeError:
    """What the errors of a GraphQL answer (200) come to."""
    message = f"{what}: " + "; ".join(one.message for one in body.errors)
    kinds = {one.type for one in body.errors}
    if kinds & {"RATE_LIMIT", "RATE_LIMITED"}:
        return ForgeUnavailable(message, retry_after=find_wait(headers) or _LEAST_WAIT)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return ForgeForbidden(message)
    if "NOT_FOUND" in kinds:
        return ForgeNotFound(message)
    if "STALE_DATA" in kinds:
        return ForgeConflict(message)
    # Neither a type nor a code: "Something went wrong while executing your query", GitHub's own failure.
    ours = all(one.type or one.extensions for one in body.errors)
    return ForgeRejected(message) if ours else ForgeUnavailable(message)
