"""Versions and specifiers that strangers wrote, read within uv's bounds: the readers of manifests and locks ask here.

``packaging`` takes ``===`` with any text, which is no version for the solver, and numbers of any length, of which the
interpreter makes no integers. Both are refused here with the errors that ``packaging`` has for all else.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.limits import REQUIREMENT_LENGTH
from bot.patterns import pattern

#: The greatest number that a version may have: uv keeps them in 64 bits, and keeps the last for itself.
GREATEST_NUMBER = (1 << 64) - 2
_DIGITS = len(str(GREATEST_NUMBER))
_LONG_NUMBER = pattern(rf"[1-9][0-9]{{{_DIGITS - 1},}}")
#: Of so many digits the interpreter makes no integer, though they begin with zeros.
_ENDLESS_NUMBER = pattern(r"[0-9]{4300}")
#: A message repeats what it is about, but not all of it.
_SHOWN = 120


def shorten(text: str) -> str:
    """``text`` as a message repeats it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def has_endless_number(text: str) -> bool:
    """Whether a number in the text has more digits than the interpreter makes an integer of."""
    return _ENDLESS_NUMBER.search(text) is not None


def has_huge_number(text: str) -> bool:
    """Whether a number in the text is larger than a version may have."""
    if len(text) < _DIGITS:
        return False
    return has_endless_number(text) or any(
        len(found) > _DIGITS or int(found) > GREATEST_NUMBER for found in _LONG_NUMBER.findall(text)
    )


@lru_cache(maxsize=1 << 15)
def parse_version(text: str) -> Version:
    """Parse one version; raises ``packaging.version.InvalidVersion``."""
    if len(text) > REQUIREMENT_LENGTH or has_huge_number(text.partition("+")[0]):
        raise InvalidVersion(f"Invalid version: {shorten(text)!r}")
    try:
        return Version(text)
    except ValueError:
        # Also for a local segment of more digits than the interpreter makes an integer of.
        raise InvalidVersion(f"Invalid version: {shorten(text)!r}") from None


@lru_cache(maxsize=1 << 15)
def parse_specifiers(text: str) -> SpecifierSet:
    """Parse a comma-separated text, every clause of which names a version; raises ``InvalidSpecifier``."""
    if len(text) > REQUIREMENT_LENGTH:
        raise InvalidSpecifier(f"Invalid specifier: {shorten(text)!r} is longer than {REQUIREMENT_LENGTH} characters")
    specifiers = SpecifierSet(text)
    if "===" in text or has_huge_number(text):
        for one in specifiers:
            _check(one.operator, one.version)
    return specifiers


def _check(operator: str, version: str) -> None:
    try:
        parse_version(version if operator == "===" else version.removesuffix(".*"))
    except InvalidVersion:
        raise InvalidSpecifier(f"Invalid specifier: {shorten(version)!r} is not a PEP 440 version") from None
