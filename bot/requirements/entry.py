"""One requirement of a requirements file: PEP 508, and what uv takes beside it (paths, URLs without a name).

Paths may stand where PEP 508 has a URL, also without a name, with extras behind them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bot.limits import REQUIREMENT_LENGTH
from bot.manifest.requirement import InvalidRequirement, parse_requirement
from bot.markers import TRUE, Marker, MarkerSyntaxError, parse_marker
from bot.patterns import pattern
from bot.pep440 import shorten

_NAMED_URL = pattern(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*@\s*(?P<rest>.*)", 16
)
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_FIRST_WORD = pattern(r"\s*(\S*)")
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ARCHIVE = pattern(r"(?i:.*\.(?:whl|zip|tgz|tar)|.+\.tar\.gz)")
#: A blank before a marker or comment, or one behind the semicolon.
_URL_END = pattern(r"\s+(?=[;#]|$)|(?=[;#]\s)")
_TRAILING_EXTRAS = pattern(r"(?P<url>.*[^\s\[])\[(?P<extras>[^\[\]]*)\]", 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``name`` is ``None`` where only the URL or path says what is meant."""

    name: str | None
    extras: tuple[str, ...] = ()
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    url: str | None = None
    marker: Marker = TRUE


def parse_entry(text: str, *, is_editable: bool = False) -> Entry:
    """Parse the text of one requirement; raises ``InvalidRequirement``."""
    if len(text) > REQUIREMENT_LENGTH:
        raise InvalidRequirement(f"{shorten(text)!r} is longer than {REQUIREMENT_LENGTH} characters")
    named = _NAMED_URL.fullmatch(text)
    if named is not None:
        url, marker = _split_url(named["rest"], text)
        return Entry(
            name=canonicalize_name(named["name"]), extras=_extras(named["extras"], text), url=url, marker=marker
        )
    if _is_unnamed(text):
        return _parse_unnamed(text)
    parsed = parse_requirement(text)
    if is_editable and not parsed.specifier:
        return _parse_unnamed(text)
    return Entry(name=parsed.name, extras=parsed.extras, specifier=parsed.specifier, marker=parsed.marker)


def _is_unnamed(text: str) -> bool:
    """Whether a requirement that PEP 508 can't read is a URL, path or archive."""
    found = _FIRST_WORD.match(text)
    word = found[1] if found else ""
    extras = _TRAILING_EXTRAS.fullmatch(word)
    url = extras["url"] if extras else word
    if url[:1] in ("\\", "/", ".") or _SCHEME.match(url) or "/" in url or "\\" in url:
        return True
    return bool(_ARCHIVE.fullmatch(url.partition(";")[0])) or url.startswith("$")


def _parse_unnamed(text: str) -> Entry:
    url, marker = _split_url(text.strip(), text)
    extras = _TRAILING_EXTRAS.fullmatch(url)
    if extras is None:
        return Entry(name=None, url=url, marker=marker)
    return Entry(name=None, extras=_extras(extras["extras"], text), url=extras["url"], marker=marker)


def _split_url(rest: str, text: str) -> tuple[str, Marker]:
    end = _URL_END.search(rest)
    url, tail = (rest, "") if end is None else (rest[: end.start()], rest[end.end() :].strip())
    if not url:
        raise InvalidRequirement(f"{shorten(text)!r}: expected a URL or path")
    if tail.startswith("#"):
        raise InvalidRequirement(f"{shorten(text)!r}: a comment needs a blank before it")
    if not tail.startswith(";"):
        return url, TRUE
    try:
        return url, parse_marker(tail[1:])
    except MarkerSyntaxError as error:
        raise InvalidRequirement(f"{shorten(text)!r}: {error}") from error


def _extras(text: str | None, whole: str) -> tuple[str, ...]:
    names = [name.strip() for name in (text or "").split(",")]
    if names == [""]:
        return ()
    if not all(_NAME.fullmatch(name) for name in names):
        raise InvalidRequirement(f"{shorten(whole)!r}: {shorten(text or '')!r} is no list of extras")
    return tuple(canonicalize_name(name) for name in names)
