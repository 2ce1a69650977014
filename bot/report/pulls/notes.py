"""Release notes in a pull request's body: folded, one part for each package, cut to a few screens."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from bot.ports.notes import Notes, NotesEntry
from bot.ports.run import LockChange, UpdateLine
from bot.report.inert import render_inert
from bot.report.markdown import code, details, find_safe_link, link, parted
from bot.report.pulls.content import Content

#: Of one version, of one package, and of all: lines and characters.
_ENTRY_LINES = 60
_ENTRY, _PACKAGE, _ALL = 4_000, 8_000, 24_000
_CUT = "> …"


def notes_parts(content: Content) -> Iterator[str]:
    """The packages in the order of the table, until there are enough."""
    room = _ALL
    for row, notes in _noted(content):
        text = _package_notes(content, notes, min(room, _PACKAGE))
        if text:
            room -= len(text)
            yield details(_summary(row.package, notes), text)


def _noted(content: Content) -> Iterator[tuple[UpdateLine | LockChange, Notes]]:
    seen = set()
    rows: list[UpdateLine | LockChange] = [*content.updates, *content.changes]
    for row in rows:
        notes = content.find_notes(row)
        if notes is not None and notes.entries and row.package not in seen:
            seen.add(row.package)
            yield row, notes


def _summary(package: str, notes: Notes) -> str:
    """Text inside HTML, where no Markdown is read."""
    versions = [one.version for one in notes.entries]
    shown = ", ".join(versions[:4]) + (", …" if len(versions) > 4 or notes.more else "")
    return html.escape(parted(f"Release notes of {package}: {shown}"))


def _package_notes(content: Content, notes: Notes, most: int) -> str:
    """As many versions as there is room for, the newest first; empty where there is room for none."""
    parts: list[str] = []
    left_out = notes.more
    for entry in notes.entries:
        text = _entry(content, entry, min(_ENTRY, most - sum(map(len, parts))))
        if text is None:
            left_out += 1
        else:
            parts.append(text)
    if parts and left_out:
        more = f"{left_out} more version{'' if left_out == 1 else 's'}"
        address = find_safe_link(notes.url, content.forges) if notes.url else None
        parts.append(f"And {link(more, address) if address else more} in between.")
    return "\n\n".join(parts)


def _entry(content: Content, entry: NotesEntry, most: int) -> str | None:
    lines = render_inert(entry.text, entry.form)
    address = find_safe_link(entry.url, content.forges) if entry.url else None
    version = code(entry.version)
    head = (link(version, address) if address else version) + (f" of {parted(entry.date)}" if entry.date else "")
    kept = cut_lines(lines, min(most - len(head), _ENTRY))
    return None if not kept and lines else "\n\n".join([head, "\n".join(kept)] if kept else [head])


def cut_lines(lines: Sequence[str], most: int) -> Sequence[str]:
    """The first lines in at most ``most`` characters; what was cut is said. A block of code is closed by its quote's end."""
    size, kept = 0, 0
    for line in lines[:_ENTRY_LINES]:
        size += len(line) + 1
        if size + len(_CUT) + 2 > most:
            break
        kept += 1
    if kept == len(lines):
        return lines
    return [*lines[:kept], ">", _CUT] if kept else []
