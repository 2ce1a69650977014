"""Loading project pages: where they are, whether what is kept still holds, and what statuses mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit

from bot.errors import IndexFailure
from bot.index.cache import Bucket, CacheHit, DiskCache, Plain, decoded
from bot.index.credentials import redact
from bot.index.fetch import Answer, Fetcher
from bot.index.flat import LocalFiles, local_folder, parse_flat_page, read_flat, read_page_text
from bot.index.html import parse_html_page
from bot.index.limits import Limits
from bot.index.page import ListedPage, Listing
from bot.index.simple import ACCEPT, parse_json_page
from bot.index.stored import decode_validity, encode_validity
from bot.index.validity import Validity, parse_validity
from bot.resolver.index import Index, IndexFormat

Texts: TypeAlias = tuple[str, ...]
Blobs: TypeAlias = tuple[bytes, ...]
Times: TypeAlias = tuple[int | None, ...]

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = frozenset({"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"})
#: Where parsing takes longer than a hand-over to another thread.
_LARGE = 1 << 19
_PYTORCH = "download.pytorch.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One page of an index. A flat index is one page: ``name`` is empty."""

    index: Index
    name: str

    @property
    def url(self) -> str:
        """Its address: for a project of a simple index with the slash that relative links need (PEP 503)."""
        if not self.name:
            return self.index.url
        parts = urlsplit(self.index.url)
        return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('/')}/{self.name}/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What an address held: pages by project, none where the index says that it has no such project.

    ``body_digest`` tells whether an answer is the one that this was made from.
    """

    pages: Mapping[str, ListedPage] = field(default_factory=dict)
    validity: Validity = field(default_factory=lambda: Validity(checked_at=0))
    body_digest: bytes = b""

    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        return 500 + sum(page.listing.weight() for page in self.pages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """Loads pages on the client's event loop."""

    fetcher: Fetcher
    cache: DiskCache | None
    local: LocalFiles
    limits: Limits
    offline: bool
    clock: Callable[[], float]

    async def load(self, request: PageRequest, previous: Loaded | None) -> Loaded:
        """What ``request`` names; ``previous`` is what it was before. Raises ``IndexFailure``."""
        place = local_folder(request.index.url)
        if place is not None:
            return await asyncio.to_thread(self._read_local, request, place)
        kept = previous if previous and previous.pages else await asyncio.to_thread(self._kept, request)
        now = self.clock()
        if kept is not None and (self.offline or kept.validity.is_fresh(now)):
            return kept
        if self.offline:
            raise IndexFailure(f"{redact(request.url)}: it is not in the cache, and lockbot was told to stay offline")
        headers = {"Accept": ACCEPT if request.name else "text/html"} | (kept.validity.conditions() if kept else {})
        answer = await self.fetcher.get(request.url, limit=self.limits.page_bytes, headers=headers)
        if answer.status == 304 and kept is not None:
            return self._confirm(request, kept, answer)
        if answer.status != 200:
            return _missing(request, answer)
        if len(answer.body) < _LARGE:
            return self._take(request, answer, kept)
        return await asyncio.to_thread(self._take, request, answer, kept)

    def _read_local(self, request: PageRequest, place: Path) -> Loaded:
        self.local.check(place)
        if not request.name:
            return _loaded(request.index, read_flat(place, self.limits).values())
        path = place / request.name / "index.html"
        try:
            text = read_page_text(path, self.limits)
        except FileNotFoundError:
            return Loaded()
        except (OSError, UnicodeError) as problem:
            raise IndexFailure(f"{path}: the page cannot be read ({problem})") from problem
        return _loaded(request.index, [parse_html_page(text, request.name, f"{path.parent.absolute().as_uri()}/")])

    def _take(self, request: PageRequest, answer: Answer, kept: Loaded | None) -> Loaded:
        digest = blake2b(f"{answer.url}\n".encode() + answer.body, digest_size=16).digest()
        if kept is not None and kept.body_digest == digest:
            return self._confirm(request, kept, answer)
        validity = parse_validity(answer, self.clock())
        loaded = replace(_loaded(request.index, _parse(answer, request.name)), validity=validity, body_digest=digest)
        if self.cache is not None and validity.may_store:
            self.cache.write(Bucket.PAGES, _key(request), _encode(loaded), validity.checked_at)
        return loaded

    def _confirm(self, request: PageRequest, kept: Loaded, answer: Answer) -> Loaded:
        now = self.clock()
        if self.cache is not None:
            self.cache.touch(Bucket.PAGES, _key(request), now)
        return replace(kept, validity=kept.validity.confirmed(answer, now))

    def _kept(self, request: PageRequest) -> Loaded | None:
        if self.cache is None:
            return None
        hit = self.cache.read(Bucket.PAGES, _key(request))
        return decoded(hit, lambda found: _decode(found, request.index))


def _key(request: PageRequest) -> str:
    return f"{request.index.format}\n{request.url}"


def _loaded(index: Index, listings: Iterable[Listing]) -> Loaded:
    return Loaded(pages={listing.name: ListedPage(listing, index) for listing in listings})


def _parse(answer: Answer, name: str) -> list[Listing]:
    kind = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if not name:
        return list(parse_flat_page(_text(answer), answer.url).values())
    if kind == _JSON:
        return [parse_json_page(answer.body, name, answer.url)]
    if kind in _HTML:
        return [parse_html_page(_text(answer), name, answer.url)]
    raise IndexFailure(f"{answer.url}: the index answered with {kind or 'no content type'}, not with a project page")


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _missing(request: PageRequest, answer: Answer) -> Loaded:
    index = request.index
    ignored = index.ignore_error_codes
    if not ignored and urlsplit(index.url).hostname == _PYTORCH:
        ignored = (403,)  # its way of saying "not found"
    if answer.status in ignored or (answer.status == 404 and index.format is IndexFormat.SIMPLE):
        return Loaded()
    if answer.status in (401, 403):
        raise IndexFailure(
            f"{redact(request.url)}: the index does not let lockbot in (status {answer.status}); check its credentials, or "
            "list the status in the index' ignore-error-codes"
        )
    raise IndexFailure(f"{redact(request.url)}: the page could not be read (status {answer.status})")


def _encode(loaded: Loaded) -> Plain:
    listings = tuple(page.listing for page in loaded.pages.values())
    return (
        encode_validity(loaded.validity),
        loaded.body_digest,
        tuple(
            (listing.name, listing.base, listing.versions, listing.keys, listing.first_uploads, listing.blobs)
            for listing in listings
        ),
    )


def _decode(hit: CacheHit, index: Index) -> Loaded:
    match hit.value:
        case (validity, bytes(digest), tuple(listings)):
            loaded = _loaded(index, [_decode_listing(listing) for listing in listings])
            return replace(loaded, validity=decode_validity(validity, hit.checked_at), body_digest=digest)
    raise TypeError("not a stored page")


def _decode_listing(value: Plain) -> Listing:
    match value:
        case (str(name), str(base), tuple(versions), tuple(keys), tuple(uploads), tuple(blobs)):
            # What the columns are made of is not looked at: the checksum says that they were written here.
            return Listing(
                name=name,
                base=base,
                versions=cast("Texts", versions),
                keys=cast("Blobs", keys),
                first_uploads=cast("Times", uploads),
                blobs=cast("Blobs", blobs),
            )
    raise TypeError("not a stored listing")
