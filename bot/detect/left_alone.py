"""Files that look like manifests and are none of this repository's: templates, and what the configuration passes over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.patterns import pattern

#: What template engines fill in.
_PLACEHOLDER = pattern(r"\{\{[^{}]*\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TABLE = pattern(r"\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]")
_WORDS = pattern(r"\s*description\s*=")


def find_placeholder(path: str, text: str) -> str | None:
    """What makes a file a template; what other tools than uv keep in their tables is theirs (release messages, say)."""
    found = _PLACEHOLDER.search(path) or _PLACEHOLDER.search("\n".join(_own_lines(text)))
    return None if found is None else " ".join(found[0].split())


def _own_lines(text: str) -> Iterator[str]:
    is_own = True
    for line in text.splitlines():
        table = _TABLE.match(line)
        if table is not None:
            name = table["name"].replace('"', "").replace(" ", "")
            is_own = not name.startswith("tool.") or name == "tool.uv" or name.startswith("tool.uv.")
        if is_own and not _WORDS.match(line):
            yield line
