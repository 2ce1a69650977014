"""TOML values as they stand in lock files: which quotes a string gets, inline tables, one-line arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.patterns import pattern

_BARE_KEY = pattern(r"[A-Za-z0-9_-]+", re.ASCII)
_CONTROLS = pattern(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def render_string(value: str) -> str:
    """Quote ``value`` with the first kind of quotes that needs no escape; escape where no kind does."""
    if '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return _render_unusual(value)


def _render_unusual(value: str) -> str:
    lines = "\n" in value
    if not _CONTROLS.search(value):
        escaped = "\\" in value
        if not escaped and '"' not in value and not lines:
            return f'"{value}"'
        if "'" not in value and not lines:
            return f"'{value}'"
        opening = "\n" if lines else ""
        if not escaped and '"""' not in value:
            return f'"""{opening}{value}"""'
        if "'''" not in value:
            return f"'''{opening}{value}'''"
    return '"' + "".join(_escape(character) for character in value) + '"'


def _escape(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    return f"\\u{ord(character):04X}" if _CONTROLS.match(character) else character


def render_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else render_string(key)


def render_inline_table(fields: Iterable[str]) -> str:
    """An inline table of ready ``key = value`` texts."""
    inside = ", ".join(fields)
    return f"{{ {inside} }}" if inside else "{}"


def render_array(values: Iterable[str]) -> str:
    """An array of ready value texts on one line."""
    return f"[{', '.join(values)}]"


def render_strings(values: Iterable[str]) -> str:
    return render_array(map(render_string, values))
