"""Where a project is, by the labels of its links (the well-known ones of PyPA's specification, and some that are near)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeAlias

from bot.patterns import pattern

#: Labels and addresses, as metadata states them.
Links: TypeAlias = Sequence[tuple[str, str]]

_NO_LETTER = pattern(r"[\W_]+")


class LinkKind(StrEnum):
    CHANGELOG = "changelog"
    SOURCE = "source"
    HOMEPAGE = "homepage"


_LABELS = {
    LinkKind.CHANGELOG: ("changelog", "changes", "whatsnew", "history", "releasenotes", "releases", "news"),
    LinkKind.SOURCE: ("source", "repository", "sourcecode", "github", "code", "sources", "repo"),
    LinkKind.HOMEPAGE: ("homepage", "home"),
}


def find_links(links: Links, kind: LinkKind) -> Iterator[str]:
    """The addresses of a kind; those under the label that is known best come first."""
    plain = [(_NO_LETTER.sub("", label).casefold(), url) for label, url in links]
    for wanted in _LABELS[kind]:
        yield from (url for label, url in plain if label == wanted)


def find_link(links: Links, kind: LinkKind) -> str | None:
    return next(find_links(links, kind), None)
