"""Jupyter notebooks as juv has them: a code cell that holds a script's header, and a lock among the notebook's metadata.

Of the JSON only these two texts matter, and they are edited where they stand, so that every other byte stays. The way to
them is followed by position; whatever lies beside it is read by the standard library, one value at a time, and dropped.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

from bot.errors import InputError
from bot.manifest.edit import Change, Span, SpecifierEdit, find_script_changes, splice
from bot.manifest.script import MARK, find_header
from bot.patterns import pattern
from bot.printable import is_encodable
from bot.values import field, value

#: juv's name for the lock among the notebook's metadata.
LOCK_KEY = "uv.lock"

_RELOCK = "juv lock makes it anew"
#: The mark of a header as JSON may spell it.
_MARK = pattern(r"(?:#|\\u0023)(?: |\\u0020)(?:/|\\/|\\u002[fF]){3}(?: |\\u0020)script")
_BLANK = pattern(r"[ \t\r\n]*+")
_CHARACTER = pattern(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
#: A line of text inside a string.
_LINE = pattern(r"(?:[^\\]++|\\(?!n).)*+\\n|(?:[^\\]++|\\(?!n).)++", re.DOTALL)


@value
class Literal:
    """A string of the document: the text that it stands for, and its place, quotes included."""

    span: Span
    text: str = field(repr=False)


@value
class Cell:
    """A code cell; ``number`` counts all cells from 1. Its text is that of its strings, joined."""

    number: int
    strings: tuple[Literal, ...]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.strings)


@value
class Notebook:
    """A notebook with a script's header: ``cell`` is the first one that has it, ``raw`` the file."""

    path: str
    raw: str = field(repr=False)
    cell: Cell
    lock: Literal | None = None

    @property
    def lines(self) -> Sequence[int]:
        """The line of the file in which each line of the cell begins; a JSON string stands in one line."""
        found: list[int] = []
        line, position, begins = 1, 0, True
        for literal in (one for one in self.cell.strings if one.text):
            line += self.raw.count("\n", position, literal.span.start)
            position = literal.span.start
            count = literal.text.count("\n") + 1 - literal.text.endswith("\n")
            found += [line] * (count if begins else count - 1)
            begins = literal.text.endswith("\n")
        return found

    def line_of(self, line: int | None) -> int:
        """The line of the file for a line of the cell; that of the cell's beginning where none is known."""
        lines = self.lines
        return lines[min(line or 1, len(lines)) - 1]

    def place_of(self, line: int | None) -> str:
        """The same as people see it who have the notebook open."""
        return f"cell {self.cell.number}" if line is None else f"cell {self.cell.number}, line {line}"

    @contextmanager
    def located(self) -> Iterator[None]:
        """Errors about the script are told with the cell and the line inside it, at their line of the file."""
        try:
            yield
        except InputError as error:
            if error.path != self.path:
                raise
            problem = f"{self.place_of(error.line)}: {error.problem}"
            raise InputError(problem, path=self.path, line=self.line_of(error.line), hint=error.hint) from None

    @contextmanager
    def located_in_lock(self) -> Iterator[None]:
        """The same for errors about the lock."""
        try:
            yield
        except InputError as error:
            place = (
                f"the notebook's {LOCK_KEY}" if error.line is None else f"the notebook's {LOCK_KEY}, line {error.line}"
            )
            line = None if self.lock is None else self.raw.count("\n", 0, self.lock.span.start) + 1
            raise InputError(f"{place}: {error.problem}", path=self.path, line=line, hint=_RELOCK) from None


def is_marked(raw: str) -> bool:
    """Whether a text may be a notebook with a script's header; without the mark it need not be JSON."""
    return _MARK.search(raw) is not None


def parse_notebook(raw: str, path: str) -> Notebook | None:
    """Find the header and the lock; ``None`` where no code cell has a header, ``InputError`` where the file is broken."""
    if not is_marked(raw):
        return None
    walk = _Walk(raw, path)
    try:
        cells, lock = _read_document(walk)
    except RecursionError:
        raise InputError("nested too deep to be read", path=path, line=walk.line) from None
    notebooks = [Notebook(path=path, raw=raw, cell=cell, lock=lock) for cell in cells]
    return _find_script(notebooks)


def get_notebook(raw: str, path: str) -> Notebook:
    """The same for a file that is known to have a header; raises ``InputError`` where it is gone."""
    notebook = parse_notebook(raw, path)
    if notebook is None:
        raise InputError("the notebook has no cell with a '# /// script' header any more", path=path)
    return notebook


def edit_notebook(raw: str, edits: Sequence[SpecifierEdit]) -> str:
    """The text of a notebook with the edits made in its script's header; raises ``InputError`` where that fails."""
    path = edits[0].declaration.path if edits else ""
    notebook = get_notebook(raw, path)
    with notebook.located():
        changes = find_script_changes(notebook.cell.text, edits)
    changed = splice(raw, _find_changes(notebook, changes))
    if get_notebook(changed, path).cell.text != splice(notebook.cell.text, changes):
        raise InputError("an edit would change something else in the notebook", path=path)
    return changed


def replace_lock(raw: str, path: str, lock: str) -> str:
    """The text of a notebook with another lock in the place of the one that it has."""
    literal = get_notebook(raw, path).lock
    if literal is None:
        raise InputError(f"the notebook has no {LOCK_KEY} any more", path=path)
    content = Span(literal.span.start + 1, literal.span.end - 1)
    return splice(raw, [Change(content, _respelled(lock, raw[content.start : content.end], literal.text))])


# --- reading --------------------------------------------------------------------------------------


def _read_document(walk: _Walk) -> tuple[list[Cell], Literal | None]:
    """The code cells that may have the header, and the lock; cells of the third format lie in worksheets."""
    cells: list[Cell] = []
    lock: Literal | None = None
    numbers = _Numbers()
    for key in walk.members(once=("cells", "worksheets", "metadata")):
        if key == "cells":
            cells += _read_cells(walk, numbers)
        elif key == "worksheets":
            cells += _read_worksheets(walk, numbers)
        elif key == "metadata":
            lock = _read_lock(walk)
        else:
            walk.value()
    walk.end()
    return cells, lock


class _Numbers:
    """Counts cells from 1."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def _read_worksheets(walk: _Walk, numbers: _Numbers) -> list[Cell]:
    cells: list[Cell] = []
    for _ in walk.items():
        for key in walk.members(once=("cells",)):
            if key == "cells":
                cells += _read_cells(walk, numbers)
            else:
                walk.value()
    return cells


def _read_cells(walk: _Walk, numbers: _Numbers) -> list[Cell]:
    found = [_read_cell(walk, numbers.next()) for _ in walk.items()]
    return [cell for cell in found if cell is not None]


def _read_cell(walk: _Walk, number: int) -> Cell | None:
    """A code cell that may have the header."""
    kind = None
    strings: Sequence[Literal] = ()
    for key in walk.members(once=("cell_type", "source", "input")):
        if key == "cell_type":
            kind = walk.value()
        elif key in ("source", "input"):
            strings = _read_source(walk)
        else:
            walk.value()
    cell = Cell(number=number, strings=tuple(strings))
    return cell if kind == "code" and MARK in cell.text else None


def _read_source(walk: _Walk) -> Sequence[Literal]:
    """One string, or one for each line; what is neither has no text."""
    found = [walk.literal() for _ in walk.items()] if walk.is_at("[") else [walk.literal()]
    strings = [one for one in found if one is not None]
    return strings if len(strings) == len(found) else ()


def _read_lock(walk: _Walk) -> Literal | None:
    lock: Literal | None = None
    for key in walk.members(once=(LOCK_KEY,)):
        if key != LOCK_KEY:
            walk.value()
        elif walk.is_at('"') or walk.is_at("null"):
            lock = walk.literal()
        else:
            raise InputError(f"the notebook's {LOCK_KEY} is no text", path=walk.path, line=walk.line, hint=_RELOCK)
    return lock if lock is not None and lock.text else None


def _find_script(notebooks: Sequence[Notebook]) -> Notebook | None:
    """The first with a header; what is wrong with an earlier cell counts where there is none."""
    problem: InputError | None = None
    for notebook in notebooks:
        try:
            with notebook.located():
                if find_header(notebook.cell.text, notebook.path) is not None:
                    return _checked(notebook)
        except InputError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return None


def _checked(notebook: Notebook) -> Notebook:
    if not is_encodable(notebook.cell.text):
        raise InputError("the cell has half a character, which no file can hold", path=notebook.path)
    return notebook


# --- editing --------------------------------------------------------------------------------------


def _find_changes(notebook: Notebook, changes: Iterable[Change]) -> Iterator[Change]:
    """Where the file changes for changes of the cell's text."""
    strings, text = notebook.cell.strings, notebook.cell.text
    offsets = list(accumulate((len(one.text) for one in strings), initial=0))
    places: dict[int, Sequence[Span]] = {}
    for change in (_trimmed(one, text) for one in changes):
        span = change.span
        # What is inserted goes into the string of the character before it.
        first = span.start if span.start < span.end else span.start - 1
        touched = range(bisect_right(offsets, first) - 1, bisect_right(offsets, max(first, span.end - 1)))
        for index in (one for one in touched if strings[one].text):
            if index not in places:
                places[index] = _places(notebook.raw, strings[index])
            start, end = span.start - offsets[index], span.end - offsets[index]
            inside = Span(max(start, 0), min(end, len(strings[index].text)))
            yield Change(_raw_span(places[index], inside), _spelled(change.text) if index == touched[0] else "")


def _trimmed(change: Change, text: str) -> Change:
    """The change without what both texts begin and end with."""
    old, new = text[change.span.start : change.span.end], change.text
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    return Change(Span(change.span.start + start, change.span.end - end), new[start : len(new) - end])


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def _places(raw: str, literal: Literal) -> Sequence[Span]:
    """Where each character of a string stands in the file."""
    found = _CHARACTER.finditer(raw, literal.span.start + 1, literal.span.end - 1)
    return [Span(*one.span()) for one in found]


def _raw_span(places: Sequence[Span], inside: Span) -> Span:
    if inside.start == inside.end:
        return Span(places[inside.end - 1].end, places[inside.end - 1].end)
    return Span(places[inside.start].start, places[inside.end - 1].end)


def _respelled(text: str, spelled: str, before: str) -> str:
    """A text as the inside of a string; lines that stay are spelled as they were, new ones in the same way."""
    known = {json.loads(f'"{one[0]}"'): one[0] for one in _LINE.finditer(spelled)}
    is_ascii = spelled.isascii() and not before.isascii()
    slash = "\\/" if "\\/" in spelled else "/"
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return "".join(
        known[line] if line in known else _spelled(line, is_ascii=is_ascii).replace("/", slash) for line in lines
    )


def _spelled(text: str, *, is_ascii: bool = False) -> str:
    return json.dumps(text, ensure_ascii=is_ascii)[1:-1]


# --- positions ------------------------------------------------------------------------------------


class _Walk:
    """One pass over a document; ``position`` moves forward only. What is wrong raises ``InputError``.

    ``members`` and ``items`` stop at each value; whoever asks for the next one has read it.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.position = len(text) - len(text.removeprefix("\ufeff"))
        self._skip_blanks()

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def is_at(self, character: str) -> bool:
        return self.text.startswith(character, self.position)

    def value(self) -> Any:
        """Read a value of any kind; numbers, which nobody asks for, are ``None``."""
        try:
            found, self.position = _DECODER.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            self.position = error.pos
            problem = error.msg.removesuffix(" at").removesuffix(" starting")
            raise self._refuse(problem[:1].lower() + problem[1:]) from None
        self._skip_blanks()
        return found

    def literal(self) -> Literal | None:
        """Read a value that should be a string; a null has no text, and anything else neither."""
        start = self.position
        found = self.value()
        if not isinstance(found, str):
            return None
        end = self.text.rindex('"', start, self.position) + 1
        return Literal(span=Span(start, end), text=found)

    def members(self, *, once: Collection[str] = ()) -> Iterator[str]:
        """Stop at each value of an object, giving its key; nothing where there is no object.

        The keys of which there may be one only are ``once``: readers differ in which of two they take.
        """
        if not self.is_at("{"):
            self.value()
            return
        seen: set[str] = set()
        for _ in self._parts("}"):
            if not self.is_at('"'):
                raise self._refuse("a key is missing")
            key = self.value()
            if key in once and key in seen:
                raise self._refuse(f"the key {key!r} is there twice")
            seen.add(key)
            self._take(":")
            yield key

    def items(self) -> Iterator[None]:
        """Stop at each item of an array; nowhere where there is none."""
        if not self.is_at("["):
            self.value()
            return
        yield from self._parts("]")

    def end(self) -> None:
        if self.position < len(self.text):
            raise self._refuse("something stands behind the end")

    def _parts(self, closing: str) -> Iterator[None]:
        self._take(self.text[self.position])
        if self.is_at(closing):
            self._take(closing)
            return
        yield
        while not self.is_at(closing):
            self._take(",")
            yield
        self._take(closing)

    def _take(self, character: str) -> None:
        if not self.is_at(character):
            raise self._refuse(f"{character!r} is missing")
        self.position += 1
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        found = _BLANK.match(self.text, self.position)
        self.position = self.position if found is None else found.end()

    def _refuse(self, problem: str) -> InputError:
        column = self.position - self.text.rfind("\n", 0, self.position)
        return InputError(
            f"not a notebook that can be read: {problem} (column {column})", path=self.path, line=self.line
        )


def _drop(_: str) -> None:
    """Stands for every number: none is asked for."""


_DECODER = json.JSONDecoder(parse_int=_drop, parse_float=_drop)
