"""Core metadata (METADATA, PKG-INFO): the few fields that resolution needs, read from the header part alone.

Header syntax is RFC 822's as Python packaging uses it: case-insensitive names, continuation lines that begin with
a blank, an empty line before the description. The value ``UNKNOWN`` counts as absent.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from bot.index.metadata.for_people import find_license, find_links
from bot.index.metadata.identity import NotStatic, check_identity
from bot.index.metadata.lenient_requirement import repair_requirement
from bot.index.pages.filenames import normalize_name
from bot.index.pages.lenient import repair_specifier
from bot.limits import ENCODED_LENGTH, REQUIREMENTS
from bot.patterns import pattern
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.versions import try_parse_version

__all__ = [
    "Headers",
    "NotStatic",
    "check_identity",
    "parse_core_metadata",
    "parse_static_pkg_info",
    "repaired_specifier",
]

_END = pattern(rb"\r?\n\r?\n")
_FIELD = pattern(
    r"^(Metadata-Version|Name|Version|Requires-Dist|Requires-Python|Provides-Extra|Dynamic"
    r"|License(?:-Expression)?|Classifier(?=[ \t]*:[ \t]*License)|Project-URL|Home-page)[ \t]*:"
    r"[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)",
    re.MULTILINE | re.IGNORECASE,
)
_FOLD = pattern(r"\r?\n[ \t]+")
_METADATA_VERSION = pattern(r"(\d{1,3})\.(\d{1,3})", re.ASCII)
_NEEDED = frozenset({"Requires-Python", "Requires-Dist", "Provides-Extra"})


class Headers:
    """The fields of one metadata file; ``all`` and ``first`` take the name in lower case."""

    __slots__ = ("_fields",)

    def __init__(self, content: bytes) -> None:
        end = _END.search(content)
        text = (content[: end.start()] if end else content).decode("utf-8-sig", "replace")
        self._fields: dict[str, list[str]] = {}
        for match in _FIELD.finditer(text):
            value = match[2]
            if "\n" in value:
                value = _FOLD.sub(" ", value)
            value = _decoded(value.strip())
            if value != "UNKNOWN":
                self._fields.setdefault(match[1].lower(), []).append(value)

    def all(self, name: str) -> list[str]:
        return self._fields.get(name, [])

    def first(self, name: str) -> str | None:
        values = self._fields.get(name)
        return values[0] if values else None


def _decoded(value: str) -> str:
    if "=?" not in value or len(value) > ENCODED_LENGTH:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def parse_core_metadata(content: bytes, where: str) -> CoreMetadata:
    """Read a wheel's METADATA; ``where`` names the file in ``MetadataUnavailable``."""
    return build_core_metadata(Headers(content), where)


def build_core_metadata(headers: Headers, where: str) -> CoreMetadata:
    """Take the resolution fields from headers, repairing requirements; raises ``MetadataUnavailable``."""
    name = normalize_name(headers.first("name") or "")
    version = headers.first("version") or ""
    if name is None:
        raise MetadataUnavailable(f"{where}: the metadata has no valid Name field")
    if try_parse_version(version) is None:
        raise MetadataUnavailable(f"{where}: the metadata has no valid Version field (found {version[:80]!r})")
    check_count(len(headers.all("provides-extra")), where)
    requires_python = headers.first("requires-python")
    return CoreMetadata(
        name=name,
        version=version,
        requires_dist=repaired_requirements(headers.all("requires-dist"), where),
        requires_python=None if requires_python is None else repaired_specifier(requires_python, where),
        provides_extras=normalized_extras(headers.all("provides-extra")),
        license=find_license(headers),
        links=find_links(headers),
    )


def repaired_requirements(texts: list[str], where: str) -> tuple[str, ...]:
    """Requirements that parse; raises ``MetadataUnavailable`` for the first one beyond repair."""
    check_count(len(texts), where)
    repaired = []
    for text in texts:
        good = repair_requirement(text)
        if good is None:
            raise MetadataUnavailable(f"{where}: the requirement {text[:200]!r} cannot be parsed")
        repaired.append(good)
    return tuple(repaired)


def check_count(requirements: int, where: str) -> None:
    """Raise ``MetadataUnavailable`` for more requirements, or extras, than any release has."""
    if requirements > REQUIREMENTS:
        raise MetadataUnavailable(f"{where}: the metadata has more than {REQUIREMENTS} requirements or extras")


def repaired_specifier(text: str, where: str) -> str:
    """A Requires-Python that parses; raises ``MetadataUnavailable``."""
    good = repair_specifier(text)
    if good is None:
        raise MetadataUnavailable(f"{where}: Requires-Python {text[:200]!r} cannot be parsed")
    return good


def normalized_extras(texts: list[str]) -> tuple[str, ...]:
    """Valid extra names, normalized, in the order given; invalid ones are left out."""
    return tuple(extra for extra in map(normalize_name, texts) if extra)


def parse_static_pkg_info(content: bytes, where: str) -> CoreMetadata | NotStatic:
    """Read an sdist's PKG-INFO if it can be relied on without a build (Metadata-Version 2.2, PEP 643)."""
    headers = Headers(content)
    stated = headers.first("metadata-version") or ""
    match = _METADATA_VERSION.fullmatch(stated)
    if match is None or not (2, 2) <= (int(match[1]), int(match[2])) < (3, 0):
        return NotStatic(why=f"its PKG-INFO has Metadata-Version {stated[:20] or 'missing'}, not 2.2 or later")
    for field in headers.all("dynamic"):
        if field in _NEEDED:
            return NotStatic(why=f"its PKG-INFO marks {field} as dynamic")
    try:
        return build_core_metadata(headers, where)
    except MetadataUnavailable as problem:
        return NotStatic(why=str(problem))
