"""Pages and where they are asked for, in memory and in the plain form that the disk cache keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit

from bot.index.cache.disk import CacheHit, Plain
from bot.index.cache.stored import decode_validity, encode_validity
from bot.index.http.credentials import NO_RIGHTS, Rights, access_of
from bot.index.http.validity import Validity
from bot.index.pages.listing import ListedPage, Listing, read_status
from bot.resolver.model.index import Index
from bot.values import field, replace, value

Texts: TypeAlias = tuple[str, ...]
Blobs: TypeAlias = tuple[bytes, ...]
Times: TypeAlias = tuple[int | None, ...]


@value
class PageRequest:
    """One page of an index. A flat index is one page: ``name`` is empty. ``rights``: of those who ask. ``since``: what was
    checked before that moment is asked about, however long it was to hold."""

    index: Index
    name: str
    rights: Rights = NO_RIGHTS
    since: float = 0.0

    @property
    def url(self) -> str:
        return page_url(self.index, self.name)


def page_url(index: Index, name: str) -> str:
    """The address of a page: of a project of a simple index with the slash that relative links need (PEP 503)."""
    if not name:
        return index.url
    parts = urlsplit(index.url)
    return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('/')}/{name}/"))


@value
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


def page_key(request: PageRequest) -> str:
    """What the disk cache calls the page."""
    access = filter(None, [access_of(request.index), request.rights.key])
    return "\n".join([str(request.index.format), request.url, *access])


def make_loaded(index: Index, listings: Iterable[Listing]) -> Loaded:
    return Loaded(pages={listing.name: ListedPage(listing, index) for listing in listings})


def encode_page(loaded: Loaded) -> Plain:
    listings = tuple(page.listing for page in loaded.pages.values())
    return (
        encode_validity(loaded.validity),
        loaded.body_digest,
        tuple(
            (
                listing.name,
                listing.base,
                listing.versions,
                listing.keys,
                listing.first_uploads,
                listing.rows,
                listing.ends,
                None if listing.status is None else (str(listing.status.status), listing.status.reason),
            )
            for listing in listings
        ),
    )


def decode_page(hit: CacheHit, index: Index) -> Loaded:
    match hit.value:
        case (validity, bytes(digest), tuple(listings)):
            loaded = make_loaded(index, [_decode_listing(listing) for listing in listings])
            return replace(loaded, validity=decode_validity(validity, hit.checked_at), body_digest=digest)
    raise TypeError("not a stored page")


def _decode_listing(value: Plain) -> Listing:
    match value:
        case (str(name), str(base), tuple(versions), tuple(keys), tuple(uploads), bytes(rows), tuple(ends), said):
            # What the columns are made of is not looked at: the checksum says that they were written here.
            return Listing(
                name=name,
                base=base,
                versions=cast(Texts, versions),
                keys=cast(Blobs, keys),
                first_uploads=cast(Times, uploads),
                rows=rows,
                ends=cast("tuple[int, ...]", ends),
                status=read_status(*said) if isinstance(said, tuple) else None,
            )
    raise TypeError("not a stored listing")
