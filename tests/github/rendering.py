"""What becomes of a text on GitHub: GitHub's own Markdown, then mentions and references in the text that is left.

The second step is written from GitHub's description ("Basic writing and formatting syntax", "Autolinked references and
URLs"); in doubt it finds more than GitHub would. Comments and tags that GitHub's sanitizer takes out count as found: a
text of strangers has no business to make them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

from tests.github.wire import Request

#: What GitHub makes of text outside of code and links.
_LIVE = {
    "mention": re.compile(r"(?<![\w`/])@[A-Za-z0-9](?:[A-Za-z0-9-]*)(?:/[\w.-]+)?"),
    "issue": re.compile(r"(?<!\w)(?:[\w.-]+/[\w.-]+|[\w.-]+)?#\d+\b"),
    "short issue": re.compile(r"(?i)\bGH-\d+\b"),
    "commit": re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[a-f]*\d)[0-9a-f]{7,40}\b"),
    "address": re.compile(r"(?i)\b(?:https?://|ftp://|www\.)[\w-]"),
    "mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    "emoji": re.compile(r":[a-z0-9+_-]+:"),
}
_SPARED = frozenset(("code", "pre", "a", "tt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """``text``: what is read; ``tags``: the elements, in order; ``live``: kind and text of what came alive."""

    text: str
    tags: tuple[str, ...]
    live: tuple[tuple[str, str], ...]


@dataclass
class _Reader(HTMLParser):
    text: str = ""
    tags: list[str] = field(default_factory=list)
    live: list[tuple[str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        if tag in ("a", "img"):
            self.live.append((tag, str(dict(attrs).get("href") or dict(attrs).get("src"))))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            del self.open[self.open.index(tag) :]

    def handle_comment(self, data: str) -> None:
        self.live.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.text += data
        if _SPARED.isdisjoint(self.open):
            self.live += [(kind, found[0]) for kind, pattern in _LIVE.items() for found in pattern.finditer(data)]


def render(markdown: str) -> Rendered:
    """The text as GitHub shows it."""
    html = cmarkgfm.markdown_to_html_with_extensions(
        markdown,
        options=Options.CMARK_OPT_UNSAFE,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )
    reader = _Reader()
    # The parser joins neighbouring pieces of text only when it is closed.
    reader.feed(html)
    reader.close()
    return Rendered(text=reader.text, tags=tuple(reader.tags), live=tuple(reader.live))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text that was sent, and what became of it. ``place``: the request and the field."""

    place: str
    markdown: str
    rendered: Rendered

    def find_live(self, kind: str) -> tuple[str, ...]:
        return tuple(text for found, text in self.rendered.live if found == kind)


def list_shown(request: Request) -> Iterator[Shown]:
    """The Markdown in a request that writes: bodies and comments, what check runs say."""
    if request.method not in ("POST", "PATCH"):
        return
    body = request.json()
    if request.path.endswith("/graphql"):
        inputs = [one for one in (body.get("variables") or {}).values() if isinstance(one, dict)]
        yield from (_show(request, "body", one["body"]) for one in inputs if isinstance(one.get("body"), str))
        return
    output = body.get("output") or {}
    for name, text in (("body", body.get("body")), *((name, output.get(name)) for name in ("summary", "text"))):
        if isinstance(text, str) and text:
            yield _show(request, name, text)


def _show(request: Request, name: str, text: str) -> Shown:
    return Shown(place=f"{request.method} {request.path} {name}", markdown=text, rendered=render(text))


def find_mentions(markdown: str) -> tuple[str, ...]:
    """Whom the text would notify."""
    return tuple(text for kind, text in render(markdown).live if kind == "mention")
