"""Text whose characters know where in the file they stand, also where variables were put in place of their names.

A variable's value is text of the file too: what is found in the whole can be edited where the file has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.patterns import pattern

#: What stands for the value of a variable that nobody knows: no name, tag or version has it.
UNKNOWN = "\0"
#: Longer than any version or reference: variables of variables grow without end.
_LONGEST = 500
#: So many characters may come of the variables of one file.
_ALLOWANCE = 500_000
_DEEPEST = 8
_VARIABLE = pattern(
    r"\$\{\{\s*env\.(?P<action>\w+)\s*\}\}"
    r"|\$\{\{[^{}]*\}\}"
    r"|\$\[\[[^\[\]]*\]\]"
    r"|\$\{(?P<braced>\w+)(?:(?P<rule>:?[-+?])(?P<other>[^{}]*))?\}"
    r"|\$(?P<bare>[A-Za-z_]\w*)"
    r"|\$\((?P<azure>\w+)\)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """``offsets`` has the place of each character in the file, -1 for those that stand nowhere."""

    text: str
    offsets: Sequence[int] = field(repr=False)

    def part(self, start: int, end: int) -> Traced:
        return Traced(text=self.text[start:end], offsets=self.offsets[start:end])

    def find_start(self, start: int, end: int) -> int | None:
        """The offset in the file of a part that stands there letter by letter."""
        found = self.offsets[start:end]
        if not found or found[0] < 0 or any(one != found[0] + step for step, one in enumerate(found)):
            return None
        return found[0]


Variables: TypeAlias = Callable[[str], Traced | None]


class Allowance:
    """What variables may bring into the texts of one file, all together: behind it none has a value that is known."""

    def __init__(self) -> None:
        self._left = _ALLOWANCE

    def give(self, value: Traced | None) -> Traced | None:
        """The value, unless it is none that anybody needs."""
        if value is None or len(value.text) > _LONGEST or self._left <= 0:
            return None
        self._left -= len(value.text) + 1
        return value


def trace(text: str, start: int) -> Traced:
    """A part of the file, letter by letter from an offset on."""
    return Traced(text=text, offsets=range(start, start + len(text)))


def joined(parts: Sequence[Traced]) -> Traced:
    return Traced(text="".join(one.text for one in parts), offsets=[offset for one in parts for offset in one.offsets])


def expand(traced: Traced, variables: Variables, depth: int = 0) -> Traced:
    """With the values of variables (``$A``, ``${A}``, ``${A:-other}``, ``${{ env.A }}``) in place of their names."""
    parts: list[Traced] = []
    done = 0
    for found in _VARIABLE.finditer(traced.text):
        parts += [traced.part(done, found.start()), _value_of(found, traced, variables, depth)]
        done = found.end()
    return joined([*parts, traced.part(done, len(traced.text))]) if parts else traced


def _value_of(found: re.Match[str], traced: Traced, variables: Variables, depth: int) -> Traced:
    name = found["action"] or found["braced"] or found["bare"] or found["azure"]
    value = variables(name) if name else None
    rule = found["rule"] or ""
    if depth < _DEEPEST and ((value is None and rule.endswith("-")) or (value is not None and rule.endswith("+"))):
        return expand(traced.part(found.start("other"), found.end("other")), variables, depth + 1)
    return value or _NOTHING


_NOTHING = Traced(text=UNKNOWN, offsets=(-1,))
