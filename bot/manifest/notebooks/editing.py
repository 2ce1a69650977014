"""Edits of a notebook that move the bytes of the version and no other."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from bot.errors import InputError
from bot.formats.json_walk import spell
from bot.manifest.edit import Change, Span, SpecifierEdit, find_script_changes, splice
from bot.manifest.notebooks.reading import LOCK_KEY, Notebook, get_notebook
from bot.patterns import pattern

#: A line of text inside a string.
_LINE = pattern(r"(?:[^\\]++|\\(?!n).)*+\\n|(?:[^\\]++|\\(?!n).)++", re.DOTALL)


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
    content = Span(literal.start + 1, literal.end - 1)
    return splice(raw, [Change(content, _respelled(lock, raw[content.start : content.end], literal.text))])


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
                places[index] = [Span(*one) for one in strings[index].places(notebook.raw)]
            start, end = span.start - offsets[index], span.end - offsets[index]
            inside = Span(max(start, 0), min(end, len(strings[index].text)))
            yield Change(_raw_span(places[index], inside), spell(change.text) if index == touched[0] else "")


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
        known[line] if line in known else spell(line, is_ascii=is_ascii).replace("/", slash) for line in lines
    )
