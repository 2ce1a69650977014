"""PEP 508 requirements of manifests, with what ``packaging`` does not keep: the order of extras and canonical markers.

``[project]`` and published metadata are read leniently: a text that is not valid is repaired as uv repairs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from bot.addresses import is_address
from bot.limits import REQUIREMENT_LENGTH, SPECIFIER_LENGTH
from bot.manifest.model import DeclaredRequirement
from bot.markers import TRUE, Marker, MarkerSyntaxError, parse_marker
from bot.patterns import pattern
from bot.pep440 import parse_specifiers, shorten
from bot.values import replace

Parsed = TypeVar("Parsed")

_HEAD = pattern(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\]\s*)?(?P<rest>.*)", re.DOTALL
)
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_URL_END = pattern(r"(?<!\s)\s+[;#]|$")

_QUOTES = pattern(r"[\"']")
#: The repairs of lenient parsing, in the order in which they add up.
_REPAIRS: tuple[tuple[re.Pattern[str], str], ...] = (
    (pattern(r"(\d)([<>=~^!])"), r"\1,\2"),
    (pattern(r"!=~((?:\d\.)*\d)"), r"!=\1.*"),
    (pattern(r"(<=|>=|<|>)(\s*)(\d+(?:\.\d+)*)\.\*"), r"\1\2\3"),
    (pattern(r"(\d+\.\d)+\*"), r"\1.*"),
    (pattern(r",\s*$"), ""),
    (pattern(r">dev"), ">0.0.0dev"),
    (pattern(r"(\d+(?:\.\d)*(?:a|b|rc|post|dev)\d+)\.0"), r"\1"),
    (_QUOTES, ""),
)
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")


class InvalidRequirement(ValueError):
    """A text that is no requirement."""


def parse_specifiers_leniently(text: str) -> SpecifierSet:
    """Parse version specifiers, repairing old mistakes; raises ``InvalidSpecifier`` with the unrepaired text."""
    return (
        _repaired(text, parse_specifiers, InvalidSpecifier) if len(text) <= SPECIFIER_LENGTH else parse_specifiers(text)
    )


def parse_requirement_leniently(text: str) -> DeclaredRequirement:
    """Parse one requirement of published metadata or of ``[project]``, where uv repairs old mistakes before it refuses."""
    if len(text) > SPECIFIER_LENGTH:
        return parse_requirement(text)
    found = _repaired(text, parse_requirement, InvalidRequirement)
    return found if found.text == text else replace(found, text=text)


def _repaired(text: str, parse: Callable[[str], Parsed], refusal: type[ValueError]) -> Parsed:
    try:
        return parse(text)
    except refusal as error:
        repaired = text
        for mistake, replacement in _REPAIRS:
            before, repaired = repaired, _apply(mistake, replacement, repaired)
            if repaired != before:
                with suppress(refusal):
                    return parse(repaired)
        raise error from None


def _apply(mistake: re.Pattern[str], replacement: str, text: str) -> str:
    if mistake is not _QUOTES:
        return mistake.sub(replacement, text)
    # Quotes in a marker have a meaning.
    body, semicolon, marker = text.partition(";")
    return mistake.sub(replacement, body) + semicolon + marker


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
        specifier = parse_specifiers(_clauses(body.strip()))
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
    if not (url.startswith("/") or _SCHEME.match(url)):
        raise InvalidRequirement(f"{shorten(text)!r}: {shorten(url)!r} is not a URL; for a path use [tool.uv.sources]")
    tail = rest[len(url) :].strip()
    return "", url, tail[1:] if tail.startswith(";") else None


def _clauses(body: str) -> str:
    """The clauses of a specifier, without the parentheses around them; one comma may stand at the end."""
    text = body[1:-1] if body.startswith("(") and body.endswith(")") else body
    if body and not all(one.strip() for one in text.strip().removesuffix(",").split(",")):
        raise InvalidSpecifier(f"Invalid specifier: {shorten(body)!r} has an empty clause")
    return text


def _extras(text: str | None, whole: str) -> tuple[str, ...]:
    if text is None or not text.strip():
        return ()
    names = [name.strip() for name in text.split(",")]
    if not all(_NAME.fullmatch(name) for name in names):
        raise InvalidRequirement(f"{shorten(whole)!r}: {shorten(text)!r} is no list of extras")
    return tuple(canonicalize_name(name) for name in names)
