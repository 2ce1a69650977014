"""Requests to GitHub: authentication, pages, conditional requests. The one place of githubkit.

A refused credential is replaced and the request sent again, once; all other retrying is left to the caller's job, which
knows what is safe to repeat.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestFailed
from githubkit.response import Response
from githubkit.utils import UNSET
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.forge.github.budgets import Budgets
from bot.forge.github.failures import check_key, is_unauthorized, refused_token, translate_graphql, translated
from bot.forge.github.kept import KeptAnswers
from bot.forge.github.limits import PAGE
from bot.forge.github.payloads import GraphQLBody
from bot.ports.counting import ForgeApi, count_allowance, count_forge
from bot.ports.forge import ForgeError, ForgeForbidden, ForgeNotFound, ForgeUnavailable, TokenKind
from bot.report.publishing.refusals import explain_refusal


class Request(Protocol):
    """What httpx calls a request."""

    @property
    def url(self) -> object: ...


Model = TypeVar("Model", bound=BaseModel)
Params: TypeAlias = Mapping[str, str | int]
Body: TypeAlias = Mapping[str, Any]

TIMEOUT = 30.0
_MOST_PAGES = 100
_NEXT = re.compile(r'<([^<>]{1,4000})>; rel="next"')
#: How tokens begin ("About authentication to GitHub", token formats).
_KINDS = {
    "ghs_": TokenKind.INSTALLATION,
    "github_pat_": TokenKind.FINE_GRAINED,
    "ghp_": TokenKind.CLASSIC,
}
#: What is made in a repository that could be read: that it is not there means that it may not be written. So GitHub answers
#: classic tokens ("Troubleshooting the REST API").
_NOT_FOR_YOU = re.compile(r"POST /repos/[^/]+/[^/]+/(?:git/[a-z]+|pulls|issues): 404 ")
VERSION = {"X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubPlace:
    """Where the API is, and the ``proxy`` on the way there."""

    web_url: str
    api_url: str
    proxy: str | None = field(default=None, repr=False)

    @property
    def graphql_url(self) -> str:
        """An Enterprise Server has it beside ``/api/v3``."""
        return f"{self.api_url.removesuffix('/v3')}/graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubAccess(GitHubPlace):
    """How the App proves itself there. ``private_key`` is PEM text."""

    app_id: int
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAccess(GitHubPlace):
    """A token that somebody else has made: a workflow's, a person's, an App's for one installation."""

    token: str = field(repr=False)

    @property
    def kind(self) -> TokenKind:
        return next((kind for start, kind in _KINDS.items() if self.token.startswith(start)), TokenKind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``following``: the cursor of the next page, where there is one."""

    content: bytes
    following: str | None


@dataclass(frozen=True, slots=True)
class Learned:
    """What the clients of a process learn from answers, and share."""

    kept: KeptAnswers = field(default_factory=KeptAnswers)
    budgets: Budgets = field(default_factory=Budgets)


class GitHubClient:
    """Acts as the App itself, as an ``installation``, or as one for one ``repository`` (its id) only; with a token as whoever
    has made that.

    Safe to share between threads.
    """

    def __init__(
        self,
        access: GitHubAccess | TokenAccess,
        installation: int | None = None,
        repository: int | None = None,
        *,
        learned: Learned | None = None,
    ) -> None:
        self.access = access
        self._whose = (installation, repository)
        self._learned = learned or Learned()
        # Tokens of its own: githubkit's default store is shared by the process and keyed by App id alone.
        self._tokens = MemCacheStrategy()
        self._key_checked = False
        self._github: GitHub[Any] = GitHub(
            _choose_strategy(access, installation, repository),
            base_url=access.api_url,
            user_agent="lockbot",
            timeout=TIMEOUT,
            ssl_verify=ssl.create_default_context(),
            # What is in the environment was read by who knows the rules for it.
            trust_env=False,
            proxy=access.proxy,
            event_hooks={"request": [partial(_count, access.graphql_url)]},
            cache_strategy=self._tokens,
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
        headers = VERSION | ({"Accept": accept} if accept else {})
        url, query = self.access.api_url + path, dict(params) if params else None
        with self._translated(f"{method} {path}"):
            if method == "GET":
                return self._get(url, query, headers).content
            return self._send(method, url, params=query, json=body, headers=headers).content

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            with translated(what):
                yield
        except ForgeError as error:
            raise self._explained(error) from None

    def _explained(self, error: ForgeError) -> ForgeError:
        """Of a token that somebody has handed over: without the token, whatever GitHub repeats, and a refusal with what to do
        about it. An App's operator asks ``doctor``."""
        if not isinstance(self.access, TokenAccess):
            return error
        said, kind = str(error).replace(self.access.token, "…"), self.access.kind
        match error:
            case ForgeForbidden():
                text = explain_refusal(kind, said, error.needs, is_credential=error.is_credential)
                return ForgeForbidden(text, needs=error.needs, is_credential=error.is_credential)
            case ForgeNotFound() if kind is TokenKind.CLASSIC and _NOT_FOR_YOU.match(said):
                return ForgeForbidden(explain_refusal(kind, said, "", is_credential=False))
            case ForgeUnavailable():
                return ForgeUnavailable(said, retry_after=error.retry_after)
            case _:
                return type(error)(said)

    def _get(self, url: str, params: dict[str, str | int] | None, headers: dict[str, str]) -> Answer:
        key = (self._whose, url, tuple(sorted((params or {}).items())), headers.get("Accept"))
        kept = self._learned.kept.find(key)
        if kept is not None:
            headers = headers | {"If-None-Match": kept.etag}
        response = self._send("GET", url, params=params, headers=headers)
        if response.status_code == 304 and kept is not None:
            return Answer(content=kept.content, following=kept.following)
        etag, found = response.headers.get("etag"), Answer(content=response.content, following=_find_next(response))
        if etag and response.status_code == 200:
            self._learned.kept.keep(key, etag, found.content, found.following)
        return found

    def _send(self, method: str, url: str, **request: Any) -> Response[Any]:
        if isinstance(self.access, GitHubAccess) and not self._key_checked:
            check_key(self.access.private_key)
            self._key_checked = True
        try:
            return self._attempt(method, url, request)
        except GitHubException as error:
            if not is_unauthorized(error):
                raise
            if isinstance(self.access, TokenAccess):
                raise refused_token(method, url.removeprefix(self.access.api_url)) from None
        # Nothing was done: GitHub did not know who asked. What is kept of tokens is worth nothing any more.
        self._tokens.cleanup()
        return self._attempt(method, url, request)

    def _attempt(self, method: str, url: str, request: Mapping[str, Any]) -> Response[Any]:
        try:
            response = self._github.request(method, url, **request)
        except (RequestFailed, RateLimitExceeded) as error:
            self._note(error.response)
            raise
        self._note(response)
        return response

    def _note(self, response: Response[Any]) -> None:
        installation = self._whose[0]
        if installation is not None:
            told = self._learned.budgets.note(installation, response.headers)
            if told is not None:
                count_allowance(installation, told.resource, told.limit, told.remaining)

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

    def get_linked(self, model: type[Model], path: str, *, params: Params) -> Iterator[Model]:
        """Each page of a list whose pages have no numbers: every answer names the next by its cursor."""
        url, query = self.access.api_url + path, {**params, "per_page": PAGE}
        for _ in range(_MOST_PAGES):
            with self._translated(f"GET {path}"):
                answer = self._get(url, query, dict(VERSION))
            yield read(model, answer.content)
            if answer.following is None:
                return
            query = query | {"after": answer.following}

    # --- GraphQL ----------------------------------------------------------------------------------

    def query(self, document: str, variables: Body) -> Mapping[str, Any]:
        """The data that a query gives. What GitHub does not find is null in it, and no failure."""
        body, failure = self._ask(document, variables)
        if failure is not None and (body.data is None or any(one.type != "NOT_FOUND" for one in body.errors)):
            raise failure
        return body.data or {}

    def query_in_part(
        self, document: str, variables: Body, *, may_lack: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], bool]:
        """The same where the App may not be allowed to read one field, ``may_lack`` by its path: whether it was not."""
        body, failure = self._ask(document, variables)
        forbidden = [one for one in body.errors if one.type == "FORBIDDEN" and one.path == may_lack]
        rest = [one for one in body.errors if one not in forbidden]
        if failure is not None and (body.data is None or any(one.type != "NOT_FOUND" for one in rest)):
            raise failure
        return body.data or {}, bool(forbidden)

    def mutate(self, document: str, variables: Body) -> Mapping[str, Any]:
        """The data of a mutation. Raises ``ForgeRejected`` when it was not done."""
        body, failure = self._ask(document, variables)
        if failure is not None:
            raise failure
        if not body.data or None in body.data.values():
            raise ForgeUnavailable("POST /graphql: GitHub does not say that it was done")
        return body.data

    def _ask(self, document: str, variables: Body) -> tuple[GraphQLBody, Exception | None]:
        what = "POST /graphql"
        with self._translated(what):
            asked = {"query": document, "variables": dict(variables)}
            response = self._send("POST", self.access.graphql_url, json=asked)
        body = read(GraphQLBody, response.content)
        if body.errors:
            return body, self._explained(translate_graphql(what, body, response.headers))
        if body.data is None:
            return body, ForgeUnavailable(f"{what}: GitHub answered with no data and no error")
        return body, None


def _choose_strategy(
    access: GitHubAccess | TokenAccess, installation: int | None, repository: int | None
) -> AppAuthStrategy | AppInstallationAuthStrategy | TokenAuthStrategy:
    if isinstance(access, TokenAccess):
        return TokenAuthStrategy(access.token)
    strategy = AppAuthStrategy(str(access.app_id), access.private_key)
    if installation is None:
        return strategy
    return strategy.as_installation(installation, repository_ids=UNSET if repository is None else [repository])


def _count(graphql_url: str, request: Request) -> None:
    """Each request that is sent, also those for tokens."""
    count_forge(ForgeApi.GRAPHQL if str(request.url) == graphql_url else ForgeApi.REST)


def _find_next(response: Response[Any]) -> str | None:
    """Of the link to the next page the cursor alone is taken: where to ask is not for an answer to say."""
    link = _NEXT.search(response.headers.get("link", ""))
    return parse_qs(urlsplit(link[1]).query).get("after", [None])[0] if link else None


def read(model: type[Model], content: bytes) -> Model:
    try:
        return TypeAdapter(model).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ForgeUnavailable(f"GitHub's answer is not understood: {place}: {first['msg']}") from None
