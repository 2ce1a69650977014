"""What the lock of a newer uv says beyond what the reader knows: kept where the rest of its table is kept.

uv adds fields with a new revision and readers pass over those that they don't know, so a lock in which one package moves
has to keep them for all others. What they would be for a changed entry nobody here can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.lockfile.sections import PACKAGE, Lines, Section

_ANY: Final[None] = None
#: The keys of each table that the reader knows; ``None``: they are names, so it knows them all.
_KNOWN: Final[Mapping[str, frozenset[str] | None]] = {
    "": frozenset(
        {
            "version",
            "revision",
            "requires-python",
            "resolution-markers",
            "supported-markers",
            "required-markers",
            "conflicts",
        }
    ),
    "[options]": frozenset(
        {
            "resolution-mode",
            "prerelease-mode",
            "fork-strategy",
            "minimum-libc-version",
            "exclude-newer",
            "exclude-newer-span",
        }
    ),
    "[options.prerelease-package]": _ANY,
    "[options.exclude-newer-package]": _ANY,
    "[manifest]": frozenset(
        {
            "members",
            "default-groups",
            "requirements",
            "constraints",
            "overrides",
            "excludes",
            "build-constraints",
        }
    ),
    "[manifest.dependency-groups]": _ANY,
    "[manifest.group-requires-python]": _ANY,
    "[[manifest.dependency-metadata]]": _ANY,
    PACKAGE: frozenset(
        {"name", "version", "source", "default-groups", "resolution-markers", "dependencies", "sdist", "wheels"}
    ),
    "[package.optional-dependencies]": _ANY,
    "[package.dev-dependencies]": _ANY,
    "[package.dependency-groups]": _ANY,
    "[package.group-requires-python]": _ANY,
    "[package.metadata]": frozenset({"requires-dist", "provides-extras"}),
    "[package.metadata.requires-dev]": _ANY,
    "[package.metadata.dependency-groups]": _ANY,
}


def carry_unknown(before: Sequence[Section], after: Sequence[Section]) -> tuple[Section, ...]:
    """The tables of ``after`` with what ``before`` says beside, each field and each table where it stood.

    Both are the tables before the packages, or those of one package entry.
    """
    carried = list(after)
    for position, section in enumerate(before):
        unknown = dict(_unknown(section))
        if not unknown:
            continue
        at = next((at for at, one in enumerate(carried) if one.header == section.header), None)
        if at is None or section.header not in _KNOWN:
            carried.insert(_place(before[:position], carried), Section(section.header, unknown))
        else:
            carried[at] = _with_fields(carried[at], section.items, unknown)
    return tuple(carried)


def _unknown(section: Section) -> Iterator[tuple[str, Lines]]:
    known = _KNOWN.get(section.header, frozenset())
    if known is not None:
        yield from ((key, lines) for key, lines in section.items.items() if key not in known)


def _place(earlier: Sequence[Section], carried: Sequence[Section]) -> int:
    """Behind the nearest table that stood before it and is still there."""
    headers = [section.header for section in carried]
    for section in reversed(earlier):
        if section.header in headers:
            return len(headers) - headers[::-1].index(section.header)
    return len(headers)


def _with_fields(section: Section, old: Mapping[str, Lines], unknown: Mapping[str, Lines]) -> Section:
    items = list(section.items.items())
    names = list(old)
    for key, lines in unknown.items():
        if key in section.items:
            continue
        there = [name for name, _ in items]
        before = [name for name in names[: names.index(key)] if name in there]
        items.insert(there.index(before[-1]) + 1 if before else 0, (key, lines))
    return Section(section.header, dict(items))
