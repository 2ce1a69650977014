"""HTTP for the index: one request at a time made safe (credentials, redirects, limits, retries), many in parallel.

Everything here runs on the client's own event loop. Errors are ``IndexFailure`` sentences without secrets.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from typing import IO
from urllib.parse import urljoin

import httpx

from bot.errors import IndexFailure
from bot.index.answer import Answer
from bot.index.credentials import Credentials, redact, split_credentials
from bot.index.guard import Guard, GuardedTransport
from bot.retry import Failure, FailureKind, RetryAt, decide_retry

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16


class FetchFailedError(IndexFailure):
    """No usable answer; ``failure`` says of which kind, for the decision to try again."""

    def __init__(self, message: str, failure: Failure) -> None:
        self.failure = failure
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    url: str
    headers: Mapping[str, str] = field(repr=False)
    limit: int
    into: IO[bytes] | None
    only_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """``requests`` run side by side, over as many ``connections`` to all hosts (over HTTP/2 one carries many).

    ``timeout`` is for connecting and between two reads, ``deadline`` for a whole answer, in seconds. More than some
    20 connections at once make servers and proxies stall instead of helping.
    """

    credentials: Credentials = field(default_factory=Credentials)
    guard: Guard | None = None
    requests: int = 50
    connections: int = 16
    timeout: float = 30.0
    deadline: float = 600.0
    http2: bool = True
    redirects: int = 10
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep


class Fetcher:
    """GET with everything that every request needs. To be used and closed on one event loop."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(settings.requests)
        self._made: httpx.AsyncClient | None = None

    @property
    def _http(self) -> httpx.AsyncClient:
        # Made at the first request: it loads certificates, which a run that asks nothing need not wait for.
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> httpx.AsyncClient:
        settings = self._settings
        limits = httpx.Limits(
            max_connections=settings.connections, max_keepalive_connections=settings.connections, keepalive_expiry=60
        )
        guard = settings.guard
        return httpx.AsyncClient(
            http2=settings.http2,
            limits=limits,
            timeout=httpx.Timeout(settings.timeout, pool=None),
            follow_redirects=False,
            # A proxy would connect in lockbot's place, unchecked.
            trust_env=guard is None,
            transport=GuardedTransport(guard, http2=settings.http2, limits=limits) if guard else None,
            headers={"User-Agent": f"lockbot/{installed_version('lockbot')}"},
        )

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()

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
                async with self._slots:
                    answer = await self._follow(request)
                if answer.status < 500 and answer.status != 429:
                    return answer
                failure = Failure(
                    kind=FailureKind.STATUS, status=answer.status, retry_after=answer.header("retry-after")
                )
                problem = FetchFailedError(f"{redact(url)}: the server answered with status {answer.status}", failure)
            except FetchFailedError as failed:
                problem = failed
            now = self._settings.clock()
            decision = decide_retry(problem.failure, attempt, now, jitter=self._settings.chance())
            if not isinstance(decision, RetryAt):
                raise problem
            await self._settings.wait(decision.when - now)
            attempt += 1

    async def _follow(self, request: _Request) -> Answer:
        try:
            return await self._walk(request)
        except (ValueError, UnicodeError) as problem:
            raise _refused(request.url, "this or a URL that it leads to is malformed") from problem

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
        raise _refused(request.url, f"more than {self._settings.redirects} redirects")

    async def _once(self, url: str, request: _Request, credentials: Credentials) -> Answer:
        if not url.startswith(("https://", "http://")):
            raise _refused(url, "only http and https URLs can be fetched")
        secret = credentials.find(url)
        auth = httpx.BasicAuth(secret.username, secret.password) if secret else None
        try:
            async with (
                asyncio.timeout(self._settings.deadline),
                self._http.stream("GET", url, headers=dict(request.headers), auth=auth) as response,
            ):
                body = await _read(response, url, request)
                return Answer(status=response.status_code, url=url, headers=response.headers, body=body)
        except TimeoutError as problem:
            raise _refused(url, f"the answer took longer than {self._settings.deadline:.0f} seconds") from problem
        except httpx.TimeoutException as problem:
            raise _failed(url, FailureKind.TIMEOUT, problem) from problem
        except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError) as problem:
            raise _failed(url, FailureKind.CONNECTION, problem) from problem
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as problem:
            raise _failed(url, FailureKind.REFUSED, problem) from problem


async def _read(response: httpx.Response, url: str, request: _Request) -> bytes:
    limit, into = request.limit, request.into
    if request.only_partial and response.status_code == 200:
        return b""
    is_wanted = response.status_code in (200, 206)
    stated = response.headers.get("content-length", "")
    if is_wanted and stated.isdigit() and int(stated) > limit:
        raise _refused(url, f"the answer is larger than {limit} bytes")
    keep = into is not None and response.status_code == 200
    if into is not None and keep:
        into.seek(0)
        into.truncate()
    parts: list[bytes] = []
    total = 0
    async for part in response.aiter_bytes(_CHUNK):
        total += len(part)
        if not is_wanted and total > _CHUNK:
            return b""  # nobody looks at the rest of an error page
        if total > limit:
            raise _refused(url, f"the answer is larger than {limit} bytes")
        if into is not None and keep:
            into.write(part)
        else:
            parts.append(part)
    return b"".join(parts)


def _refused(url: str, why: str) -> FetchFailedError:
    return FetchFailedError(f"{redact(url)}: {why}", Failure(kind=FailureKind.REFUSED))


def _failed(url: str, kind: FailureKind, problem: Exception) -> FetchFailedError:
    words = redact(str(problem)) or type(problem).__name__
    return FetchFailedError(f"{redact(url)}: no answer from the index ({words})", Failure(kind=kind))
