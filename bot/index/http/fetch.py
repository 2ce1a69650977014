"""HTTP for the index: one request at a time made safe (credentials, redirects, limits, retries), many in parallel.

The coroutines here are advanced by a ``Background``. Errors are ``IndexFailure`` sentences without secrets.
"""

from __future__ import annotations

import random
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin

from bot.index.http.background import arrival
from bot.index.http.certificates import Certificates, find_certificates
from bot.index.http.credentials import Credentials, redact, split_credentials
from bot.index.http.response import Answer
from bot.index.http.transfer import FetchFailedError, Transfer, Wire, malformed, refused
from bot.index.http.transport import Transport
from bot.retry import Failure, FailureKind, RetryAt, decide_retry, parse_retry_after
from bot.values import field, value

if TYPE_CHECKING:
    from bot.index.http.guard import Guard

#: The name and version of this program; a test holds it to the package's, which takes longer to look up than a page to come.
AGENT = "lockbot/0.1.0"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@value
class _Request:
    url: str
    headers: Mapping[str, str] = field(repr=False)
    limit: int
    into: IO[bytes] | None
    only_partial: bool


@value
class FetchSettings:
    """``requests`` run side by side, over as many ``connections`` to all hosts (over HTTP/2 one carries many).

    ``timeout`` is for connecting and between two reads, ``deadline`` for a whole answer, in seconds. More than some
    20 connections at once make servers and proxies stall instead of helping. ``plain_proxy``: see ``Wire``. ``wait``
    ``None``: by the clock of the machine.
    """

    credentials: Credentials = field(default_factory=Credentials)
    guard: Guard | None = None
    certificates: Certificates = field(default_factory=lambda: find_certificates({}))
    plain_proxy: str | None = field(default=None, repr=False)
    requests: int = 50
    connections: int = 16
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
            plain_proxy=settings.plain_proxy,
        )

    def close(self) -> None:
        self._transport.close()

    async def get(
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        into: IO[bytes] | None = None,
        only_partial: bool = False,
    ) -> Answer:
        """GET ``url``, following redirects and trying again where that can help.

        At most ``limit`` bytes are read, into ``into`` (from its start) or into the answer's ``body``; with
        ``only_partial`` the body is read only where the server answers with a range (206). Raises
        ``FetchFailedError`` when there is no answer or it stays a 5xx or 429; other statuses are the caller's.
        """
        request = _Request(url=url, headers=headers or {}, limit=limit, into=into, only_partial=only_partial)
        attempt = 1
        while True:
            try:
                answer = await self._follow(request)
                if answer.status < 500 and answer.status != 429:
                    return answer
                asked = parse_retry_after(answer.header("retry-after"), self._settings.clock())
                failure = Failure(kind=FailureKind.STATUS, status=answer.status, asked_wait=asked)
                problem = FetchFailedError(f"{redact(url)}: the server answered with status {answer.status}", failure)
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
        credentials = self._settings.credentials.extended((inline,) if inline else ())
        for _hop in range(self._settings.redirects + 1):
            answer = await self._once(current, request, credentials)
            target = answer.header("location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            # Credentials written into a redirect are not the operator's: they are dropped.
            current, _ignored = split_credentials(urljoin(current, target))
        raise refused(request.url, f"more than {self._settings.redirects} redirects")

    async def _once(self, url: str, request: _Request, credentials: Credentials) -> Answer:
        transfer = Transfer(
            url,
            {"User-Agent": AGENT, **request.headers, **_authorization(credentials, url)},
            self._wire,
            limit=request.limit,
            into=request.into,
            only_partial=request.only_partial,
        )
        return await arrival(self._transport.send(transfer))


def _authorization(credentials: Credentials, url: str) -> dict[str, str]:
    secret = credentials.find(url)
    if secret is None:
        return {}
    return {"Authorization": f"Basic {b64encode(f'{secret.username}:{secret.password}'.encode()).decode()}"}
