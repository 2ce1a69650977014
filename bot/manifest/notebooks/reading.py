"""Where a notebook has its script and its lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from bot.errors import InputError
from bot.formats.json_walk import JsonWalk, Literal
from bot.manifest.script import MARK, find_header
from bot.patterns import pattern
from bot.printable import is_encodable
from bot.values import field, value

#: juv's name for the lock among the notebook's metadata.
LOCK_KEY = "uv.lock"

_RELOCK = "juv lock makes it anew"
#: The mark of a header as JSON may spell it.
_MARK = pattern(r"(?:#|\\u0023)(?: |\\u0020)(?:/|\\/|\\u002[fF]){3}(?: |\\u0020)script")


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
            line += self.raw.count("\n", position, literal.start)
            position = literal.start
            count = literal.text.count("\n") + 1 - literal.text.endswith("\n")
            found += [line] * (count if begins else count - 1)
            begins = literal.text.endswith("\n")
        return found

    def line_of(self, line: int | None) -> int:
        """The line of the file for a line of the cell; that of the cell's beginning where none is known."""
        lines = self.lines
        return lines[min(line or 1, len(lines)) - 1]

    def workplace_of(self, line: int | None) -> str:
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
            problem = f"{self.workplace_of(error.line)}: {error.problem}"
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
            line = None if self.lock is None else self.raw.count("\n", 0, self.lock.start) + 1
            raise InputError(f"{place}: {error.problem}", path=self.path, line=line, hint=_RELOCK) from None


def is_marked(raw: str) -> bool:
    """Whether a text may be a notebook with a script's header; without the mark it need not be JSON."""
    return _MARK.search(raw) is not None


def parse_notebook(raw: str, path: str) -> Notebook | None:
    """Find the header and the lock; ``None`` where no code cell has a header, ``InputError`` where the file is broken."""
    if not is_marked(raw):
        return None
    walk = JsonWalk(raw, path)
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


# --- reading --------------------------------------------------------------------------------------


def _read_document(walk: JsonWalk) -> tuple[list[Cell], Literal | None]:
    """The code cells that may have the header, and the lock; cells of the third format lie in worksheets."""
    cells: list[Cell] = []
    lock: Literal | None = None
    numbers = count(1)
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


def _read_worksheets(walk: JsonWalk, numbers: Iterator[int]) -> list[Cell]:
    cells: list[Cell] = []
    for _ in walk.items():
        for key in walk.members(once=("cells",)):
            if key == "cells":
                cells += _read_cells(walk, numbers)
            else:
                walk.value()
    return cells


def _read_cells(walk: JsonWalk, numbers: Iterator[int]) -> list[Cell]:
    found = [_read_cell(walk, next(numbers)) for _ in walk.items()]
    return [cell for cell in found if cell is not None]


def _read_cell(walk: JsonWalk, number: int) -> Cell | None:
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


def _read_source(walk: JsonWalk) -> Sequence[Literal]:
    """One string, or one for each line; what is neither has no text."""
    found = [walk.literal() for _ in walk.items()] if walk.is_at("[") else [walk.literal()]
    strings = [one for one in found if one is not None]
    return strings if len(strings) == len(found) else ()


def _read_lock(walk: JsonWalk) -> Literal | None:
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
