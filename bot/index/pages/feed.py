"""RSS feeds of new releases, such as PyPI's: bytes to packages.

An entry's title is the package's name and the version, its link what it is known by.
"""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from bot.errors import IndexFailure
from bot.index.pages.filenames import normalize_name
from bot.values import value

#: Feeds in use have a hundred.
_ENTRIES = 5_000
_TEXT = 2_000
_DEPTH = 32


@value
class FeedEntry:
    id: str
    package: str


class _Reader:
    """What expat tells. Declarations of documents are refused: nothing that stands in one is needed, and entities grow."""

    def __init__(self) -> None:
        self.entries: list[FeedEntry] = []
        self._path: list[str] = []
        self._texts: dict[str, str] = {}

    def begin(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._path) >= _DEPTH:
            raise IndexFailure("it is nested too deeply")
        self._path.append(name)
        if name == "item":
            self._texts = {}

    def take(self, text: str) -> None:
        if self._path[-2:-1] == ["item"] and self._path[-1] in ("title", "link"):
            before = self._texts.get(self._path[-1], "")
            self._texts[self._path[-1]] = (before + text)[:_TEXT]

    def end(self, name: str) -> None:
        self._path.pop()
        if name != "item" or len(self.entries) >= _ENTRIES:
            return
        title = self._texts.get("title", "").strip()
        package = normalize_name(title.partition(" ")[0])
        if package is not None:
            self.entries.append(FeedEntry(id=self._texts.get("link", "").strip() or title, package=package))

    def refuse(self, *_declared: object) -> None:
        raise IndexFailure("it declares a document type")


def parse_feed(body: bytes) -> list[FeedEntry]:
    """The entries in their order; those without a name of a package are left out. Raises ``IndexFailure``."""
    reader, parser = _Reader(), ParserCreate()
    parser.StartElementHandler = reader.begin
    parser.CharacterDataHandler = reader.take
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(body, True)
    except ExpatError as problem:
        raise IndexFailure(f"it is no XML ({problem})") from problem
    return reader.entries
