"""Whether pages of indexes have changed: one conditional request each, under the guard and with the credentials of runs.

Nothing is tried again here: who looks comes back. What came anew is kept for the runs of this machine. Threads and
connections last for one look.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import IndexFailure
from bot.index.cache.disk import DiskCache
from bot.index.cache.stored_pages import Loaded, PageRequest, page_url
from bot.index.granted import NOTHING, Granted
from bot.index.http.background import Background
from bot.index.http.credentials import NO_RIGHTS, Rights
from bot.index.http.fetch import Fetcher, FetchSettings
from bot.index.http.guard import AddressRefusedError
from bot.index.http.response import Answer
from bot.index.http.transfer import FetchFailedError
from bot.index.http.validity import Validity
from bot.index.page_source import read_page, store_page
from bot.index.pages.feed import parse_feed
from bot.index.pages.listing import Listing, Row
from bot.index.pages.simple import ACCEPT
from bot.limits import Limits
from bot.ports.indexes import Marks, PageToLook, Seen, Sight, Told, Trouble, Unchanged, Unseen
from bot.resolver.model.fingerprint import fingerprint
from bot.resolver.model.index import Authenticate, Index, IndexFormat
from bot.retry import FailureKind
from bot.values import field, value

T = TypeVar("T")
S = TypeVar("S")

_MARK = 200
_REASON = 300
_FEED_BYTES = 4 << 20
_GONE = frozenset({404, 410})
#: A server that answers so can't be asked for anything else either.
_OVERLOADED = frozenset({429, 502, 503, 504})


@value
class LookoutSettings:
    """``fetch``: as for runs, but for ``backoff``, of one attempt. ``cache_dir`` ``None``: nothing is kept."""

    fetch: FetchSettings
    granted: Granted = field(default=NOTHING, repr=False)
    limits: Limits = field(default_factory=Limits)
    cache_dir: Path | None = None


class Lookout:
    """Implements ``bot.ports.indexes.IndexLookout``."""

    def __init__(self, settings: LookoutSettings) -> None:
        self._settings = settings
        self._cache = None if settings.cache_dir is None else DiskCache(settings.cache_dir)

    def find_rights(self, repository: str, index: str, package: str) -> str:
        return self._rights(repository, index, page_url(Index(url=index), package)).key

    def look(self, pages: Sequence[PageToLook]) -> Generator[tuple[PageToLook, Sight], None, None]:
        with _Session(self._settings.fetch) as session:
            yield from session.each(pages, partial(self._look, session.fetcher))

    def read_feed(self, url: str, marks: Marks) -> Told | Unchanged | Unseen:
        with _Session(self._settings.fetch) as session:
            asking = session.each([url], lambda one: self._read_feed(session.fetcher, one, marks))
            return next(asking)[1]

    def _rights(self, repository: str, *urls: str) -> Rights:
        return self._settings.granted.rights(repository).over(*urls) if repository else NO_RIGHTS

    async def _look(self, fetcher: Fetcher, page: PageToLook) -> Sight:
        index = Index(
            url=page.index,
            format=IndexFormat.SIMPLE if page.package else IndexFormat.FLAT,
            authenticate=Authenticate.NEVER if page.is_anonymous else Authenticate.AUTO,
        )
        rights = (
            NO_RIGHTS if page.is_anonymous else self._rights(page.repository, index.url, page_url(index, page.package))
        )
        request = PageRequest(index=index, name=page.package, rights=rights)
        headers = {"Accept": ACCEPT if page.package else "text/html", **_conditions(page.marks)}
        limit = self._settings.limits.page_bytes
        try:
            answer = await fetcher.get(request.url, limit=limit, index=index, headers=headers, rights=rights)
            return self._judge(request, answer, page.marks)
        except Exception as problem:  # noqa: BLE001  # whatever one page holds, the others are looked at
            return _explain(problem)

    def _judge(self, request: PageRequest, answer: Answer, marks: Marks) -> Sight:
        if answer.status == 304 and marks.are_there:
            return Unchanged()
        if answer.status in _GONE:
            return Seen(releases=fingerprint(None), files="")
        if answer.status != 200:
            return Unseen(trouble=Trouble.PAGE, reason=f"it answers with status {answer.status}")
        loaded = read_page(request, answer, self._settings.fetch.clock())
        if self._cache is not None and loaded.validity.may_store:
            store_page(self._cache, request, loaded)
        return _tell(loaded, answer)

    async def _read_feed(self, fetcher: Fetcher, url: str, marks: Marks) -> Told | Unchanged | Unseen:
        try:
            answer = await fetcher.get(url, limit=_FEED_BYTES, headers=_conditions(marks))
            if answer.status == 304 and marks.are_there:
                return Unchanged()
            if answer.status != 200:
                return Unseen(trouble=Trouble.PAGE, reason=f"it answers with status {answer.status}")
            entries = tuple((one.id, one.package) for one in parse_feed(answer.body))
        except Exception as problem:  # noqa: BLE001  # whatever one page holds, the others are looked at
            return _explain(problem)
        return Told(entries=entries, marks=_marks(answer))


class _Session:
    """The threads and connections of one look."""

    def __init__(self, settings: FetchSettings) -> None:
        self.fetcher = Fetcher(settings)
        self._background = Background()

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._background.close()
        self.fetcher.close()

    def each(self, asked: Sequence[T], ask: Callable[[T], Coroutine[Any, Any, S]]) -> Iterator[tuple[T, S]]:
        """What each comes to, as it comes."""
        futures: dict[Future[S], T] = {Future(): one for one in asked}
        self._background.start([(future, partial(ask, one)) for future, one in futures.items()])
        for done in as_completed(futures):
            yield futures[done], done.result()


def _conditions(marks: Marks) -> Mapping[str, str]:
    return Validity(checked_at=0, etag=marks.etag or None, last_modified=marks.modified or None).conditions()


def _marks(answer: Answer) -> Marks:
    """Longer ones are no servers' in use, and would be kept."""
    found = (answer.header("etag") or "", answer.header("last-modified") or "")
    etag, modified = (one if len(one) <= _MARK and one.isprintable() else "" for one in found)
    return Marks(etag=etag, modified=modified)


def _tell(loaded: Loaded, answer: Answer) -> Seen:
    """A page for all packages has the fingerprints of all; who depends on one of them looks for what concerns it."""
    pages = [loaded.pages[name] for name in sorted(loaded.pages)]
    uploads = [one for page in pages for one in page.first_uploads if one is not None]
    releases = [fingerprint(page) for page in pages]
    return Seen(
        releases=releases[0] if len(releases) == 1 else _digest(*releases),
        files=_digest(*(_digest_files(page.listing) for page in pages)),
        newest=max(uploads) / 1_000_000 if uploads else None,
        marks=_marks(answer),
        size=len(answer.body),
    )


def _digest_files(listing: Listing) -> str:
    """Of what a lock would have of every file. Addresses don't count: some indexes make new ones for everybody who asks."""
    start, told = 0, []
    for end in listing.ends:
        rows: list[Row] = marshal.loads(listing.rows[start:end])  # noqa: S302  # made by ``marshal.dumps`` in ``bot.index.pages``
        told += [repr((name, hashes, python, yanked)) for name, _, hashes, _, _, python, yanked, _, _, _ in rows]
        start = end
    return _digest(*told)


def _digest(*texts: str) -> str:
    return blake2b("\n".join(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _explain(problem: Exception) -> Unseen:
    reason = (
        str(problem)[:_REASON] if isinstance(problem, IndexFailure) else f"it can't be read ({type(problem).__name__})"
    )
    if isinstance(problem, AddressRefusedError):
        return Unseen(trouble=Trouble.HOST, reason=reason)
    if not isinstance(problem, FetchFailedError):
        return Unseen(trouble=Trouble.PAGE, reason=reason)
    failure = problem.failure
    is_host = failure.kind in (FailureKind.CONNECTION, FailureKind.TIMEOUT) or failure.status in _OVERLOADED
    return Unseen(trouble=Trouble.HOST if is_host else Trouble.PAGE, reason=reason, wait=failure.asked_wait)
