"""The hashes behind requirements replaced by others, in the layout that they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.patterns import pattern
from bot.requirements.model import RequirementLine

_FIRST = pattern(r"(?P<gap>(?:[ \t]|\\(?:\r\n|\n|\r))*)--hash(?P<sign>=|[ \t]+)")


def replace_hashes(text: str, hashes: Mapping[RequirementLine, Sequence[str]]) -> str:
    """The text with other hashes behind some of its requirements, which have hashes now."""
    for row, wanted in sorted(hashes.items(), key=lambda found: -found[0].span.start):
        before = text[row.span.end : row.end]
        first = _FIRST.match(before)
        if first is None:
            raise ValueError("a requirement without hashes has no place for them")
        after = "".join(f"{first['gap']}--hash{first['sign']}{one}" for one in wanted)
        text = text[: row.span.end] + after + text[row.end :]
    return text
