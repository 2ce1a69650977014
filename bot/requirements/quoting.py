"""Quotes and backslashes of values in requirements files, taken off as a POSIX shell does."""

from __future__ import annotations

from bot.patterns import pattern

_PART = pattern(
    r"""'(?P<raw>[^']*)'|"(?P<quoted>(?:\\.|[^"\\])*+)"|\\(?P<escaped>.?)|(?P<plain>[^'"\\]+)""",
    16,  # re.DOTALL, which needs no import
)
_ESCAPED = pattern(r"\\([\"\\`$\n])")


def unquote(text: str) -> str:
    """The text without its quotes; as it is where a quote stays open."""
    found: list[str] = []
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            return text
        found.append(_value(part.lastgroup or "", part[part.lastgroup or 0]))
        position = part.end()
    return "".join(found)


def _value(kind: str, text: str) -> str:
    if kind == "quoted":
        return str(_ESCAPED.sub(r"\1", text))
    return "" if kind == "escaped" and text == "\n" else text
