"""Fetching project pages: where they are, whether what is kept is still current, and what statuses mean."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from bot.errors import IndexFailure
from bot.index.cache import Bucket, DiskCache, Plain, decoded
from bot.index.fetch import Answer, Fetcher
from bot.index.flat import FlatListings, local_folder, parse_flat_page, read_flat, read_page_text
from bot.index.html import parse_html_page
from bot.index.limits import Limits
from bot.index.page import ListedPage, Listing
from bot.index.simple import ACCEPT, parse_json_page
from bot.resolver.index import Index, IndexFormat

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = frozenset({"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"})
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?=$|[\s,])", re.ASCII)
_NEVER_STORED = re.compile(r"(?:^|[\s,])(?:no-cache|no-store|must-revalidate\s*,\s*max-age=0)(?=$|[\s,=])")
#: Where parsing takes longer than a hand-over to another thread.
_LARGE = 1 << 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What a server said about how long its answer holds, and when it said so (seconds since the epoch)."""

    checked_at: float
    max_age: int
    etag: str | None
    last_modified: str | None

    def is_fresh(self, now: float) -> bool:
        return 0 <= now - self.checked_at < self.max_age


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """A page in memory; ``body_digest`` tells whether an answer is the one it was made from."""

    page: ListedPage
    listing: Listing
    validity: Validity
    body_digest: bytes

    def weight(self) -> int:
        return 1000 + sum(map(len, self.listing.blobs)) + 150 * len(self.listing.blobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPage:
    """The index has no such project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPages:
    """All projects of one flat index."""

    pages: dict[str, ListedPage]


PageAnswer = KnownPage | NoPage | FlatPages


def weigh_page(answer: PageAnswer) -> int:
    """About how many bytes of memory an answer takes."""
    match answer:
        case KnownPage():
            return answer.weight()
        case NoPage():
            return 100
        case FlatPages():
            return 5000 * len(answer.pages)


class PageSource:
    """Loads pages on the client's event loop."""

    def __init__(
        self, *, fetcher: Fetcher, cache: DiskCache | None, limits: Limits, offline: bool, clock: Callable[[], float]
    ) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._limits = limits
        self._offline = offline
        self._clock = clock
        # When this process last asked about a page: a server that states neither validators nor an age is asked once.
        self._asked: dict[str, float] = {}

    async def load(self, index: Index, name: str, previous: PageAnswer | None) -> PageAnswer:
        """The page of ``name``, or with ``IndexFormat.FLAT`` all pages of the index; raises ``IndexFailure``."""
        place = local_folder(index.url)
        if index.format is IndexFormat.FLAT:
            return await self._load_flat(index, place)
        if place is not None:
            return await asyncio.to_thread(self._read_local, index, place, name)
        return await self._load_remote(index, name, previous if isinstance(previous, KnownPage) else None)

    # --- indexes on this machine ---

    def _read_local(self, index: Index, place: Path, name: str) -> PageAnswer:
        path = place / name / "index.html"
        try:
            text = read_page_text(path, self._limits)
        except FileNotFoundError:
            return NoPage()
        except (OSError, UnicodeError) as problem:
            raise IndexFailure(f"{path}: the page cannot be read ({problem})") from problem
        listing = parse_html_page(text, name, (place / name).absolute().as_uri() + "/")
        return _known(index, listing, Validity(checked_at=0, max_age=0, etag=None, last_modified=None), b"")

    async def _load_flat(self, index: Index, place: Path | None) -> PageAnswer:
        if place is not None:
            listings = await asyncio.to_thread(read_flat, place, self._limits)
        else:
            listings = await self._fetch_flat(index)
        return FlatPages(pages={name: ListedPage(listing, index) for name, listing in listings.items()})

    async def _fetch_flat(self, index: Index) -> FlatListings:
        if self._offline:
            raise _offline(index, index.url)
        answer = await self._fetcher.get(index.url, limit=self._limits.page_bytes, headers={"Accept": "text/html"})
        if answer.status != 200:
            raise IndexFailure(f"{index.url}: the page of packages could not be read (status {answer.status})")
        return await asyncio.to_thread(parse_flat_page, _text(answer), answer.url)

    # --- indexes that are asked over HTTP ---

    async def _load_remote(self, index: Index, name: str, previous: KnownPage | None) -> PageAnswer:
        url = project_url(index.url, name)
        kept = previous or await asyncio.to_thread(self._kept, index, name, url)
        now = self._clock()
        if kept is not None and (self._offline or kept.validity.is_fresh(now)):
            return kept
        if self._offline:
            raise _offline(index, name)
        answer = await self._fetcher.get(url, limit=self._limits.page_bytes, headers=_conditions(kept))
        if answer.status == 304 and kept is not None:
            return self._confirmed(url, kept, answer, now)
        if answer.status != 200:
            return _missing(index, name, answer)
        if len(answer.body) < _LARGE:
            return self._take(index, name, url, answer, kept)
        return await asyncio.to_thread(self._take, index, name, url, answer, kept)

    def _take(self, index: Index, name: str, url: str, answer: Answer, kept: KnownPage | None) -> KnownPage:
        digest = blake2b(answer.url.encode() + b"\n" + answer.body, digest_size=16).digest()
        now = self._clock()
        if kept is not None and kept.body_digest == digest:
            return self._confirmed(url, kept, answer, now)
        known = _known(index, _parse(answer, name), _validity(answer, now), digest)
        if self._cache is not None:
            self._cache.write(Bucket.PAGES, url, _encode(known), now)
        return known

    def _confirmed(self, url: str, kept: KnownPage, answer: Answer, now: float) -> KnownPage:
        if self._cache is not None:
            self._cache.touch(Bucket.PAGES, url, now)
        stated = _validity(answer, now)
        return replace(kept, validity=replace(
            stated,
            etag=stated.etag or kept.validity.etag,
            last_modified=stated.last_modified or kept.validity.last_modified,
            max_age=stated.max_age if answer.header("cache-control") else kept.validity.max_age,
        ))  # fmt: skip

    def _kept(self, index: Index, name: str, url: str) -> KnownPage | None:
        if self._cache is None:
            return None
        hit = self._cache.read(Bucket.PAGES, url)
        known = decoded(hit, lambda value: _decode(value, index, hit.checked_at if hit else 0.0))
        return known if known is not None and known.listing.name == name else None


def project_url(index_url: str, name: str) -> str:
    """The address of a project's page (PEP 503), with the slash that relative links need."""
    parts = urlsplit(index_url)
    return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('/')}/{name}/"))


def _known(index: Index, listing: Listing, validity: Validity, digest: bytes) -> KnownPage:
    return KnownPage(page=ListedPage(listing, index), listing=listing, validity=validity, body_digest=digest)


def _conditions(kept: KnownPage | None) -> dict[str, str]:
    headers = {"Accept": ACCEPT}
    if kept is not None and kept.validity.etag:
        headers["If-None-Match"] = kept.validity.etag
    if kept is not None and kept.validity.last_modified:
        headers["If-Modified-Since"] = kept.validity.last_modified
    return headers


def _validity(answer: Answer, now: float) -> Validity:
    control = (answer.header("cache-control") or "").lower()
    stated = None if _NEVER_STORED.search(control) else _MAX_AGE.search(control)
    age = answer.header("age") or "0"
    return Validity(
        checked_at=now,
        max_age=max(0, int(stated[1]) - (int(age) if age.isascii() and age.isdigit() else 0)) if stated else 0,
        etag=answer.header("etag"),
        last_modified=answer.header("last-modified"),
    )


def _parse(answer: Answer, name: str) -> Listing:
    kind = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == _JSON:
        return parse_json_page(answer.body, name, answer.url)
    if kind in _HTML:
        return parse_html_page(_text(answer), name, answer.url)
    raise IndexFailure(f"{answer.url}: the index answered with {kind or 'no content type'}, not with a project page")


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _missing(index: Index, name: str, answer: Answer) -> NoPage:
    ignored = index.ignore_error_codes
    if not ignored and (urlsplit(index.url).hostname or "") == "download.pytorch.org":
        ignored = (403,)  # its way of saying "not found"
    if answer.status == 404 or answer.status in ignored:
        return NoPage()
    if answer.status in (401, 403):
        raise IndexFailure(
            f"{index.url}: the index refuses to say whether it has {name} (status {answer.status}); check its "
            "credentials, or list the status in the index' ignore-error-codes"
        )
    raise IndexFailure(f"{index.url}: the page of {name} could not be read (status {answer.status})")


def _offline(index: Index, what: str) -> IndexFailure:
    return IndexFailure(f"{index.url}: {what} is not in the cache, and lockbot was told to stay offline")


def _encode(known: KnownPage) -> Plain:
    listing, validity = known.listing, known.validity
    return (
        listing.name, listing.base, listing.versions, listing.blobs,
        validity.max_age, validity.etag, validity.last_modified, known.body_digest,
    )  # fmt: skip


def _decode(value: Plain, index: Index, checked_at: float) -> KnownPage:
    if not isinstance(value, tuple):
        raise TypeError
    name, base, versions, blobs, max_age, etag, last_modified, digest = value
    listing = Listing(name=name, base=base, versions=versions, blobs=blobs)  # type: ignore[arg-type]
    validity = Validity(checked_at=checked_at, max_age=max_age, etag=etag, last_modified=last_modified)  # type: ignore[arg-type]
    return _known(index, listing, validity, digest)  # type: ignore[arg-type]
