"""PEP 508 requirements of manifests, with what ``packaging`` does not keep: the order of extras and canonical markers.

Strict first; a text that is not valid is repaired once, the way uv repairs old metadata, before it is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from bot.addresses import is_address
from bot.limits import REQUIREMENT_LENGTH, SPECIFIER_LENGTH
from bot.manifest.model import DeclaredRequirement
from bot.markers import TRUE, Marker, MarkerSyntaxError, parse_marker
from bot.patterns import pattern
from bot.pep440 import parse_specifiers, shorten

_HEAD = pattern(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\]\s*)?(?P<rest>.*)", re.DOTALL
)
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_URL_END = pattern(r"(?<!\s)\s+[;#]|$")

#: The repairs of lenient parsing, in the order in which they add up.
_REPAIRS: tuple[tuple[re.Pattern[str], str], ...] = (
    (pattern(r"(\d)([<>=~^!])"), r"\1,\2"),
    (pattern(r"!=~((?:\d\.)*\d)"), r"!=\1.*"),
    (pattern(r"(<=|>=|<|>)(\s*)(\d+(?:\.\d+)*)\.\*"), r"\1\2\3"),
    (pattern(r"(\d+\.\d)+\*"), r"\1.*"),
    (pattern(r",\s*$"), ""),
    (pattern(r">dev"), ">0.0.0dev"),
    (pattern(r"(\d+\.\d+\.\d+[ab]\d+)\.\d+"), r"\1"),
    (pattern(r"[\"']"), ""),
)


class InvalidRequirement(ValueError):
    """A text that is no requirement."""


def parse_specifiers_leniently(text: str) -> SpecifierSet:
    """Parse version specifiers, repairing old mistakes; raises ``InvalidSpecifier`` with the unrepaired text."""
    try:
        return parse_specifiers(text)
    except InvalidSpecifier as error:
        if len(text) > SPECIFIER_LENGTH:
            raise
        repaired = text
        for pattern, replacement in _REPAIRS:
            repaired = pattern.sub(replacement, repaired)
            try:
                return parse_specifiers(repaired)
            except InvalidSpecifier:
                continue
        raise error from None


@lru_cache(maxsize=1 << 14)
def parse_requirement(text: str) -> DeclaredRequirement:
    """Parse one requirement; raises ``InvalidRequirement`` with a sentence."""
    if len(text) > REQUIREMENT_LENGTH:
        raise InvalidRequirement(f"{shorten(text)!r} is longer than {REQUIREMENT_LENGTH} characters")
    head = _HEAD.fullmatch(text)
    if head is None:
        raise InvalidRequirement(f"{shorten(text)!r} does not start with a package name")
    body, url, marker_text = _split(head["rest"], text)
    try:
        specifier = parse_specifiers_leniently(_unwrapped(body))
        marker = parse_marker(marker_text) if marker_text is not None else TRUE
    except InvalidSpecifier as error:
        raise InvalidRequirement(f"{shorten(text)!r}: {error}") from error
    except MarkerSyntaxError as error:
        raise InvalidRequirement(f"{shorten(text)!r}: {error}") from error
    return DeclaredRequirement(
        text=text,
        name=canonicalize_name(head["name"]),
        extras=_extras(head["extras"], text),
        specifier=specifier,
        url=url,
        marker=marker,
    )


def parse_requirement_marker(text: str) -> Marker:
    """Parse a marker that stands alone; raises ``InvalidRequirement``."""
    if len(text) > REQUIREMENT_LENGTH:
        raise InvalidRequirement(f"{shorten(text)!r} is longer than {REQUIREMENT_LENGTH} characters")
    try:
        return parse_marker(text)
    except MarkerSyntaxError as error:
        raise InvalidRequirement(f"{shorten(text)!r}: {error}") from error


def _split(rest: str, text: str) -> tuple[str, str | None, str | None]:
    """Return (specifier text, URL, marker text)."""
    if not rest.startswith("@"):
        body, semicolon, marker = rest.partition(";")
        return body, None, marker if semicolon else None
    rest = rest[1:].strip()
    end = _URL_END.search(rest)
    url = rest[: end.start()] if end else rest
    if not url or any(character.isspace() for character in url) or not is_address(url):
        raise InvalidRequirement(f"{shorten(text)!r}: expected a URL after '@'")
    tail = rest[len(url) :].strip()
    return "", url, tail[1:] if tail.startswith(";") else None


def _unwrapped(body: str) -> str:
    body = body.strip()
    return body[1:-1] if body.startswith("(") and body.endswith(")") else body


def _extras(text: str | None, whole: str) -> tuple[str, ...]:
    if text is None or not text.strip():
        return ()
    names = [name.strip() for name in text.split(",")]
    if not all(_NAME.fullmatch(name) for name in names):
        raise InvalidRequirement(f"{shorten(whole)!r}: {shorten(text)!r} is no list of extras")
    return tuple(canonicalize_name(name) for name in names)
