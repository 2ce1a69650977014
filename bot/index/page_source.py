"""Loading project pages: where they are, whether what is kept still holds, and what statuses mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import IndexFailure, NotKeptError
from bot.index import MISREAD
from bot.index.cache.disk import Bucket, DiskCache, decoded
from bot.index.cache.refresh import Refresh
from bot.index.cache.stored_pages import Loaded, PageRequest, decode_page, encode_page, make_loaded, page_key
from bot.index.http.background import Background
from bot.index.http.fetch import CLOSED, Fetcher
from bot.index.http.response import Answer
from bot.index.http.validity import parse_validity
from bot.index.pages.flat import LocalFiles, parse_flat_page, read_flat, read_page_text
from bot.index.pages.html import parse_html_page
from bot.index.pages.listing import Listing
from bot.index.pages.simple import ACCEPT, parse_json_page
from bot.limits import Limits
from bot.ports.counting import IndexOutcome, count_index
from bot.resolver.model.index import IndexFormat
from bot.values import replace, value

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = frozenset({"application/vnd.pypi.simple.v1+html", "text/html", "application/xhtml+xml"})
_PYTORCH = "download.pytorch.org"


@value
class PageSource:
    """Loads pages; the coroutine is advanced by ``background``."""

    background: Background
    fetcher: Fetcher
    cache: DiskCache | None
    local: LocalFiles
    limits: Limits
    offline: bool
    refresh: Refresh
    clock: Callable[[], float]

    async def load(self, request: PageRequest, previous: Loaded | None) -> Loaded:
        """What ``request`` names; ``previous`` is what it was before. Raises ``IndexFailure``."""
        try:
            return await self._load(request, previous)
        except MISREAD as problem:
            raise IndexFailure(f"{request.url}: the page cannot be read ({problem})") from problem

    async def _load(self, request: PageRequest, previous: Loaded | None) -> Loaded:
        if request.index.folder is not None:
            return await self.background.apart(self._read_local, request, Path(request.index.folder))
        kept = previous if previous and previous.pages else self._kept(request)
        if kept is not None and self._is_current(request, kept):
            count_index(IndexOutcome.MEMORY if kept is previous else IndexOutcome.DISK)
            return kept
        if self.offline:
            raise NotKeptError(f"{request.url}: it is not in the cache, and lockbot was told to stay offline")
        headers = {"Accept": ACCEPT if request.name else "text/html"} | (kept.validity.conditions() if kept else {})
        answer = await self.fetcher.get(
            request.url, limit=self.limits.page_bytes, index=request.index, headers=headers, rights=request.rights
        )
        if answer.status == 304 and kept is not None:
            return self._confirm(request, kept, answer)
        if answer.status != 200:
            return self._missing(request, answer)
        return self._take(request, answer, kept)

    def _is_current(self, request: PageRequest, kept: Loaded) -> bool:
        if self.offline:
            return True
        is_fresh = kept.validity.is_fresh(self.clock()) and kept.validity.checked_at >= request.since
        return is_fresh and not self.refresh.covers(request.name)

    def _read_local(self, request: PageRequest, place: Path) -> Loaded:
        self.local.check(place)
        if not request.name:
            return make_loaded(request.index, read_flat(place, self.limits).values())
        path = place / request.name / "index.html"
        try:
            text = read_page_text(path, self.limits)
        except FileNotFoundError:
            return Loaded()
        except (OSError, UnicodeError) as problem:
            raise IndexFailure(f"{path}: the page cannot be read ({problem})") from problem
        return make_loaded(request.index, [parse_html_page(text, request.name, f"{path.parent.absolute().as_uri()}/")])

    def _take(self, request: PageRequest, answer: Answer, kept: Loaded | None) -> Loaded:
        if kept is not None and kept.body_digest == _digest(answer):
            return self._confirm(request, kept, answer)
        loaded = read_page(request, answer, self.clock())
        if self.cache is not None and loaded.validity.may_store:
            self.background.later(partial(store_page, self.cache, request, loaded))
        return loaded

    def _confirm(self, request: PageRequest, kept: Loaded, answer: Answer) -> Loaded:
        now = self.clock()
        if self.cache is not None:
            self.cache.touch(Bucket.PAGES, page_key(request), now)
        return replace(kept, validity=kept.validity.confirmed(answer, now))

    def _missing(self, request: PageRequest, answer: Answer) -> Loaded:
        index = request.index
        ignored = index.ignore_error_codes
        if not ignored and urlsplit(index.url).hostname == _PYTORCH:
            ignored = (403,)  # its way of saying "not found"
        if answer.status in ignored or (answer.status == 404 and index.format is IndexFormat.SIMPLE):
            return Loaded()
        if answer.status in CLOSED:
            raise self.fetcher.let_out(answer, index, request.url)
        raise IndexFailure(f"{request.url}: the page could not be read (status {answer.status})")

    def _kept(self, request: PageRequest) -> Loaded | None:
        if self.cache is None:
            return None
        hit = self.cache.read(Bucket.PAGES, page_key(request))
        return decoded(hit, lambda found: decode_page(found, request.index))


def read_page(request: PageRequest, answer: Answer, now: float) -> Loaded:
    """What an answer of status 200 that came at ``now`` says; raises ``IndexFailure`` and what is ``MISREAD``."""
    loaded = make_loaded(request.index, _parse(answer, request.name))
    return replace(loaded, validity=parse_validity(answer, now), body_digest=_digest(answer))


def _digest(answer: Answer) -> bytes:
    return blake2b(f"{answer.url}\n".encode() + answer.body, digest_size=16).digest()


def store_page(cache: DiskCache, request: PageRequest, loaded: Loaded) -> None:
    """Keep it for later runs, on this machine."""
    cache.write(Bucket.PAGES, page_key(request), encode_page(loaded), loaded.validity.checked_at)


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
