"""Which versions a text admits: PEP 440 specifiers, one version, or a regular expression over the version's text."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.pep440 import parse_specifiers, parse_version
from bot.repoconfig.regexes import check_regex, is_regex, matches_regex


def check_versions(text: str) -> str:
    """The text itself; raises ``ValueError`` with a sentence where it admits nothing that can be understood."""
    if is_regex(text):
        return check_regex(text)
    _specifiers(text)
    return text


def admits_version(text: str, version: Version) -> bool:
    """Whether the text, checked before, admits a version."""
    if is_regex(text):
        return matches_regex(str(version), text) is not text.startswith("!")
    return _specifiers(text).contains(version, prereleases=True)


def _specifiers(text: str) -> SpecifierSet:
    try:
        return parse_specifiers(f"=={text.strip()}" if _is_version(text) else text)
    except InvalidSpecifier:
        raise ValueError(
            f"{text[:80]!r} is no version specifier of Python; write one like '<3', '>=1.2,<2', or '/^1\\./'"
        ) from None


def _is_version(text: str) -> bool:
    try:
        parse_version(text.strip())
    except InvalidVersion:
        return False
    return True


def check_python(text: str) -> str:
    """The text itself; raises ``ValueError`` where it names no oldest Python."""
    if find_python(text) is None:
        raise ValueError(f"{text[:80]!r} names no oldest Python; write it like '>=3.12' or '3.12'")
    return text


def find_python(text: str) -> str | None:
    """The oldest Python of a constraint, as ``3.N``."""
    try:
        specifiers = _specifiers(text)
    except ValueError:
        return None
    floors = [one.version for one in specifiers if one.operator in {">=", "==", "~=", ">"}]
    release = [parse_version(floor.removesuffix(".*")).release for floor in floors]
    return next((f"3.{found[1]}" for found in sorted(release, reverse=True) if len(found) > 1 and found[0] == 3), None)
