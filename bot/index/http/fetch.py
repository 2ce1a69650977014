"""HTTP for the index: one request at a time made safe (credentials, redirects, limits, retries), many in parallel.

The coroutines here are advanced by a ``Background``. Errors are ``IndexFailure`` sentences without secrets.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from bot.errors import IndexFailure
from bot.index.http.advice import Advice
from bot.index.http.background import arrival
from bot.index.http.certificates import Certificates, find_certificates
from bot.index.http.credentials import (
    NO_RIGHTS,
    Credential,
    Credentials,
    Rights,
    decide_place,
    decide_policy,
    index_credentials,
    origin_of,
    root_of,
    split_credentials,
)
from bot.index.http.response import Answer
from bot.index.http.shared import Once
from bot.index.http.transfer import FetchFailedError, Transfer, Wire, malformed, refused, wire_url
from bot.index.http.transport import Transport
from bot.ports.counting import IndexOutcome, count_index
from bot.proxies import Proxies
from bot.resolver.model.index import Authenticate, Index
from bot.retry import Backoff, Failure, FailureKind, RetryAt, decide_retry, parse_retry_after
from bot.threads import CarryingPool
from bot.values import field, replace, value

if TYPE_CHECKING:
    from bot.index.access.secret import Secret
    from bot.index.access.stores import StoredLogin, Stores
    from bot.index.http.guard import Guard

#: The name and version of this program; a test holds it to the package's, which takes longer to look up than a page to come.
AGENT = "lockbot/0.1.0"
#: Names are looked up this many at a time, and so many are remembered for so many seconds. It may take long where only the
#: proxy knows names.
_LOOKUPS = 4
#: So many sources of secrets are asked side by side.
_ASKERS = 4
_HOSTS = 10_000
_FRESH_FOR = 300.0
#: How servers answer who may not know of a file. Others than uv's are no sign that a credential would help.
_UNAUTHORIZED = frozenset({401, 403, 404})
#: How servers answer whom they do not let in.
CLOSED = frozenset({401, 403})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@value
class _Request:
    url: str
    headers: Mapping[str, str] = field(repr=False)
    limit: int
    index: Index | None = None
    into: IO[bytes] | None = None
    only_partial: bool = False
    only_head: bool = False
    rights: Rights = NO_RIGHTS


#: Side by side, unless said.
REQUESTS: Final = 50
CONNECTIONS: Final = 16


@value
class FetchSettings:
    """``environment``: where ``UV_INDEX_<NAME>_…`` credentials of indexes are looked for; empty on a server, where anybody
    may name an index. ``requests`` run side by side, over as many ``connections`` to all hosts (over HTTP/2 one carries many).

    ``stores`` are the user's own (netrc, uv's, keyring), for what is refused without credentials. ``advice`` words refusals.
    ``timeout`` is for connecting and between two reads, ``deadline`` for a whole answer, in seconds. More than some
    20 connections at once make servers and proxies stall instead of helping. ``backoff``: how often is tried
    again. ``wait`` ``None``: by the clock of the machine.
    """

    credentials: Credentials = field(default_factory=Credentials)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stores: Stores | None = None
    advice: Advice = field(default_factory=Advice)
    guard: Guard | None = None
    certificates: Certificates = field(default_factory=lambda: find_certificates({}))
    proxies: Proxies = field(default_factory=Proxies)
    requests: int = REQUESTS
    connections: int = CONNECTIONS
    timeout: float = 30.0
    deadline: float = 600.0
    redirects: int = 10
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    wait: Callable[[float], Awaitable[None]] | None = None


class Fetcher:
    """GET with everything that every request needs. Close it."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._transport = Transport(requests=settings.requests, connections=settings.connections)
        self._wire = Wire(
            certificates=settings.certificates,
            guard=settings.guard,
            timeout=settings.timeout,
            deadline=settings.deadline,
            proxies=settings.proxies,
        )
        self._hosts: Once[str, None] = Once(
            capacity=_HOSTS, weigh=lambda _: 1, fresh_for=_FRESH_FOR, clock=settings.clock
        )
        self._lookups = CarryingPool(_LOOKUPS, thread_name_prefix="index-lookup")
        # Where secrets come from may take longer still, and must not keep names waiting.
        self._askers = CarryingPool(_ASKERS, thread_name_prefix="index-secret")
        # What the user's stores were asked for, and by prefix what they had.
        self._looked: dict[tuple[str, str | None], Future[StoredLogin | None]] = {}
        self._found: dict[str, Credential] = {}

    def close(self) -> None:
        self._transport.close()
        self._lookups.shutdown(cancel_futures=True)
        self._askers.shutdown(cancel_futures=True)

    async def get(
        self,
        url: str,
        *,
        limit: int,
        index: Index | None = None,
        headers: Mapping[str, str] | None = None,
        into: IO[bytes] | None = None,
        only_partial: bool = False,
        rights: Rights = NO_RIGHTS,
    ) -> Answer:
        """GET ``url``, following redirects and trying again where that can help. ``index``: the one that named the URL,
        ``rights``: of those who ask.

        At most ``limit`` bytes are read, into ``into`` (from its start) or into the answer's ``body``; with
        ``only_partial`` the body is read only where the server answers with a range (206). Raises
        ``FetchFailedError`` when there is no answer or it stays a 5xx or 429; other statuses are the caller's.
        """
        return await self._ask(
            _Request(
                url=url,
                headers=headers or {},
                limit=limit,
                index=index,
                into=into,
                only_partial=only_partial,
                rights=rights,
            )
        )

    async def head(
        self, url: str, *, index: Index | None, headers: Mapping[str, str], rights: Rights = NO_RIGHTS
    ) -> Answer:
        """What the headers of ``url`` are; else as ``get``."""
        return await self._ask(_Request(url=url, headers=headers, limit=0, index=index, only_head=True, rights=rights))

    async def _ask(self, request: _Request) -> Answer:
        attempt = 1
        while True:
            try:
                answer = await self._follow(request)
                if _is_for_caller(answer.status):
                    return answer
                asked = parse_retry_after(answer.header("retry-after"), self._settings.clock())
                failure = Failure(kind=FailureKind.STATUS, status=answer.status, asked_wait=asked)
                problem = FetchFailedError(f"{request.url}: the server answered with status {answer.status}", failure)
            except FetchFailedError as failed:
                problem = failed
            now = self._settings.clock()
            decision = decide_retry(
                problem.failure, attempt, now, jitter=self._settings.chance(), backoff=self._settings.backoff
            )
            if not isinstance(decision, RetryAt):
                raise problem
            await self._wait(decision.when - now)
            attempt += 1

    async def _wait(self, seconds: float) -> None:
        if self._settings.wait is not None:
            await self._settings.wait(seconds)
        else:
            await arrival(self._transport.after(seconds))

    async def _follow(self, request: _Request) -> Answer:
        try:
            return await self._walk(request)
        except ValueError as problem:
            raise malformed(request.url) from problem

    async def _walk(self, request: _Request) -> Answer:
        current, inline = split_credentials(request.url)
        settings = self._settings
        known = index_credentials(request.index, settings.environment) if request.index else ()
        more = (*known, *((inline,) if inline else ()), *self._found.values())
        credentials = settings.credentials.extended(more, first=request.rights.credentials)
        for _hop in range(settings.redirects + 1):
            answer = await self._authenticated(current, request, credentials)
            target = answer.header("location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            # Credentials written into a redirect are not the operator's: they are dropped.
            current, _ignored = split_credentials(urljoin(current, target))
        raise refused(request.url, f"more than {settings.redirects} redirects")

    async def _authenticated(self, url: str, request: _Request, credentials: Credentials) -> Answer:
        """Ask with the credential that the URL has; where it has none, or none that is whole, look for one when refused.

        As uv: where the URL itself names a user, and where its index is always to be given credentials, that comes first.
        """
        policy = decide_policy(request.index, url)
        if policy is Authenticate.NEVER:
            return await self._once(url, request, None)
        credential = credentials.find(url)
        if credential is not None and credential.is_whole:
            return await self._show(url, request, credential)
        answer = None
        if policy is not Authenticate.ALWAYS and (credential is None or not credential.is_stated):
            answer = await self._once(url, request, credential)
            if answer.status not in _UNAUTHORIZED:
                return answer
        other = await self._find_another(url, request.index, credential, credentials)
        if policy is Authenticate.ALWAYS and (other is None or not other.is_whole):
            raise refused(url, self._settings.advice.missing(request.index))
        if other is not None:
            return await self._show(url, request, other)
        return answer or await self._once(url, request, credential)

    async def _find_another(
        self, url: str, index: Index | None, credential: Credential | None, credentials: Credentials
    ) -> Credential | None:
        """A credential in place of none, or of one that lacks its password.

        Where a URL names the user, what is meant for that index comes before what is known of its host.
        """
        if credential is not None and credential.is_stated:
            found = await self._look(url, index, credential.username)
            return found or credentials.find_for_host(url, credential.username)
        other = credentials.find_for_host(url, None if credential is None else credential.username)
        if other is not None and other.is_whole:
            return other
        partial = other or credential
        return await self._look(url, index, None if partial is None else partial.username) or other

    async def _show(self, url: str, request: _Request, credential: Credential) -> Answer:
        """Ask with a credential that is whole. One that lasts for a while may have ended early: it is renewed once."""
        keeper = credential.keeper
        if keeper is None:
            return await self._once(url, request, credential)
        secret = keeper.find()
        if secret is None:
            secret = await arrival(self._askers.submit(keeper.get))
        answer = await self._once(url, request, credential, secret)
        if answer.status not in CLOSED:
            return answer
        renewed = await arrival(self._askers.submit(keeper.renew, secret))
        return answer if renewed is None else await self._once(url, request, credential, renewed)

    async def _look(self, url: str, index: Index | None, username: str | None) -> Credential | None:
        """What the user's own stores have, each asked once for an index (or a host) and a user name."""
        stores = self._settings.stores
        if stores is None:
            return None
        place = index.url if index is not None and decide_place(index, url) else None
        key = (place or origin_of(url), username)
        if key not in self._looked:
            always = decide_policy(index, url) is Authenticate.ALWAYS
            self._looked[key] = self._askers.submit(stores.find, url, place, username, always=always)
        found = await arrival(self._looked[key])
        if found is None:
            return None
        prefix = origin_of(url) if place is None else root_of(place)
        # From now on it is sent without being asked for.
        return self._found.setdefault(
            prefix,
            Credential(
                prefix=prefix,
                username=found.username,
                password=found.password,
                is_bearer=found.is_bearer,
                origin=found.origin,
            ),
        )

    async def _once(
        self, url: str, request: _Request, credential: Credential | None, secret: Secret | None = None
    ) -> Answer:
        await self._check_host(url)
        authorization = {} if credential is None else {"Authorization": credential.authorization(secret)}
        transfer = Transfer(
            url,
            {"User-Agent": AGENT, **request.headers, **authorization},
            self._wire,
            limit=request.limit,
            into=request.into,
            only_partial=request.only_partial,
            only_head=request.only_head,
        )
        answer = await self._send(transfer)
        # A user name alone is no more than a place to look for a password.
        return replace(answer, shown=credential.origin) if credential is not None and credential.is_whole else answer

    async def _send(self, transfer: Transfer) -> Answer:
        try:
            answer = await arrival(self._transport.send(transfer))
        except FetchFailedError:
            count_index(IndexOutcome.FAILED)
            raise
        if answer.status == 304:
            count_index(IndexOutcome.REVALIDATED)
        else:
            count_index(IndexOutcome.NETWORK if _is_for_caller(answer.status) else IndexOutcome.FAILED)
        return answer

    def let_out(self, answer: Answer, index: Index | None, what: str) -> IndexFailure:
        """Why an answer of ``CLOSED`` status may be, and what to do."""
        advice = self._settings.advice
        return IndexFailure(f"{what}: {advice.closed(answer.status, answer.shown, index)}")

    async def _check_host(self, url: str) -> None:
        """Look at the host where a proxy is to make the connection; a direct one is looked at when it is made."""
        guard = self._settings.guard
        if guard is None or self._settings.proxies.find(url) is None:
            return
        host = urlsplit(wire_url(url)).hostname or ""
        claim = self._hosts.claim(host)
        if claim.is_new:
            self._lookups.submit(_fulfil, claim.future, guard, host)
        await arrival(claim.future)


def _fulfil(future: Future[None], guard: Guard, host: str) -> None:
    try:
        guard.check_host(host)
    except Exception as problem:  # noqa: BLE001  # it is raised where the answer is waited for
        future.set_exception(problem)
    else:
        future.set_result(None)


def _is_for_caller(status: int) -> bool:
    """Whether a status says something of what was asked for (501: of how), and not of the server's state."""
    return status == 501 or (status < 500 and status != 429)
