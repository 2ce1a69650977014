"""Marker text -> comparisons joined by ``and`` and ``or``: the grammar of PEP 508, as tolerant as uv's reader.

What a comparison means is the business of ``bot.markers.lowering``. ``===`` is not an operator here, as in uv.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.errors import InputError
from bot.patterns import pattern

DEPRECATED_KEYS: Final = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.machine": "platform_machine",
    "platform.version": "platform_version",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
KEYS: Final = frozenset(
    [
        *DEPRECATED_KEYS,
        "os_name",
        "sys_platform",
        "platform_system",
        "platform_machine",
        "platform_python_implementation",
        "platform_release",
        "platform_version",
        "implementation_name",
        "implementation_version",
        "python_full_version",
        "python_version",
        "extra",
        "extras",
        "dependency_groups",
    ]
)
_SHOWN: Final = 300
_OPERATORS: Final = frozenset(["==", "!=", "<", "<=", ">", ">=", "~="])

_OPERAND = pattern(r"""\s*(?:'([^']*)'|"([^"]*)"|([^\s><=!~)]+))""")
_OPERATOR = pattern(r"""\s*(not\s+in|in(?=[\s'"]|$)|[<=>~!]+)""")
_WORD = pattern(r"\s*([^\s(]*)")
_SPACE = pattern(r"\s*")


class MarkerSyntaxError(InputError, ValueError):
    """Text that is not a marker."""

    def __init__(self, problem: str, text: str) -> None:
        self.text = text
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        super().__init__(f"{problem} in the marker `{shown}`", hint="write it as in `python_version >= '3.11'`")


class Operand(NamedTuple):
    """One side of a comparison: a quoted text or the (current) name of a variable."""

    value: str
    quoted: bool


class Comparison(NamedTuple):
    left: Operand
    operator: str
    right: Operand


class Junction(NamedTuple):
    """Two or more expressions joined by ``word``: ``and`` or ``or``."""

    word: str
    parts: list[Expression]


Expression = Comparison | Junction


def parse_expression(text: str) -> Expression:
    """Return the expression; ``MarkerSyntaxError`` if the text is not a marker."""
    reader = _Reader(text)
    expression = reader.junction("or")
    reader.skip_space()
    if reader.position != len(text):
        raise reader.error("expected `and`, `or` or the end")
    return expression


class _Reader:
    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, expected: str) -> MarkerSyntaxError:
        rest = self.text[self.position :].strip()[:_SHOWN]
        return MarkerSyntaxError(f"{expected}, found `{rest}`" if rest else f"{expected}, found the end", self.text)

    def skip_space(self) -> None:
        space = _SPACE.match(self.text, self.position)
        self.position = space.end() if space else self.position

    def junction(self, word: str) -> Expression:
        """Read what ``word`` joins; ``and`` binds closer than ``or``."""
        parts = [self._part(word)]
        while (found := _WORD.match(self.text, self.position)) and found[1] == word:
            self.position = found.end()
            parts.append(self._part(word))
        return parts[0] if len(parts) == 1 else Junction(word, parts)

    def _part(self, word: str) -> Expression:
        if word == "or":
            return self.junction("and")
        self.skip_space()
        if not self.text.startswith("(", self.position):
            return self._comparison()
        self.position += 1
        inner = self.junction("or")
        self.skip_space()
        if not self.text.startswith(")", self.position):
            raise self.error("expected `)`")
        self.position += 1
        return inner

    def _comparison(self) -> Comparison:
        left = self._operand()
        found = _OPERATOR.match(self.text, self.position)
        operator = found[1] if found else ""
        if operator.startswith("not"):
            operator = "not in"
        elif operator != "in" and operator not in _OPERATORS:
            raise self.error("expected an operator such as `>=` or `not in`")
        self.position = found.end() if found else self.position
        return Comparison(left, operator, self._operand())

    def _operand(self) -> Operand:
        found = _OPERAND.match(self.text, self.position)
        if found is None or (found[3] and found[3] not in KEYS):
            raise self.error("expected a quoted text or the name of a variable")
        self.position = found.end()
        single, double, key = found.groups()
        if key is not None:
            return Operand(DEPRECATED_KEYS.get(key, key), quoted=False)
        return Operand(double if single is None else single, quoted=True)
