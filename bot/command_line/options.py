"""One option of a command, as a row of a table; and what is said of those that are not obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from pathlib import Path

from bot.errors import InputError
from bot.values import value


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

    @property
    def is_bare(self) -> bool:
        return self in (Kind.FLAG, Kind.SWITCH, Kind.COUNT)


class Bears(Enum):
    """What an option changes: what its command does (``COMMAND``), what is locked (``LOCK``), or how this machine goes
    about it, which changes no byte (``MACHINE``)."""

    COMMAND = auto()
    LOCK = auto()
    MACHINE = auto()


@value(kw_only=False)
class Option:
    """``names``: the spellings, a short one first; of a switch the one that says no last.

    ``env``: the variable that stands in for it, ``denied_env`` the one that stands for the opposite
    (of a switch, a variable that is false says nothing unless it ``env_denies``); ``separator``: what
    several values in one text are parted by, there and on the command line. ``choices``: the values that there are.
    ``excludes``: long names, without dashes, that must not be given beside it (beside a switch that says yes; beside one
    that says no those that ``denied_excludes`` names). ``remark``: what is said of one that is taken and changes nothing;
    ``refusal``: why it is not taken, and ``instead`` what to do.
    """

    names: tuple[str, ...]
    kind: Kind
    help: str = ""
    metavar: str | None = None
    default: Path | None = None
    env: str | None = None
    denied_env: str | None = None
    env_denies: bool = False
    separator: str | None = None
    choices: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    denied_excludes: tuple[str, ...] = ()
    bears: Bears = Bears.COMMAND
    remark: str = ""
    refusal: str = ""
    instead: str = "leave it out"

    @property
    def long(self) -> str:
        """The first long name."""
        return next(name for name in self.names if name.startswith("--"))

    @property
    def key(self) -> str:
        """What the value is called: the long name."""
        return self.long[2:].replace("-", "_")

    def denies(self, name: str) -> bool:
        """Whether this spelling of a switch says no."""
        return self.kind is Kind.SWITCH and name == self.names[-1]

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


def absent_values(options: Iterable[Option]) -> dict[str, object]:
    """What the values are where nothing is said."""
    return {option.key: option.absent() for option in options}


# --- what is not taken as it stands ---------------------------------------------------------------


def refuse_unusable(options: Iterable[Option], typed: Mapping[str, object]) -> None:
    """Raise ``InputError`` for an option that was typed and can't be obeyed."""
    for option in options:
        if option.refusal and option.is_given(typed):
            raise InputError(f"{option.long} can't be obeyed: {option.refusal}", hint=option.instead)


def remarks(options: Iterable[Option], typed: Mapping[str, object], filled: Mapping[str, object]) -> Iterator[str]:
    """What is to be said of options that change nothing, and of variables that can't be obeyed."""
    for option in options:
        if option.remark and option.is_given(typed):
            yield f"{option.long} changes nothing: {option.remark}"
        elif option.refusal and option.is_given(filled):
            yield f"{option.env} can't be obeyed: {option.refusal}"
