"""Who is calling: the App by its JWT, or an installation by its token ("Authenticating as a GitHub App")."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from tests.github.model import LEVELS, Account, App, Installation, Repository, Token
from tests.github.wire import ApiError, Json, Request, not_found

_MAX_LIFE = timedelta(minutes=10)
_WRITERS = ("write", "maintain", "admin")
_SKEW = timedelta(seconds=60)
TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Caller:
    token: Token
    installation: Installation

    @property
    def actor(self) -> Account:
        return self.token.actor

    @property
    def is_person(self) -> bool:
        return not self.token.app

    @property
    def may_write_workflows(self) -> bool:
        return self.token.permissions.get("workflows") == "write" or "workflow" in (self.token.scopes or ())

    def may_write_contents(self, repository: Repository) -> bool:
        if self.token.scopes is not None:
            return self._has_scope(repository, "write") and self._may_himself(repository, "write")
        return self.token.permissions.get("contents") == "write" and repository.id in self.token.repositories

    def check(self, repository: Repository, permissions: tuple[str, ...] | str, level: str) -> None:
        """404 for a repository that the token does not see, 403 where none of the permissions is its.

        What is public any token may read.
        """
        if self.token.scopes is not None:
            self._check_classic(repository, level)
            return
        if repository.id not in self.token.repositories & self.installation.repositories:
            if repository.private or level != "read" or permissions not in (("contents",), ("metadata",)):
                raise not_found()
            return
        names = (permissions,) if isinstance(permissions, str) else permissions
        if max(self._level(one) for one in names) < LEVELS[level] or not self._may_himself(repository, level):
            accepted = "; ".join(f"{one}={level}" for one in names)
            raise ApiError(403, self._refusal, headers={"X-Accepted-GitHub-Permissions": accepted})
        if level == "write" and repository.archived:
            raise ApiError(403, "Repository was archived so is read-only.")

    def _check_classic(self, repository: Repository, level: str) -> None:
        """What a scope or the person does not reach is not there ("Troubleshooting the REST API", 404 for what exists)."""
        if not self._has_scope(repository, level) or not self._may_himself(repository, level):
            raise not_found()
        if repository.private and self.actor.login not in repository.permissions:
            raise not_found()
        if level == "write" and repository.archived:
            raise ApiError(403, "Repository was archived so is read-only.")

    def _has_scope(self, repository: Repository, level: str) -> bool:
        scopes = self.token.scopes or ()
        return "repo" in scopes or (not repository.private and (level == "read" or "public_repo" in scopes))

    @property
    def _refusal(self) -> str:
        return f"Resource not accessible by {'personal access token' if self.is_person else 'integration'}"

    def _may_himself(self, repository: Repository, level: str) -> bool:
        """A person's token can't do what the person can't."""
        return not self.is_person or level == "read" or repository.permissions.get(self.actor.login) in _WRITERS

    def _level(self, permission: str) -> int:
        """What was taken back from the installation is gone from its tokens too."""
        both = (self.token.permissions, self.installation.permissions)
        granted = min(LEVELS.get(one.get(permission, ""), 0) for one in both)
        return max(granted, LEVELS["read"]) if permission == "metadata" else granted


def check_jwt(app: App, request: Request) -> None:
    token = _bearer(request)
    if token is None:
        raise ApiError(401, "A JSON web token could not be decoded")
    try:
        claims = jwt.decode(
            token, app.public_key, algorithms=["RS256"], options={"verify_iat": False, "verify_iss": False}
        )
    except jwt.ExpiredSignatureError:
        raise ApiError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
            "the assertion expires",
        ) from None
    except jwt.PyJWTError:
        raise ApiError(401, "A JSON web token could not be decoded") from None
    now = datetime.now(UTC).timestamp()
    if str(claims.get("iss")) != str(app.id):
        raise ApiError(401, "'Issuer' claim ('iss') must be an Integer")
    if not isinstance(claims.get("iat"), int) or claims["iat"] > now + _SKEW.total_seconds():
        raise ApiError(
            401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if (
        claims["exp"] > now + (_MAX_LIFE + _SKEW).total_seconds()
        or claims["exp"] - claims["iat"] > _MAX_LIFE.total_seconds()
    ):
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")


def find_caller(tokens: dict[str, Token], installations: dict[int, Installation], request: Request) -> Caller:
    value = _bearer(request) or _basic(request)
    token = tokens.get(value or "")
    if token is None or token.expires <= datetime.now(UTC):
        raise ApiError(401, "Bad credentials" if value else "Requires authentication")
    installation = token.grants or installations.get(token.installation)
    if installation is None:
        raise ApiError(401, "Bad credentials")
    if installation.suspended:
        raise ApiError(403, "This installation has been suspended")
    return Caller(token=token, installation=installation)


def issue_token(installation: Installation, body: Json, names: dict[str, int], app: App) -> Token:
    """``names`` maps the installation's repository names to ids."""
    wanted = _wanted_repositories(installation, body, names)
    permissions = dict(installation.permissions)
    if "permissions" in body:
        asked = body["permissions"]
        for name, level in asked.items():
            if LEVELS.get(level, 9) > LEVELS.get(installation.permissions.get(name, ""), 0):
                raise ApiError(422, "The permissions requested are not granted to this installation.")
        permissions = dict(asked)
    return Token(
        value=f"ghs_{secrets.token_hex(18)}",
        actor=app.bot,
        app=app.slug,
        installation=installation.id,
        repositories=frozenset(wanted),
        permissions=permissions,
        expires=datetime.now(UTC) + TOKEN_LIFE,
    )


def _wanted_repositories(installation: Installation, body: Json, names: dict[str, int]) -> set[int]:
    if "repositories" not in body and "repository_ids" not in body:
        return set(installation.repositories)
    wanted = set(body.get("repository_ids", [])) | {names.get(name, -1) for name in body.get("repositories", [])}
    if not wanted <= installation.repositories:
        raise ApiError(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return wanted


def _bearer(request: Request) -> str | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() in ("bearer", "token") else None


def _basic(request: Request) -> str | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return None
    return password if user == "x-access-token" else None
