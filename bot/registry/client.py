"""The registries that lockbot knows, over httpx. Nobody else is asked, whatever a repository names.

A registry is a stranger all the same: answers are bounded in size and time, redirects and token realms are followed to
public addresses only, and no token goes to another host.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.egress import Network, find_redirect, open_response, origin_of
from bot.errors import LockbotError
from bot.ports.registry import RegistryFailure
from bot.registry.challenge import parse_challenge

#: Where each registry answers.
BASES: Mapping[str, str] = {
    "docker.io": "https://registry-1.docker.io",
    "ghcr.io": "https://ghcr.io",
    "mcr.microsoft.com": "https://mcr.microsoft.com",
    "public.ecr.aws": "https://public.ecr.aws",
}
#: The hosts that these send to for a token.
_REALMS: Mapping[str, tuple[str, ...]] = {
    "docker.io": ("https://auth.docker.io",),
    "ghcr.io": ("https://ghcr.io",),
    "public.ecr.aws": ("https://public.ecr.aws",),
}
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
#: Seconds that one question may take as a whole.
_PATIENCE = 20.0
_MANIFEST_BYTES = 4 << 20
_TOKEN_BYTES = 64 << 10
_REDIRECTS = 3
#: Seconds for which an answer, and a failure, are good.
_FRESH, _FAILED = 600.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """``bases`` replaces where registries answer."""

    network: Network
    bases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(slots=True, kw_only=True)
class _Kept:
    digest: str | None
    failure: str | None
    until: float


class HttpRegistry:
    """Implements ``bot.ports.registry.ImageRegistry``."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._kept: dict[tuple[str, str, str], _Kept] = {}
        self._down: dict[str, _Kept] = {}
        self._tokens: dict[tuple[str, str], str] = {}

    def find_digest(self, registry: str, repository: str, tag: str) -> str | None:
        now, key = self._settings.network.clock(), (registry, repository, tag)
        kept = self._kept.get(key) or self._down.get(registry)
        if kept is None or kept.until <= now:
            kept = self._look(registry, repository, tag, now)
        if kept.failure is not None:
            raise RegistryFailure(kept.failure)
        return kept.digest

    def _look(self, registry: str, repository: str, tag: str, now: float) -> _Kept:
        """A registry that fails once is not asked again for a while."""
        try:
            found = _Kept(digest=self._fetch(registry, repository, tag), failure=None, until=now + _FRESH)
        except (LockbotError, httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError, OSError) as error:
            failed = _Kept(digest=None, failure=f"{registry}: {_told(error)}", until=now + _FAILED)
            self._down[registry] = failed
            return failed
        self._kept[registry, repository, tag] = found
        return found

    def _fetch(self, registry: str, repository: str, tag: str) -> str | None:
        base = self._settings.bases.get(registry) or BASES.get(registry)
        if base is None or not _REPOSITORY.fullmatch(repository) or not _TAG.fullmatch(tag):
            raise RegistryFailure("lockbot does not ask this registry")
        url = f"{base.rstrip('/')}/v2/{repository}/manifests/{tag}"
        visit = _Visit(network=self._settings.network, base=base, deadline=self._settings.network.clock() + _PATIENCE)
        answer = self._authorized(visit, registry, repository, "HEAD", url)
        digest: str = answer.headers.get("docker-content-digest", "")
        if answer.status == 200 and not digest:
            answer = self._authorized(visit, registry, repository, "GET", url)
            digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise RegistryFailure(f"it answers with status {answer.status}")
        if answer.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MANIFESTS:
            raise RegistryFailure("what it answers is no manifest")
        if not _DIGEST.fullmatch(digest):
            raise RegistryFailure("what it answers has no digest of the form sha256:…")
        return digest

    def _authorized(self, visit: _Visit, registry: str, repository: str, method: str, url: str) -> _Answer:
        """With a token that anybody gets, where the registry asks for one."""
        accept = {"Accept": ", ".join(_MANIFESTS)}
        token = self._tokens.get((registry, repository))
        if token is not None:
            answer = visit.request(method, url, {**accept, "Authorization": f"Bearer {token}"}, _MANIFEST_BYTES)
            if answer.status != 401:
                return answer
        answer = visit.request(method, url, accept, _MANIFEST_BYTES)
        if answer.status != 401:
            return answer
        challenge = parse_challenge(answer.headers.get("www-authenticate", ""), _realms_of(registry, visit.base))
        token = visit.fetch_token(challenge.realm, challenge.query(repository))
        self._tokens[registry, repository] = token
        return visit.request(method, url, {**accept, "Authorization": f"Bearer {token}"}, _MANIFEST_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """The requests of one question."""

    network: Network
    base: str
    deadline: float

    def request(self, method: str, url: str, headers: Mapping[str, str], most: int) -> _Answer:
        """Redirects followed; a token goes to the first host alone."""
        for _ in range(_REDIRECTS + 1):
            answer = self._send(method, url, headers, most)
            following = find_redirect(answer.status, answer.headers, url)
            if following is None:
                return answer
            if origin_of(following) != origin_of(url):
                headers = {name: text for name, text in headers.items() if name != "Authorization"}
                if not following.startswith("https://"):
                    raise RegistryFailure("it redirects to an address without https")
            url = following
        raise RegistryFailure("it redirects again and again")

    def fetch_token(self, realm: str, query: Mapping[str, str]) -> str:
        answer = self._send("GET", str(httpx.URL(realm, params=dict(query))), {}, _TOKEN_BYTES)
        if answer.status != 200:
            raise RegistryFailure(f"it gives no token (status {answer.status})")
        found: Any = json.loads(answer.content)
        token = found.get("token") or found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryFailure("what it gives is no token")
        return token

    def _send(self, method: str, url: str, headers: Mapping[str, str], most: int) -> _Answer:
        sent = {"Accept-Encoding": "identity", **headers}
        with open_response(self.network, method, url, sent, _TIMEOUT) as response:
            content = b"".join(self._bounded(response, most))
        return _Answer(status=response.status_code, headers=response.headers, content=content)

    def _bounded(self, response: httpx.Response, most: int) -> Iterator[bytes]:
        length = 0
        for chunk in response.iter_raw():
            length += len(chunk)
            if length > most:
                raise RegistryFailure(f"it answers with more than {most // 1024} KiB")
            if self.network.clock() > self.deadline:
                raise RegistryFailure(f"it takes longer than {_PATIENCE:.0f} seconds to answer")
            yield chunk


def _realms_of(registry: str, base: str) -> frozenset[str]:
    """The origins that give tokens: those of the registry, or the stand-in's own."""
    known = _REALMS.get(registry, ()) if base == BASES.get(registry) else ()
    return frozenset((*known, origin_of(base)))


def _told(error: Exception) -> str:
    match error:
        case LockbotError():
            return str(error)
        case httpx.TimeoutException():
            return "it does not answer in time"
        case json.JSONDecodeError():
            return "what it answers is no JSON"
        case httpx.HTTPError():
            return f"it can't be reached ({type(error).__name__})"
        case _:
            return "what it answers can't be read"
