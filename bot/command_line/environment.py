"""Variables of the environment in place of options that were not typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bot.command_line.options import Kind, Option
from bot.command_line.words import parted
from bot.errors import InputError

_TRUE: Final = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE: Final = frozenset(("", "0", "false", "f", "no", "n", "off"))


def with_environment(
    options: Sequence[Option], found: Mapping[str, object], environment: Mapping[str, str]
) -> dict[str, object]:
    """The values with variables in place of what was not typed; raises ``InputError``."""
    filled = dict(found)
    for option in options:
        if found[option.key] != option.absent():
            continue
        if option.denied_env is not None and environment.get(option.denied_env):
            filled[option.key] = False if is_true(option.denied_env, environment[option.denied_env]) else None
        if option.env is not None and environment.get(option.env):
            said = _from_variable(option, option.env, environment[option.env])
            if said is not False or option.env_denies or option.kind is not Kind.SWITCH:
                filled[option.key] = said
    return filled


def _from_variable(option: Option, name: str, text: str) -> object:
    if option.kind.is_bare:
        return is_true(name, text)
    if option.choices and text not in option.choices:
        raise InputError(f"{name}={text!r} is not one of {', '.join(option.choices)}", hint="choose one of them")
    if option.kind is Kind.TEXTS:
        return tuple(filter(None, parted(text, option.separator)))
    return Path(text) if option.kind in (Kind.FOLDER, Kind.FILE) else text


def is_true(name: str, text: str) -> bool:
    """What a variable says that is a flag; raises ``InputError`` where it says neither yes nor no."""
    said = text.lower()
    if said not in _TRUE and said not in _FALSE:
        raise InputError(f"{name}={text!r} is neither true nor false", hint="set it to 1 or 0")
    return said in _TRUE
