"""What becomes of a version's text for another version, in the form that it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.manifest.ranges import Changed, RangeStrategy, Refused, change_specifier, find_floor
from bot.patterns import pattern
from bot.toolchain.model import Form, Place

#: A version as tags, tool files and actions have it; one with less than three numbers is a series.
VERSION = r"\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?"
_WRITTEN = pattern(rf"(?P<lead>v?)(?P<version>{VERSION})(?P<trail>(?:\.[x*])*)")
_TARGET = pattern(r"py(?P<major>\d)(?P<minor>\d+)")
#: Longer ones are nobody's.
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text that names one version, or a series of them."""

    lead: str
    version: Version
    length: int
    trail: str

    @property
    def is_series(self) -> bool:
        return bool(self.trail) or self.length < 3

    def spelled(self, version: Version) -> str:
        numbers = (*version.release, 0, 0)[: self.length]
        return f"{self.lead}{'.'.join(map(str, numbers)) if self.is_series else version}{self.trail}"


@dataclass(frozen=True, slots=True)
class Unchangeable:
    """There is no text for the version; ``reason`` is a clause."""

    reason: str


#: The new text; ``None`` where the one that is there stays right.
Renewed: TypeAlias = str | Unchangeable | None


def parse_written(text: str) -> Written | None:
    """``None`` for a word (``latest``) or anything else that is no version."""
    found = _WRITTEN.fullmatch(text) if len(text) < _LONGEST else None
    if found is None:
        return None
    release = re.match(r"[\d.]+", found["version"])
    length = len(release.group().rstrip(".").split(".")) if release else 0
    return Written(lead=found["lead"], version=Version(found["version"]), length=length, trail=found["trail"])


def parse_specifier(text: str) -> SpecifierSet | None:
    """A bare version means exactly that one; ``None`` for what is no specifier."""
    try:
        return SpecifierSet(text if len(text) < _LONGEST else "?")
    except InvalidSpecifier:
        pass
    try:
        return SpecifierSet(f"=={Version(text.strip())}")
    except InvalidVersion:
        return None


def base_version(place: Place) -> Version | None:
    """The version that a place names, or that its range begins with."""
    if place.form is Form.TARGET:
        found = _TARGET.fullmatch(place.text)
        return Version(f"{found['major']}.{found['minor']}") if found is not None else None
    written = parse_written(place.text)
    if written is not None:
        return written.version
    specifier = parse_specifier(place.text)
    return find_floor(specifier) if specifier is not None else None


def admits(place: Place, version: Version) -> bool:
    """Whether who obeys the place takes the version."""
    written = parse_written(place.text)
    if written is not None:
        numbers = (*version.release, 0, 0)
        own = written.version
        return numbers[: written.length] == own.release[: written.length] if written.is_series else version == own
    specifier = parse_specifier(place.text)
    return specifier is not None and specifier.contains(version, prereleases=True)


def renew(place: Place, version: Version, strategy: RangeStrategy = RangeStrategy.REPLACE) -> Renewed:
    """The text for the version; a place is never taken back."""
    if place.form is Form.TARGET or admits(place, version):
        return None
    written = parse_written(place.text)
    if written is not None:
        return None if written.version > version else written.spelled(version)
    floor = base_version(place)
    if floor is not None and floor > version:
        return None
    match change_specifier(place.text, version, strategy):
        case Changed(text=text):
            return text
        case Refused(reason=reason):
            return Unchangeable(reason)
        case _:
            return None
