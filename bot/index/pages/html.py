"""The HTML form of the simple API (PEP 503, 629, 658, 714) and of flat listings: text to links and to ``Listing``."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

from bot.errors import IndexFailure
from bot.index.pages.listing import (
    Listing,
    Row,
    absolute_url,
    build_listing,
    digest_fragment,
    usable_requires_python,
    version_text_of,
)
from bot.values import value

_METADATA_ATTRIBUTES = ("data-core-metadata", "data-dist-info-metadata")


@value
class Links:
    """The anchors of one page. ``base`` is what their URLs are relative to."""

    base: str
    anchors: tuple[dict[str, str | None], ...]


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.api_version = "1.0"
        self.anchors: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # The first of two equal attributes counts, as in HTML.
        values = dict(reversed(attrs))
        if tag == "a":
            self.anchors.append(values)
        elif tag == "base" and self.base is None and not self.anchors:
            self.base = values.get("href")
        elif tag == "meta" and values.get("name") == "pypi:repository-version":
            self.api_version = values.get("content") or self.api_version

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        # ``<![…`` that HTML does not know is a comment to browsers; the library would stop reading the page there.
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)


def parse_links(text: str, url: str) -> Links:
    """Collect the anchors of a page served at ``url``; raises ``IndexFailure`` for an API version other than 1.x."""
    collector = _Collector()
    collector.feed(text)
    collector.close()
    if collector.api_version.partition(".")[0] != "1":
        raise IndexFailure(
            f"{url}: the index speaks version {collector.api_version[:20]} of the simple API; 1.x is known"
        )
    return Links(base=absolute_url(collector.base, url) if collector.base else url, anchors=tuple(collector.anchors))


def parse_html_page(text: str, name: str, url: str) -> Listing:
    """Read one project page; files of other projects and files that cannot be used are left out."""
    links = parse_links(text, url)
    rows = [row for anchor in links.anchors if (row := parse_anchor(anchor, name))]
    return build_listing(name, links.base, rows)


def anchor_filename(anchor: dict[str, str | None]) -> str | None:
    """The file name that an anchor's URL ends with, ``None`` where it has no URL."""
    href = anchor.get("href")
    return unquote(href.partition("#")[0].rpartition("/")[2].partition("?")[0]) if href else None


def parse_anchor(anchor: dict[str, str | None], name: str) -> Row | None:
    """One file of project ``name``; ``None`` where the anchor is something else or the file cannot be used."""
    filename = anchor_filename(anchor)
    version = version_text_of(filename, name) if filename else None
    if not filename or version is None or not (anchor.get("href") or "").isprintable():
        return None
    usable, requires_python = usable_requires_python(anchor.get("data-requires-python"))
    if not usable:
        return None
    url, _hash, fragment = (anchor.get("href") or "").partition("#")
    digest = digest_fragment(fragment)
    size = anchor.get("data-size") or ""
    return (
        filename,
        url,
        (digest,) if digest else (),
        int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None,
        anchor.get("data-upload-time"),
        requires_python,
        "data-yanked" in anchor,
        _metadata_hashes(anchor),
        version,
    )


def _metadata_hashes(anchor: dict[str, str | None]) -> tuple[str, ...] | None:
    stated = next((value for key in _METADATA_ATTRIBUTES if (value := anchor.get(key)) is not None), None)
    if stated is None or stated == "false":
        return None
    if stated == "true":
        return ()
    digest = digest_fragment(stated)
    return (digest,) if digest else None
