"""Options of a command as a table, read without click as long as nothing is wrong with what was typed.

click takes longer to load than a lock takes to check. It is made from the same table where words are wanted: help,
completion, and what is wrong with a command line that is not plain.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path

from bot.values import value


class Kind(Enum):
    """What follows an option. ``SWITCH`` is a flag with a second name that says no; not given, it is ``None``."""

    FLAG = auto()
    SWITCH = auto()
    TEXT = auto()
    TEXTS = auto()
    FOLDER = auto()
    FILE = auto()


@value(kw_only=False)
class Option:
    """``names``: the spellings, a short one first; of a switch the one that says no last."""

    names: tuple[str, ...]
    kind: Kind
    help: str = ""
    metavar: str | None = None
    default: Path | None = None

    @property
    def key(self) -> str:
        """What the value is called: the long name."""
        long = next(name for name in self.names if name.startswith("--"))
        return long[2:].replace("-", "_")

    def absent(self) -> object:
        """The value where the option is not given."""
        if self.kind is Kind.FLAG:
            return False
        return () if self.kind is Kind.TEXTS else self.default


def read_plainly(arguments: Sequence[str], options: Sequence[Option]) -> dict[str, object] | None:
    """The value of each option; ``None`` where click has something to say, or may have."""
    found = {option.key: option.absent() for option in options}
    by_name = {name: option for option in options for name in option.names}
    rest = iter(arguments)
    for argument in rest:
        name, equals, given = argument.partition("=")
        option = by_name.get(name)
        if option is None or (equals and not name.startswith("--")):
            return None
        if option.kind in (Kind.FLAG, Kind.SWITCH):
            if equals:
                return None
            found[option.key] = option.kind is Kind.FLAG or name != option.names[-1]
            continue
        text = given if equals else next(rest, "")
        if not _is_plain(text, option.kind):
            return None
        found[option.key] = _valued(found[option.key], text, option.kind)
    return found


def _is_plain(text: str, kind: Kind) -> bool:
    if not text or text.startswith("-"):
        return False
    if kind is Kind.FOLDER:
        return not os.path.exists(text) or (os.path.isdir(text) and os.access(text, os.R_OK))
    if kind is Kind.FILE:
        return not os.path.isdir(text) and (not os.path.exists(text) or os.access(text, os.R_OK))
    return True


def _valued(before: object, text: str, kind: Kind) -> object:
    if kind is Kind.TEXTS:
        assert isinstance(before, tuple)
        return (*before, text)
    return Path(text) if kind in (Kind.FOLDER, Kind.FILE) else text
