"""HTTP for the index: one request at a time made safe (credentials, redirects, limits, retries), many in parallel.

The coroutines here are advanced by a ``Background``. Errors are ``IndexFailure`` sentences without secrets.
"""

from __future__ import annotations

import random
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from bot.index.http.background import arrival
from bot.index.http.certificates import Certificates, find_certificates
from bot.index.http.credentials import Credential, Credentials, decide_policy, index_credentials, split_credentials
from bot.index.http.response import Answer
from bot.index.http.shared import Once
from bot.index.http.transfer import FetchFailedError, Transfer, Wire, malformed, refused, wire_url
from bot.index.http.transport import Transport
from bot.proxies import Proxies
from bot.resolver.model.index import Authenticate, Index
from bot.retry import Failure, FailureKind, RetryAt, decide_retry, parse_retry_after
from bot.values import field, value

if TYPE_CHECKING:
    from bot.index.http.guard import Guard

#: The name and version of this program; a test holds it to the package's, which takes longer to look up than a page to come.
AGENT = "lockbot/0.1.0"
#: Names are looked up this many at a time, and so many are remembered for so many seconds. It may take long where only the
#: proxy knows names.
_LOOKUPS = 4
_HOSTS = 10_000
_FRESH_FOR = 300.0
#: How servers answer who may not know of a file. Others than uv's are no sign that a credential would help.
_UNAUTHORIZED = frozenset({401, 403, 404})
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


#: Side by side, unless said.
REQUESTS: Final = 50
CONNECTIONS: Final = 16


@value
class FetchSettings:
    """``environment``: where ``UV_INDEX_<NAME>_…`` credentials of indexes are looked for; empty on a server, where anybody
    may name an index. ``requests`` run side by side, over as many ``connections`` to all hosts (over HTTP/2 one carries many).

    ``timeout`` is for connecting and between two reads, ``deadline`` for a whole answer, in seconds. More than some
    20 connections at once make servers and proxies stall instead of helping. ``wait`` ``None``: by the clock of the
    machine.
    """

    credentials: Credentials = field(default_factory=Credentials)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    guard: Guard | None = None
    certificates: Certificates = field(default_factory=lambda: find_certificates({}))
    proxies: Proxies = field(default_factory=Proxies)
    requests: int = REQUESTS
    connections: int = CONNECTIONS
    timeout: float = 30.0
    deadline: float = 600.0
    redirects: int = 10
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
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="index-lookup")

    def close(self) -> None:
        self._transport.close()
        self._lookups.shutdown(cancel_futures=True)

    async def get(
        self,
        url: str,
        *,
        limit: int,
        index: Index | None = None,
        headers: Mapping[str, str] | None = None,
        into: IO[bytes] | None = None,
        only_partial: bool = False,
    ) -> Answer:
        """GET ``url``, following redirects and trying again where that can help. ``index``: the one that named the URL.

        At most ``limit`` bytes are read, into ``into`` (from its start) or into the answer's ``body``; with
        ``only_partial`` the body is read only where the server answers with a range (206). Raises
        ``FetchFailedError`` when there is no answer or it stays a 5xx or 429; other statuses are the caller's.
        """
        return await self._ask(
            _Request(url=url, headers=headers or {}, limit=limit, index=index, into=into, only_partial=only_partial)
        )

    async def head(self, url: str, *, index: Index | None, headers: Mapping[str, str]) -> Answer:
        """What the headers of ``url`` are; else as ``get``."""
        return await self._ask(_Request(url=url, headers=headers, limit=0, index=index, only_head=True))

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
            decision = decide_retry(problem.failure, attempt, now, jitter=self._settings.chance())
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
        credentials = settings.credentials.extended((*known, *((inline,) if inline else ())))
        for _hop in range(settings.redirects + 1):
            answer = await self._authenticated(current, request, credentials)
            target = answer.header("location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            # Credentials written into a redirect are not the operator's: they are dropped.
            current, _ignored = split_credentials(urljoin(current, target))
        raise refused(request.url, f"more than {settings.redirects} redirects")

    async def _authenticated(self, url: str, request: _Request, credentials: Credentials) -> Answer:
        """Ask with the credential that the URL has; where it has none and is refused, with one of its host (as uv)."""
        policy = decide_policy(request.index, url)
        if policy is Authenticate.NEVER:
            return await self._once(url, request, None)
        credential = credentials.find(url)
        if credential is None and policy is Authenticate.ALWAYS:
            credential = credentials.find_for_host(url)
            if credential is None:
                raise refused(url, 'its index says authenticate = "always", and no credentials are known for it')
        answer = await self._once(url, request, credential)
        if credential is None and answer.status in _UNAUTHORIZED and (other := credentials.find_for_host(url)):
            return await self._once(url, request, other)
        return answer

    async def _once(self, url: str, request: _Request, credential: Credential | None) -> Answer:
        await self._check_host(url)
        transfer = Transfer(
            url,
            {"User-Agent": AGENT, **request.headers, **_authorization(credential)},
            self._wire,
            limit=request.limit,
            into=request.into,
            only_partial=request.only_partial,
            only_head=request.only_head,
        )
        return await arrival(self._transport.send(transfer))

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


def _authorization(credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {}
    secret = f"{credential.username}:{credential.password}".encode()
    return {"Authorization": f"Basic {b64encode(secret).decode()}"}
