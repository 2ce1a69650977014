"""Files of ``find-links`` places: they stand beside the files of every index, version by version (spec 2.8)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.resolver.model.index import Page, ReleaseFile
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.tag_order import flat_order

#: Before any cut-off: files of flat places have no upload time and are never too new.
_ALWAYS = -(1 << 62)


class LinkedPage:
    """The page of an index together with those of ``find-links`` places, whose files come first in a version.

    ``hides_locals``: as in uv, an index without local versions hides that its find-links have some from what looks for a
    local variant of a version that is kept.
    """

    __slots__ = ("_links", "_page", "first_uploads", "has_locals", "hides_locals", "keys", "status", "versions")

    def __init__(self, links: Sequence[Page], page: Page | None) -> None:
        self._links = tuple(links)
        self._page = page
        linked = {version.key: version for one in links for version in one.versions}
        own = {version.key: version for version in page.versions} if page is not None else {}
        uploads = dict(zip(own, page.first_uploads, strict=True)) if page is not None else {}
        self.keys: Sequence[bytes] = sorted(linked.keys() | own.keys())
        self.versions: Sequence[PyVersion] = [own.get(key) or linked[key] for key in self.keys]
        self.first_uploads = [_ALWAYS if key in linked else uploads[key] for key in self.keys]
        pages = links if page is None else (*links, page)
        self.has_locals = any(one.has_locals for one in pages)
        self.status = page.status if page is not None else None
        self.hides_locals = page is not None and not page.has_locals

    def version_at(self, position: int) -> PyVersion:
        return self.versions[position]

    def files(self, version: PyVersion) -> Sequence[ReleaseFile]:
        linked = [file for one in self._links for file in one.files(version)]
        linked.sort(key=flat_order)
        return (*linked, *(self._page.files(version) if self._page is not None else ()))
