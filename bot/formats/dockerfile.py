"""Dockerfiles as instructions with the place of every word, as BuildKit's frontend splits them.

Directives (``# escape=`` alone matters), comments, continued lines and heredocs are followed. Variables are not replaced
and no shell is imitated: words end at white space outside of quotes, and keep their quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import InputError
from bot.limits import DOCKERFILE_LIMIT
from bot.patterns import pattern

_DIRECTIVE = pattern(r"[ \t]*#[ \t]*(?P<name>[A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*\n?\Z")
_HEREDOC = pattern(r"""<<(?P<tabs>-?)(?P<quote>["']?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)""")
_TAKES_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """``text`` is as the file has it, quotes included, but for the ends of continued lines within it.

    ``start`` is its offset; ``is_whole``: the file has it letter by letter from there on. ``offsets`` has the place of each
    letter.
    """

    text: str
    start: int
    line: int
    is_whole: bool = True
    offsets: Sequence[int] = field(default=(), repr=False, compare=False)

    @property
    def end(self) -> int:
        """The offset behind it, where it is whole."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """``keyword`` in capitals; ``words`` are those behind it; ``heredocs`` the texts that follow, in their order.

    ``heredoc_spans``: where each of these stands in the file, from its first line to where its last one ends.
    """

    keyword: str
    words: tuple[Word, ...]
    line: int
    heredocs: tuple[str, ...] = ()
    heredoc_spans: tuple[tuple[int, int], ...] = ()

    def flags(self) -> tuple[Word, ...]:
        """The words ``--name=value`` before all others."""
        rest = next((at for at, word in enumerate(self.words) if not word.text.startswith("--")), len(self.words))
        return self.words[:rest]

    def arguments(self) -> tuple[Word, ...]:
        """The words behind the flags."""
        return self.words[len(self.flags()) :]


def parse_dockerfile(text: str, path: str) -> tuple[Instruction, ...]:
    """All instructions, known or not; a heredoc that does not end ends with the file. Raises ``InputError`` for its size."""
    if len(text) > DOCKERFILE_LIMIT:
        raise InputError(f"the text is longer than {DOCKERFILE_LIMIT} characters", path=path)
    return tuple(_instructions(_Lines(text), _escape(text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    start: int
    number: int


class _Lines:
    """The lines of a text, to be taken one by one."""

    def __init__(self, text: str) -> None:
        self._rows = iter(text.split("\n"))
        self._start, self._number = 0, 0

    @property
    def position(self) -> int:
        """Where the next one begins."""
        return self._start

    def take(self) -> _Line | None:
        """The next, without its end."""
        row = next(self._rows, None)
        if row is None:
            return None
        line = _Line(text=row.removesuffix("\r"), start=self._start, number=self._number + 1)
        self._start += len(row) + 1
        self._number += 1
        return line


def _escape(text: str) -> str:
    """What continues a line; the directive stands before anything else."""
    for line in text.removeprefix("\ufeff").split("\n"):
        found = _DIRECTIVE.match(line)
        if found is None:
            break
        if found["name"].lower() == "escape" and found["value"] in ("`", "\\"):
            return found["value"]
    return "\\"


def _instructions(lines: _Lines, escape: str) -> Iterator[Instruction]:
    while (line := lines.take()) is not None:
        if _is_nothing(line):
            continue
        words = _words(list(_continued(line, lines, escape)))
        if not words:
            continue
        keyword = words[0].text.upper()
        heredocs = tuple(_heredocs(words, lines)) if keyword in _TAKES_HEREDOCS else ()
        yield Instruction(
            keyword=keyword,
            words=tuple(words[1:]),
            line=words[0].line,
            heredocs=tuple(text for text, _ in heredocs),
            heredoc_spans=tuple(span for _, span in heredocs),
        )


def _is_nothing(line: _Line) -> bool:
    stripped = line.text.lstrip(" \t\r\ufeff")
    return not stripped or stripped.startswith("#")


def _continued(line: _Line, lines: _Lines, escape: str) -> Iterator[_Line]:
    """The lines of one instruction without what continues them, comments and empty ones between them left out."""
    current: _Line | None = line
    while current is not None:
        text = current.text.rstrip(" \t\r")
        if not text.endswith(escape):
            yield current
            return
        yield _Line(text=text.removesuffix(escape), start=current.start, number=current.number)
        current = lines.take()
        while current is not None and _is_nothing(current):
            current = lines.take()


@dataclass(frozen=True, slots=True)
class _Letter:
    char: str
    at: int
    line: int


def _words(rows: list[_Line]) -> list[Word]:
    """White space separates, but within quotes; a continued line goes on where the one before it stopped."""
    words: list[Word] = []
    letters: list[_Letter] = []
    quote, before = "", ""
    for row in rows:
        for offset, char in enumerate(row.text):
            if char in " \t\ufeff" and not quote:
                words += _word(letters)
                letters = []
            else:
                quote = quote if before == "\\" else _quote(char, quote)
                letters.append(_Letter(char, row.start + offset, row.number))
            before = "" if before == "\\" else char
    return words + _word(letters)


def _quote(char: str, quote: str) -> str:
    """The quote that is open after a letter."""
    if quote:
        return "" if char == quote else quote
    return char if char in "\"'" else ""


def _word(letters: list[_Letter]) -> list[Word]:
    if not letters:
        return []
    first, last = letters[0], letters[-1]
    is_whole = last.at - first.at == len(letters) - 1
    text = "".join(one.char for one in letters)
    offsets = range(first.at, last.at + 1) if is_whole else tuple(one.at for one in letters)
    return [Word(text=text, start=first.at, line=first.line, is_whole=is_whole, offsets=offsets)]


def _heredocs(words: list[Word], lines: _Lines) -> Iterator[tuple[str, tuple[int, int]]]:
    for opened in [found for word in words for found in _HEREDOC.finditer(word.text)]:
        body: list[str] = []
        start = end = lines.position
        while (line := lines.take()) is not None:
            text = line.text.lstrip("\t") if opened["tabs"] else line.text
            if text == opened["name"]:
                break
            body.append(text)
            end = line.start + len(line.text)
        yield "\n".join(body), (start, end)
