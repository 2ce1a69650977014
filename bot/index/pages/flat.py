"""Flat indexes (``format = "flat"``, find-links): a folder of files, or one HTML page that links to them.

A page lists its files by their names, a folder by what their names mean.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import IndexFailure, NoSuchFolderError
from bot.index.pages.filenames import parse_wheel_tags
from bot.index.pages.html import anchor_filename, parse_anchor, parse_links
from bot.index.pages.listing import Listing, Row, build_listing, build_listing_in_order, project_of, version_text_of
from bot.limits import Limits
from bot.resolver.offers.tag_order import name_order
from bot.values import value

#: Listings of one flat index by normalized project name.
FlatListings = dict[str, Listing]


@value
class LocalFiles:
    """Which folders of this machine indexes and archives may be read from; ``None``: all.

    A server that works for repositories it does not trust allows only what belongs to the one at hand.
    """

    roots: tuple[Path, ...] | None = None

    def check(self, path: Path) -> None:
        """Raise ``IndexFailure`` unless ``path``, links resolved, lies below an allowed folder."""
        if self.roots is None:
            return
        real = path.resolve()
        if not any(real.is_relative_to(root.resolve()) for root in self.roots):
            raise IndexFailure(f"{path}: files outside of the repository are not read here")


def read_flat(place: Path, limits: Limits) -> FlatListings:
    """Read a local flat index, a folder or an HTML file; raises ``IndexFailure`` where there is none."""
    try:
        if place.is_dir():
            return _list_folder(place)
        return parse_flat_page(read_page_text(place, limits), place.as_uri())
    except FileNotFoundError:
        raise NoSuchFolderError(f"{place}: there is no such folder or page of packages") from None
    except (OSError, UnicodeError) as problem:
        raise IndexFailure(f"{place}: the folder of packages cannot be read ({problem})") from problem


def read_page_text(path: Path, limits: Limits) -> str:
    """The text of a local HTML page within the limits."""
    with path.open("rb") as stream:
        body = stream.read(limits.page_bytes + 1)
    if len(body) > limits.page_bytes:
        raise IndexFailure(f"{path}: the page is larger than {limits.page_bytes} bytes")
    return body.decode()


def _list_folder(folder: Path) -> FlatListings:
    rows: dict[str, list[Row]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = project_of(entry.name)
            version = version_text_of(entry.name, name) if name else None
            if name and version and entry.is_file():
                url = Path(os.path.abspath(entry.path)).as_uri()
                rows.setdefault(name, []).append((entry.name, url, (), None, None, None, False, None, version, None))
    for group in rows.values():
        group.sort(key=lambda row: name_order(row[0], parse_wheel_tags(row[0])))
    base = folder.absolute().as_uri() + "/"
    return _usable({name: build_listing_in_order(name, base, group) for name, group in rows.items()})


def parse_flat_page(text: str, url: str) -> FlatListings:
    """Group the links of one HTML page by project."""
    links = parse_links(text, url)
    rows: dict[str, list[Row]] = {}
    for anchor in links.anchors:
        name = project_of(anchor_filename(anchor) or "")
        row = parse_anchor(anchor, name) if name else None
        if name and row:
            rows.setdefault(name, []).append(row)
    return _usable({name: build_listing(name, links.base, group) for name, group in rows.items()})


def _usable(found: FlatListings) -> FlatListings:
    return {name: listing for name, listing in found.items() if listing.versions}
