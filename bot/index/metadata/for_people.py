"""What core metadata says to people: the license and links of a project, within limits. Pure; nothing rests on it.

A license is stated in one of three ways, the later ones for older packages: an SPDX expression (PEP 639), a text that
may be anything up to the whole license, classifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from bot.limits import URL_LENGTH
from bot.printable import printable

_LICENSE = "License :: "
_APPROVED = "OSI Approved :: "
_LONGEST = 120
_LABEL = 40
_LINKS = 30


class Fields(Protocol):
    """``bot.index.metadata.metadata.Headers``."""

    def all(self, name: str) -> list[str]: ...

    def first(self, name: str) -> str | None: ...


def find_license(fields: Fields) -> str | None:
    """The license in a few words; ``None`` where there is nothing that short."""
    stated = (fields.first("license-expression"), _from_classifiers(fields.all("classifier")), fields.first("license"))
    short = (printable(" ".join(text.split())) for text in stated if text)
    return next((text for text in short if 0 < len(text) <= _LONGEST), None)


def _from_classifiers(rows: Iterable[str]) -> str | None:
    named = (row.removeprefix(_LICENSE).removeprefix(_APPROVED) for row in rows if row.startswith(_LICENSE))
    return " OR ".join(dict.fromkeys(name for name in named if name and name != "OSI Approved")) or None


def find_links(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Labels and web addresses, as written, in their order; the older ``Home-page`` comes last."""
    rows = [*map(_parted, fields.all("project-url")), ("homepage", fields.first("home-page") or "")]
    return tuple(_usable(rows))[:_LINKS]


def _parted(row: str) -> tuple[str, str]:
    label, _, url = row.partition(",")
    return label.strip(), url.strip()


def _usable(rows: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for label, url in rows:
        is_web = url.lower().startswith(("https://", "http://"))
        if label and len(label) <= _LABEL and is_web and len(url) <= URL_LENGTH and url.isprintable():
            yield printable(label), url
