"""The HTML form of the simple API (PEP 503, 629, 658, 714) and of flat listings: text to links and to ``Listing``.

The standard library's parser takes minutes and gigabytes on text made for it, and seconds on a large page. Only four
tags matter here, so one expression finds them. It goes through a text once: a comment, a tag or a quote that is not
closed ends with the text.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from bot.errors import IndexFailure
from bot.index.pages.filenames import SDIST_ENDINGS
from bot.index.pages.listing import (
    Listing,
    Row,
    absolute_url,
    build_listing,
    digest_attribute,
    digest_fragment,
    read_status,
    usable_address,
    usable_requires_python,
    version_text_of,
)
from bot.limits import PAGE_FILES, TAG_LENGTH
from bot.patterns import pattern
from bot.ports.projects import Adverse
from bot.printable import printable
from bot.resolver.model.index import ProjectStatus
from bot.values import value

_INSIDE = r"""(?:[^>"']++|"[^"]*+"?|'[^']*+'?)*+"""
#: Comments, what is no markup, and tags as wholes.
_TOKEN = pattern(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style)(?=[\s>/])[^>]*+>?.*?(?:</(?P=raw)(?=[\s>/])|\Z)"
    rf"|<(?P<tag>a|base|meta|head)(?=[\s/>])(?P<attributes>{_INSIDE})"
    rf"|<[A-Za-z]{_INSIDE}"
    r"|(?P<end></head)(?=[\s/>])[^>]*+"
    r"|<[!?/][^>]*+",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = pattern(r"""([^\s"'/>=][^\s/>=]*+)(?:\s*+(=)\s*+("[^"]*+"?|'[^']*+'?|[^\s>]*+))?+""")
#: A form, a program or a way to another page.
_FOR_PEOPLE = pattern(
    r"""<(?:form|input|button|script|iframe)[\s/>]|<meta\s[^>]{0,200}?http-equiv\s*=\s*["']?refresh""", re.IGNORECASE
)
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
_STATUS, _STATUS_REASON = "pypi:project-status", "pypi:project-status-reason"
_STATUS_NAMES = frozenset({_STATUS, _STATUS_REASON})
_STATUSES = frozenset({"active", *Adverse})
_METADATA_ATTRIBUTES = ("data-core-metadata", "data-dist-info-metadata")


@value
class Links:
    """The anchors of one page. ``base`` is what their URLs are relative to.

    ``states_version``: the page says which version of the simple API it is of; ``status`` what it says against the project.
    """

    base: str
    anchors: tuple[dict[str, str | None], ...]
    states_version: bool = False
    status: ProjectStatus | None = None


def parse_links(text: str, url: str) -> Links:
    """Collect the anchors of a page served at ``url``.

    Raises ``IndexFailure`` for an API version other than 1.x, a tag longer and more files than any page has.
    """
    base: str | None = None
    stated: str | None = None
    anchors: list[dict[str, str | None]] = []
    head = _Head()
    for token in _TOKEN.finditer(text):
        tag = token["tag"]
        if tag is None:
            head.end(is_end=token["end"] is not None)
            continue
        values = _attributes(token["attributes"], url)
        kind = tag.lower()
        if kind == "a":
            _check_fragment(values.get("href"), url)
            anchors.append(values)
            if len(anchors) > PAGE_FILES:
                raise IndexFailure(f"{url}: the page links to more than {PAGE_FILES} files")
        elif kind == "base":
            base = values.get("href") if base is None and not anchors else base
        elif kind == "head":
            head.begin()
        elif head.takes(values):
            continue
        elif values.get("name") == "pypi:repository-version":
            stated = values.get("content") or stated
    if stated is not None and stated.partition(".")[0] != "1":
        raise IndexFailure(f"{url}: the index speaks version {stated[:20]} of the simple API; 1.x is known")
    if base is not None and not _SCHEME.match(base):
        raise IndexFailure(f"{url}: the page says <base> with a part of an address, which uv refuses")
    base = absolute_url(base, url) if base else url
    return Links(base=base, anchors=tuple(anchors), states_version=stated is not None, status=head.status())


def _check_fragment(href: str | None, url: str) -> None:
    if href is None or "#" not in href:
        return
    try:
        digest_fragment(href.partition("#")[2])
    except ValueError as problem:
        shown = printable(str(problem))[:100]
        raise IndexFailure(
            f"{url}: the page has a link to #{shown}, which is no digest, and uv takes no such page"
        ) from None


class _Head:
    """The first head of a page with what it says of the project, as uv reads it: up to its end, wherever that is; of several
    statements the last counts, and one that is none spoils them all."""

    __slots__ = ("_is_over", "_is_spoilt", "_is_within", "_said")

    def __init__(self) -> None:
        self._is_within = self._is_over = self._is_spoilt = False
        self._said: dict[str, str] = {}

    def begin(self) -> None:
        self._is_within = not self._is_over

    def end(self, *, is_end: bool) -> None:
        if is_end and self._is_within:
            self._is_within, self._is_over = False, True

    def takes(self, values: dict[str, str | None]) -> bool:
        """Whether a tag is about the status of the project."""
        name, said = values.get("name"), values.get("content")
        if name is None or name not in _STATUS_NAMES:
            return False
        if self._is_within:
            self._is_spoilt |= said is None or (name == _STATUS and said not in _STATUSES)
            self._said[name] = said or ""
        return True

    def status(self) -> ProjectStatus | None:
        return None if self._is_spoilt else read_status(self._said.get(_STATUS), self._said.get(_STATUS_REASON))


def _attributes(text: str, url: str) -> dict[str, str | None]:
    """By name; the first of two equal attributes counts, as in HTML."""
    if len(text) > TAG_LENGTH:
        raise IndexFailure(f"{url}: the page has a tag of more than {TAG_LENGTH} characters")
    found: dict[str, str | None] = {}
    for name, equals, written in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), _value(written) if equals else None)
    return found


def _value(written: str) -> str:
    plain = written[1:].removesuffix(written[0]) if written[:1] in ("'", '"') else written
    return unescape(plain) if "&" in plain else plain


def parse_html_page(text: str, name: str, url: str) -> Listing:
    """Read one project page; files of other projects and files that cannot be used are left out.

    Raises ``IndexFailure`` for a page that was made for people: what a network puts before everything until somebody
    signs in says nothing of a project.
    """
    links = parse_links(text, url)
    rows = [row for anchor in links.anchors if (row := parse_anchor(anchor, name))]
    if not rows and not links.states_version and _is_for_people(text) and not any(map(_is_file, links.anchors)):
        raise IndexFailure(
            f"{url}: the index answered with a page that isn't an index page (it links to no file); look at it in a "
            "browser: a network may want you to sign in first, or the index is at another address"
        )
    return build_listing(name, links.base, rows, links.status)


def _is_for_people(text: str) -> bool:
    """Whether a page wants something of who reads it; an index, or a folder that a server lists, never does."""
    return _FOR_PEOPLE.search(text) is not None


def _is_file(anchor: dict[str, str | None]) -> bool:
    filename = anchor_filename(anchor)
    return filename is not None and filename.endswith((".whl", ".egg", ".exe", *SDIST_ENDINGS))


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
        usable_address(anchor.get("data-provenance")),
    )


def _metadata_hashes(anchor: dict[str, str | None]) -> tuple[str, ...] | None:
    stated = next((value for key in _METADATA_ATTRIBUTES if (value := anchor.get(key)) is not None), None)
    if stated is None or stated == "false":
        return None
    if stated == "true":
        return ()
    digest = digest_attribute(stated)
    return (digest,) if digest else None
