"""What differs between two releases that a reviewer would not expect: pure comparisons, without words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.patterns import pattern
from bot.plan.releases.model import Story
from bot.resolver.model.attested import Publisher

#: Words by which licenses of one family are known, whether an expression, a classifier or somebody's own words name it.
_FAMILIES = (
    ("AGPL", pattern(r"\bagpl|affero", re.IGNORECASE)),
    ("LGPL", pattern(r"\blgpl|lesser general public|library general public", re.IGNORECASE)),
    ("GPL", pattern(r"(?<![al])gpl|(?<!lesser )(?<!library )(?<!affero )general public licen[cs]e", re.IGNORECASE)),
    ("MIT-0", pattern(r"\bmit-0\b|mit no attribution", re.IGNORECASE)),
    ("MIT", pattern(r"\bmit\b(?!-0| no attribution)|expat", re.IGNORECASE)),
    ("Apache", pattern(r"\bapache|\basl 2", re.IGNORECASE)),
    ("BSD", pattern(r"\b0?bsd\b", re.IGNORECASE)),
    ("MPL", pattern(r"\bmpl|mozilla", re.IGNORECASE)),
    ("ISC", pattern(r"\biscl?\b", re.IGNORECASE)),
    ("PSF", pattern(r"\bpsf|python software foundation", re.IGNORECASE)),
    ("Unlicense", pattern(r"\bunlicense", re.IGNORECASE)),
    ("BUSL", pattern(r"\bbusl|\bbsl 1\.1|business source", re.IGNORECASE)),
    ("SSPL", pattern(r"\bsspl|server side public", re.IGNORECASE)),
    ("proprietary", pattern(r"proprietary|commercial|all rights reserved", re.IGNORECASE)),
)


def find_license_change(story: Story) -> tuple[str, str] | None:
    """Both licenses, where they differ in more than how they are stated; nothing where one of them is not known."""
    old, new = (one.license if one is not None else None for one in (story.before, story.after))
    if old is None or new is None or old.casefold() == new.casefold():
        return None
    families = _families(old), _families(new)
    return None if families[0] == families[1] != frozenset() else (old, new)


def _families(text: str) -> frozenset[str]:
    return frozenset(name for name, words in _FAMILIES if words.search(text))


def has_lost_provenance(story: Story) -> bool:
    return story.before is not None and story.after is not None and story.before.is_attested > story.after.is_attested


def find_publisher_change(story: Story) -> tuple[str, str] | None:
    """Who published both, where nobody published both."""
    old, new = (one.publishers if one is not None else () for one in (story.before, story.after))
    if not old or not new or not frozenset(old).isdisjoint(new):
        return None
    return _named(old), _named(new)


def _named(publishers: Iterable[Publisher]) -> str:
    return ", ".join(f"{one.kind} {one.name}" for one in publishers)
