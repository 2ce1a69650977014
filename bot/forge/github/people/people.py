"""The App's own OAuth flow, and what a person may see and do where the App is installed.

GitHub answers a code that it doesn't take with 200 and an error in the body. Tokens run out after hours, unless the App has
opted out of that; what renews one is good for once.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from githubkit import GitHub, TokenAuthStrategy, UnauthAuthStrategy
from githubkit.exception import GitHubException
from pydantic import BaseModel

from bot.forge.github.client import read
from bot.forge.github.failures import is_unauthorized, translated
from bot.forge.github.limits import PAGE
from bot.forge.github.people.payloads import (
    InstallationPage,
    SeenPage,
    SeenRepository,
    TokenBody,
    UserBody,
)
from bot.ports.forge import ForgeForbidden, ForgeNotFound, ForgeRejected, ForgeUnavailable
from bot.ports.people import Access, May, Person, SignInEnded, SignInRefused, UserTokens

Model = TypeVar("Model", bound=BaseModel)

_TIMEOUT = 15.0
#: Of one list; who sees more sees the first ones.
_MOST_PAGES = 50
_VERSION = {"X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAccess:
    """Where GitHub is, the ``proxy`` on the way there, and how the App proves itself there when people sign in."""

    web_url: str
    api_url: str
    client_id: str
    client_secret: str = field(repr=False)
    proxy: str | None = field(default=None, repr=False)


class GitHubPeople:
    """Safe to share between threads."""

    def __init__(self, access: SignInAccess) -> None:
        self._access = access

    def get_address(self, *, state: str, challenge: str, redirect: str) -> str:
        asked = {
            "client_id": self._access.client_id,
            "redirect_uri": redirect,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._access.web_url}/login/oauth/authorize?{urlencode(asked)}"

    def exchange(self, *, code: str, verifier: str, redirect: str) -> UserTokens:
        body = self._ask_tokens({"code": code, "code_verifier": verifier, "redirect_uri": redirect})
        if not body.access_token:
            raise SignInRefused(f"GitHub gave no token: {_say(body)}")
        return _tokens(body)

    def renew(self, renewing: str) -> UserTokens:
        body = self._ask_tokens({"grant_type": "refresh_token", "refresh_token": renewing})
        if not body.access_token:
            raise SignInEnded(f"GitHub renewed no token: {_say(body)}")
        return _tokens(body)

    def _ask_tokens(self, asked: dict[str, str]) -> TokenBody:
        proof = {"client_id": self._access.client_id, "client_secret": self._access.client_secret}
        url, what = f"{self._access.web_url}/login/oauth/access_token", "POST /login/oauth/access_token"
        with translated(what), _open(self._access, None) as github:
            response = github.request("POST", url, data=proof | asked, headers={"Accept": "application/json"})
        return read(TokenBody, response.content)

    def read_access(self, token: str) -> Access:
        with _open(self._access, token) as github:
            client = _UserClient(github, self._access.api_url)
            user = client.get(UserBody, "/user")
            found = {one.id: _may(one) for one in client.list_repositories() if one.permissions.pull}
        return Access(person=Person(id=user.id, login=user.login), repositories=found)

    def revoke(self, token: str) -> None:
        path, what = f"/applications/{quote(self._access.client_id, safe='')}/token", "DELETE /applications/…/token"
        pair = f"{self._access.client_id}:{self._access.client_secret}"
        proof = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        try:
            with translated(what), _open(self._access, None) as github:
                url = f"{self._access.api_url}{path}"
                answer = github.request("DELETE", url, json={"access_token": token}, headers=_VERSION | proof)
        except ForgeNotFound:
            return
        except ForgeRejected as error:
            # What GitHub finds wrong with a value it may repeat.
            raise ForgeRejected(str(error).replace(token, "…")) from None
        if answer.status_code != 204:
            raise ForgeUnavailable(f"{what}: {answer.status_code} GitHub does not say that it was done")


class _UserClient:
    """Asks on behalf of one person. Raises ``SignInEnded`` where the token is refused."""

    def __init__(self, github: GitHub[Any], api_url: str) -> None:
        self._github = github
        self._api_url = api_url

    def list_repositories(self) -> Iterator[SeenRepository]:
        installations = [one for page in self._get_pages(InstallationPage, "/user/installations") for one in page.rows]
        for one in installations:
            if one.suspended_at is None:
                yield from self._list_seen(one.id)

    def _list_seen(self, installation: int) -> Iterator[SeenRepository]:
        """Nothing of an installation that was suspended or taken away a moment ago."""
        try:
            for page in self._get_pages(SeenPage, f"/user/installations/{installation}/repositories"):
                yield from page.rows
        except (ForgeForbidden, ForgeNotFound):
            return

    def _get_pages(self, model: type[Model], path: str) -> Iterator[Model]:
        for number in range(1, _MOST_PAGES + 1):
            one = self.get(model, path, {"per_page": PAGE, "page": number})
            yield one
            if len(one.rows) < PAGE:  # type: ignore[attr-defined]
                return

    def get(self, model: type[Model], path: str, params: dict[str, int] | None = None) -> Model:
        with translated(f"GET {path}"):
            try:
                response = self._github.request("GET", self._api_url + path, params=params, headers=_VERSION)
            except GitHubException as error:
                if is_unauthorized(error):
                    raise SignInEnded("GitHub takes the token of this session no more") from None
                raise
        return read(model, response.content)


def _open(access: SignInAccess, token: str | None) -> GitHub[Any]:
    return GitHub(
        UnauthAuthStrategy() if token is None else TokenAuthStrategy(token),
        base_url=access.api_url,
        user_agent="lockbot",
        # Secrets go to the address that the operator named, and nowhere else.
        follow_redirects=False,
        timeout=_TIMEOUT,
        ssl_verify=ssl.create_default_context(),
        trust_env=False,
        proxy=access.proxy,
        http_cache=False,
        auto_retry=False,
    )


def _may(one: SeenRepository) -> May:
    return May.WRITE if one.permissions.push else May.READ


def _tokens(body: TokenBody) -> UserTokens:
    return UserTokens(access=body.access_token, lasts=body.expires_in, renewing=body.refresh_token)


def _say(body: TokenBody) -> str:
    """GitHub's name of the error; its description is for people who read English manuals."""
    return body.error or "its answer holds neither a token nor an error"
