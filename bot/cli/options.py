"""Options of a command as a table, read without click as long as nothing is wrong with what was typed.

click takes longer to load than a lock takes to check. It is made from the same table where words are wanted: help,
completion, and what is wrong with a command line that is not plain. Variables of the environment fill in what was not
typed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path

from bot.errors import InputError
from bot.values import value

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("", "0", "false", "f", "no", "n", "off"))

#: For click: what asks each command for help, also one that is called by itself.
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Kind(Enum):
    """What follows an option. ``SWITCH`` is a flag with a last name that says no; not given, it is ``None``.

    ``COUNT`` is a flag that may be given several times.
    """

    FLAG = auto()
    SWITCH = auto()
    COUNT = auto()
    TEXT = auto()
    TEXTS = auto()
    FOLDER = auto()
    FILE = auto()


_BARE = frozenset((Kind.FLAG, Kind.SWITCH, Kind.COUNT))


@value(kw_only=False)
class Option:
    """``names``: the spellings, a short one first; of a switch the one that says no last.

    ``env``: the variable that stands in for it; ``separator``: what several values in one text are parted by, there and
    on the command line. ``choices``: the values that there are. ``remark``: what is said of one that is taken and changes
    nothing; ``refusal``: why it is not taken.
    """

    names: tuple[str, ...]
    kind: Kind
    help: str = ""
    metavar: str | None = None
    default: Path | None = None
    env: str | None = None
    separator: str | None = None
    choices: tuple[str, ...] = ()
    remark: str = ""
    refusal: str = ""

    @property
    def long(self) -> str:
        """The first long name."""
        return next(name for name in self.names if name.startswith("--"))

    @property
    def key(self) -> str:
        """What the value is called: the long name."""
        return self.long[2:].replace("-", "_")

    def absent(self) -> object:
        """The value where the option is not given."""
        if self.kind is Kind.FLAG:
            return False
        if self.kind is Kind.COUNT:
            return 0
        return () if self.kind is Kind.TEXTS else self.default

    def is_given(self, found: Mapping[str, object]) -> bool:
        """Whether it says something."""
        return found[self.key] not in (None, False, 0, ())


# --- the command line -----------------------------------------------------------------------------


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
        if option.kind in _BARE:
            if equals:
                return None
            found[option.key] = _counted(found[option.key], option, name)
            continue
        text = given if equals else next(rest, "")
        if not _is_plain(text, option):
            return None
        found[option.key] = _valued(found[option.key], text, option.kind)
    return found


def _counted(before: object, option: Option, name: str) -> object:
    if option.kind is Kind.COUNT:
        assert isinstance(before, int)
        return before + 1
    return option.kind is Kind.FLAG or name != option.names[-1]


def _is_plain(text: str, option: Option) -> bool:
    if not text or text.startswith("-") or (option.choices and text not in option.choices):
        return False
    if option.kind is Kind.FOLDER:
        return not os.path.exists(text) or (os.path.isdir(text) and os.access(text, os.R_OK))
    if option.kind is Kind.FILE:
        return not os.path.isdir(text) and (not os.path.exists(text) or os.access(text, os.R_OK))
    return True


def _valued(before: object, text: str, kind: Kind) -> object:
    if kind is Kind.TEXTS:
        assert isinstance(before, tuple)
        return (*before, text)
    return Path(text) if kind in (Kind.FOLDER, Kind.FILE) else text


# --- the environment ------------------------------------------------------------------------------


def with_environment(
    options: Sequence[Option], found: Mapping[str, object], environment: Mapping[str, str]
) -> dict[str, object]:
    """The values with variables in place of what was not typed, and lists parted; raises ``InputError``."""
    filled = dict(found)
    for option in options:
        if option.env is not None and found[option.key] == option.absent() and environment.get(option.env):
            filled[option.key] = _from_variable(option, option.env, environment[option.env])
        if option.separator is not None:
            filled[option.key] = tuple(_parted(filled[option.key], option.separator))
    return filled


def _from_variable(option: Option, name: str, text: str) -> object:
    if option.kind in _BARE:
        return is_true(name, text)
    if option.choices and text not in option.choices:
        raise InputError(f"{name}={text!r} is not one of {', '.join(option.choices)}", hint="choose one of them")
    return _valued((), text, option.kind)


def is_true(name: str, text: str) -> bool:
    """What a variable says that is a flag; raises ``InputError`` where it says neither yes nor no."""
    said = text.lower()
    if said not in _TRUE and said not in _FALSE:
        raise InputError(f"{name}={text!r} is neither true nor false", hint="set it to 1 or 0")
    return said in _TRUE


def _parted(texts: object, separator: str) -> Iterator[str]:
    assert isinstance(texts, tuple)
    for text in texts:
        yield from text.split() if separator == " " else filter(None, text.split(separator))


# --- what is not taken as it stands ---------------------------------------------------------------


def refuse_together(options: Iterable[Option], found: Mapping[str, object], sets: Iterable[frozenset[str]]) -> None:
    """Raise ``InputError`` where two options of a set are given, which contradict each other."""
    given = {option.key: option.long for option in options if option.is_given(found)}
    for one in sets:
        names = [long for key, long in given.items() if key in one]
        if len(names) > 1:
            raise InputError(f"{names[0]} and {names[1]} contradict each other", hint="leave one of them out")


def refuse_unusable(options: Iterable[Option], typed: Mapping[str, object]) -> None:
    """Raise ``InputError`` for an option that was typed and can't be obeyed."""
    for option in options:
        if option.refusal and option.is_given(typed):
            raise InputError(f"{option.long} can't be obeyed: {option.refusal}", hint="leave it out")


def remarks(options: Iterable[Option], typed: Mapping[str, object], filled: Mapping[str, object]) -> Iterator[str]:
    """What is to be said of options that change nothing, and of variables that can't be obeyed."""
    for option in options:
        if option.remark and option.is_given(typed):
            yield f"{option.long} changes nothing: {option.remark}"
        elif option.refusal and option.is_given(filled):
            yield f"{option.env} can't be obeyed: {option.refusal}"
