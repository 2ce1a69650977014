"""Changelogs by their headings: which part of a file is about which version. Pure, and linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.ports.notes import NotesForm

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.{1,300})")
_UNDERLINE = re.compile(r"([=\-~^\"'`+*#_.:])\1{2,300}\s*")
_BOLD = re.compile(r"\*\*(.{1,200}?)\*\*(.{0,100})")
#: A heading begins with its version, perhaps after a word or the package's name.
_VERSION = re.compile(
    r"(?P<words>(?:[A-Za-z][\w.'’-]{0,60}[\s:]+){0,3})\[?[vV]?(?P<version>\d+(?:\.\d+)+[0-9A-Za-z.+-]{0,20})(?=$|[\s\],:()*`])"
)
_WORDS = frozenset(("version", "release", "released", "changes", "in", "v", "new", "what's", "what’s"))
#: What may follow it: nothing, a date, or what a separator parts from it; not the rest of a sentence.
_AFTER = re.compile(
    r"[\]\s`*]*(?:$|[\d(\[,:–—-]|(?:un)?released|final|stable|beta|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
_LINE, _TEXT = 2_000, 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    version: Version
    day: str | None
    text: str


def find_form(path: str, text: str) -> NotesForm:
    """By the file's ending, else by whether headings are underlined or marked."""
    if path.lower().endswith(".rst"):
        return NotesForm.RST
    if path.lower().endswith((".md", ".markdown")):
        return NotesForm.MARKDOWN
    is_marked = any(_HEADING.fullmatch(line[:_LINE]) for line in text.splitlines()[:200])
    return NotesForm.MARKDOWN if is_marked else NotesForm.RST


def find_sections(text: str, package: str) -> Iterator[Section]:
    """The parts of a changelog whose headings are versions, in its order; of two of one version the first."""
    lines = [line[:_LINE] for line in text.splitlines()]
    heads = [(place, head) for place in range(len(lines)) if (head := _read_head(lines, place, package)) is not None]
    seen: set[Version] = set()
    for number, (place, head) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(lines)
        body = lines[place + head.height : end]
        # Where the next heading has a line above it, too.
        while body and _UNDERLINE.fullmatch(body[-1]):
            body.pop()
        if head.version not in seen:
            seen.add(head.version)
            yield Section(version=head.version, day=head.day, text="\n".join(body).strip("\n")[:_TEXT])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """``height``: the lines that it takes."""

    version: Version
    day: str | None
    height: int


def _read_head(lines: list[str], place: int, package: str) -> _Head | None:
    line = lines[place].strip()
    if not line or not any(one.isdigit() for one in line[:120]):
        return None
    marked, bold = _HEADING.fullmatch(lines[place]), _BOLD.fullmatch(line)
    is_underlined = place + 1 < len(lines) and _UNDERLINE.fullmatch(lines[place + 1]) is not None
    words = marked[1] if marked else f"{bold[1]}{bold[2]}" if bold else line if is_underlined else None
    version = None if words is None else _read_version(words, package)
    if version is None or words is None:
        return None
    found = _DATE.search(words)
    return _Head(version=version, day=found[1] if found else None, height=2 if is_underlined and not marked else 1)


def _read_version(words: str, package: str) -> Version | None:
    found = _VERSION.match(words.lstrip("[ `*"))
    if (
        found is None
        or not _AFTER.match(words.lstrip("[ `*"), found.end())
        or not all(_is_fitting(word, package) for word in found["words"].split())
    ):
        return None
    try:
        return Version(found["version"].rstrip("."))
    except InvalidVersion:
        return None


def _is_fitting(word: str, package: str) -> bool:
    plain = canonicalize_name(word.strip(":"))
    return plain in _WORDS or plain == canonicalize_name(package)
