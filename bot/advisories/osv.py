"""Records of the OSV schema (https://ossf.github.io/osv-schema/) and the bodies of the API's answers, read leniently.

What a record says in a way that is not understood says nothing; only a record without an identifier, or something else
than an object, is refused. Everything in it is text of strangers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.advisories.model import Advisory, Affected, Event, EventKind, read_version
from bot.errors import InputError
from bot.limits import ADVISORY_ROWS
from bot.patterns import pattern

ECOSYSTEM = "PyPI"
#: Ranges of other types speak of commits or of versions that are none of PEP 440.
_RANGE = "ECOSYSTEM"
#: Identifiers become part of addresses and of texts.
_ID = pattern(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_PAGE = "https://osv.dev/vulnerability/"


def is_id(text: object) -> bool:
    """Whether this can be the identifier of a record."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def parse_advisory(record: object) -> Advisory:
    """One record; raises ``InputError`` where it is none."""
    found = record if isinstance(record, Mapping) else {}
    name = found.get("id")
    if not isinstance(name, str) or not is_id(name):
        raise InputError("an advisory without an identifier")
    return Advisory(
        id=name,
        modified=_text(found.get("modified")) or "",
        published=_text(found.get("published")),
        aliases=tuple(dict.fromkeys(one for one in _list(found.get("aliases")) if is_id(one) and one != name)),
        summary=_one_line(found.get("summary")),
        details=_text(found.get("details")),
        link=_link(found) or f"{_PAGE}{name}",
        severity=_severity(found),
        affected=tuple(_affected(found)),
        is_withdrawn=_text(found.get("withdrawn")) is not None,
    )


def _affected(record: Mapping[str, Any]) -> Iterator[Affected]:
    for entry in _tables(record.get("affected")):
        stated = entry.get("package")
        package = stated if isinstance(stated, Mapping) else {}
        name = _text(package.get("name"))
        if name is not None and package.get("ecosystem") == ECOSYSTEM:
            yield Affected(
                name=canonicalize_name(name),
                versions=frozenset(_versions(entry.get("versions"))),
                ranges=tuple(_ranges(entry.get("ranges"))),
            )


def _versions(stated: object) -> Iterator[Version]:
    for text in _list(stated):
        version = read_version(text)
        if version is not None:
            yield Version(version.public)


def _ranges(stated: object) -> Iterator[tuple[Event, ...]]:
    for one in _tables(stated):
        if one.get("type") == _RANGE:
            yield tuple(event for entry in _tables(one.get("events")) for event in _events(entry))


def _events(entry: Mapping[str, Any]) -> Iterator[Event]:
    for kind in EventKind:
        text = entry.get(kind.value)
        if (text == "0" and kind is EventKind.INTRODUCED) or (text == "*" and kind is EventKind.LIMIT):
            yield Event(kind=kind, version=None)
        elif (version := read_version(text)) is not None:
            yield Event(kind=kind, version=version)


def _link(record: Mapping[str, Any]) -> str | None:
    """The advisory's own page, or another that is named."""
    named = [(one.get("type"), _text(one.get("url"))) for one in _tables(record.get("references"))]
    for wanted in ("ADVISORY", "WEB"):
        for kind, url in named:
            if kind == wanted and url is not None and url.startswith(("https://", "http://")):
                return url
    return None


def _severity(record: Mapping[str, Any]) -> str | None:
    own = record.get("database_specific")
    word = _text(own.get("severity")) if isinstance(own, Mapping) else None
    return word.upper() if word is not None and word.isalpha() else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _one_line(value: object) -> str | None:
    text = _text(value)
    return None if text is None else text.strip().replace("\n", "")


def _list(value: object) -> list[Any]:
    return value[:ADVISORY_ROWS] if isinstance(value, list) else []


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, Mapping)]
