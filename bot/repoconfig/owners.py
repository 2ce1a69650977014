"""CODEOWNERS: who owns which files, by GitHub's rules. Matched in linear time, as the patterns are strangers' too.

The last line that matches a path says who owns it, and may say that nobody does. Patterns are those of ``.gitignore`` without
``!`` and ``[…]``; a line that has these, or an owner that is none, is passed over, as GitHub does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.globs import ANY, NO_SLASH, SLASH, Element, Folders, Glob, Run, literal

#: Where the file may be; the first that there is counts.
OWNERS_PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")

#: GitHub reads no file that is larger; a longer pattern names no file.
_LARGEST = 3 * 1024 * 1024
_LONGEST = 1000

_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_PART = re.compile(r"\*\*/|/\*\*$|\*+|\?|\\?.", re.DOTALL)
_OWNER = re.compile(r"@(?P<name>[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)?)|[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedFiles:
    """One line: files, and logins (``owner/team`` for a team)."""

    patterns: tuple[Glob, ...]
    owners: tuple[str, ...]

    def covers(self, path: str) -> bool:
        return any(one.matches(path) for one in self.patterns)


def parse_owners(text: str) -> tuple[OwnedFiles, ...]:
    if len(text) > _LARGEST:
        return ()
    return tuple(row for line in text.splitlines() if (row := _parse_line(line)) is not None)


def find_owners(rows: Sequence[OwnedFiles], paths: Iterable[str]) -> tuple[str, ...]:
    """Everybody who owns one of these files, in the order of the files. Owners by mail address are not told."""
    return tuple(dict.fromkeys(owner for path in paths for owner in _owners_of(rows, path)))


def _owners_of(rows: Sequence[OwnedFiles], path: str) -> tuple[str, ...]:
    return next((row.owners for row in reversed(rows) if row.covers(path)), ())


def _parse_line(line: str) -> OwnedFiles | None:
    words = list(_until_comment(_WORD.findall(line)))
    if not words or words[0].startswith("!") or "[" in words[0] or len(words[0]) > _LONGEST:
        return None
    owners = [_OWNER.fullmatch(one) for one in words[1:]]
    known = [one["name"] for one in owners if one is not None and one["name"]]
    return None if None in owners else OwnedFiles(patterns=tuple(_globs(words[0])), owners=tuple(known))


def _until_comment(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("#"):
            return
        yield word


def _globs(pattern: str) -> Iterator[Glob]:
    """One for the files themselves, one for what lies below a folder of that name."""
    bare = pattern.strip("/")
    is_anchored = pattern.startswith("/") or "/" in bare
    elements = [*([] if is_anchored else [Folders()]), *_elements(bare)]
    if not bare:
        yield Glob([Run(ANY)])
        return
    if not pattern.endswith("/"):
        yield Glob(elements)
    # What stands for the files of a folder stands for none of those deeper down.
    if not (is_anchored and bare.endswith("/*")):
        yield Glob([*elements, SLASH, Run(ANY)])


def _elements(bare: str) -> Iterator[Element]:
    for part in _PART.findall(bare):
        match part:
            case "**/":
                yield Folders()
            case "/**":
                yield from (SLASH, Run(ANY))
            case "?":
                yield NO_SLASH
            case _ if part.startswith("*"):
                yield Run(NO_SLASH)
            case _:
                yield from literal(part[-1])
