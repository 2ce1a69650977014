"""Which Python is compiled for: what the command says, else what the folder says, else lockbot's own default."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion

from bot.errors import InputError
from bot.manifest.model import PipSettings
from bot.patterns import pattern
from bot.pep440 import parse_version, shorten

#: What ``--python`` may call an interpreter that is one of a version.
_REQUEST = pattern(r"(?:(?:cpython|python|cp|py)[@-]?)?(?P<version>3(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)", re.IGNORECASE)
_NUMBERS = range(1 << 8)
_LEAST = (3, 6)


def choose_python(pip: PipSettings, environment: str | None, default: str) -> str:
    """The version to compile for; raises ``InputError``.

    ``environment`` is what ``UV_PYTHON`` says. Interpreters are never looked for: what names one by its path is refused.
    """
    if pip.python_version is not None:
        return _checked(pip.python_version, "--python-version")
    said = pip.python or environment
    if not said:
        return default
    found = _REQUEST.fullmatch(said)
    if found is None:
        raise InputError(
            f"--python {shorten(said)!r} names an interpreter, and lockbot runs none",
            hint="say which version is meant: --python-version 3.N",
        )
    return _checked(found["version"], "--python")


def _checked(text: str, option: str) -> str:
    try:
        version = parse_version(text)
    except InvalidVersion:
        raise InputError(f"{option} {shorten(text)!r} is not a version", hint="write 3.N or 3.N.P") from None
    wrong = version.is_devrelease or version.local or version.epoch or any(_is_too_large(version.release))
    if wrong:
        raise InputError(f"{option} {shorten(text)!r} is not a version of Python", hint="write 3.N or 3.N.P")
    if version.release[:2] < _LEAST[: len(version.release)]:
        raise InputError(
            f"{option} {shorten(text)!r} is older than any Python that uv knows", hint="write 3.6 or later"
        )
    return text


def _is_too_large(release: tuple[int, ...]) -> Iterator[bool]:
    return (number not in _NUMBERS for number in release[:3])


def least_python(version: str) -> str:
    """The release of a version, without zeros at its end: what ``requires-python`` begins with for one environment."""
    release = (*parse_version(version).release, 0, 0)[:3]
    while len(release) > 1 and not release[-1]:
        release = release[:-1]
    return ".".join(map(str, release))
