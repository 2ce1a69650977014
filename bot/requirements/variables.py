"""``${VARIABLES}`` in requirements files. What they stand for is an argument: nothing of an environment is known here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.patterns import pattern

_VARIABLE = pattern(r"\$\{([A-Z0-9_]+)\}")


def expand_variables(text: str, variables: Mapping[str, str]) -> str:
    """The text with those of the variables that are known; the others stay as written."""

    def known(found: re.Match[str]) -> str:
        return variables.get(found[1], found.group())

    return _VARIABLE.sub(known, text) if "${" in text else text


def find_variables(text: str) -> tuple[str, ...]:
    """The names of the variables in a text."""
    return tuple(_VARIABLE.findall(text)) if "${" in text else ()
