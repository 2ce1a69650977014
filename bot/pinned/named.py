"""Files that requirements files name, whatever these are called: what they include, and what a header's command is given."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from bot.errors import InputError
from bot.patterns import pattern
from bot.pinned.naming import is_brought
from bot.pinned.outputs import Listing, find_by_header, inputs_of, may_be_output, read
from bot.requirements.gather import is_address, resolve_target
from bot.requirements.reader import parse_requirements
from bot.resolver.lowering.paths import join, parents

_INCLUDES = pattern(r"(?m)^[ \t]*(?:-r|-c|--requirement|--constraint)\b")
#: So many lines at the top may say how a file was made.
_HEADER = 12


def find_named_files(listing: Listing, files: Collection[str], limit: int) -> Iterator[str]:
    """The files named by requirements files, by those that they include, and so on; at most ``limit`` beside the first."""
    return find_included(listing, files, [path for path in sorted(files) if is_brought(path, files)], limit)


def find_included(listing: Listing, files: Collection[str], start: Iterable[str], limit: int) -> Iterator[str]:
    """The files named by some files, by those that they include, and so on; at most ``limit`` beside the first."""
    waiting = list(start)
    known = set(waiting)
    while waiting and limit > 0:
        for path in _named_by(listing, waiting.pop()):
            if path in files and path not in known:
                known.add(path)
                waiting.append(path)
                limit -= 1
                yield path


def _named_by(listing: Listing, path: str) -> Iterator[str]:
    text = read(listing, path)
    if text is None:
        return
    with suppress(InputError):
        output = find_by_header(listing, path, text) if may_be_output(path) else None
        yield from inputs_of(output) if output is not None else ()
    if _INCLUDES.search(text):
        with suppress(InputError):
            for include in parse_requirements(text, path).includes:
                if not is_address(include.target):
                    yield posixpath.normpath(resolve_target(include.target, path))


def find_foreign_inputs(listing: Listing, files: Collection[str], path: str) -> Iterator[str]:
    """What a file may be made of whose command can't be followed: every file that its first lines name, and its namesake."""
    stem = posixpath.splitext(path)[0]
    if f"{stem}.in" in files:
        yield f"{stem}.in"
    folder = posixpath.dirname(path) or "."
    for line in (read(listing, path) or "").splitlines()[:_HEADER]:
        if not line.startswith("#"):
            return
        words = line.lstrip("#").split()
        yield from (
            found for word in words for place in (folder, *parents(folder)) if (found := join(place, word)) in files
        )
