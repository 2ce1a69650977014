"""An advisory: which versions of which package are affected, and where that is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.pep440 import parse_version

#: Which identifier people are shown: as uv prefers them.
_PREFERRED = ("PYSEC-", "GHSA-", "CVE-")
_MALICIOUS = "MAL-"


class EventKind(StrEnum):
    """The kinds of an event in a range of the OSV schema; others say nothing here."""

    INTRODUCED = "introduced"
    FIXED = "fixed"
    LAST_AFFECTED = "last_affected"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``version`` ``None``: before all versions (OSV writes ``0``), or without end for a limit (``*``)."""

    kind: EventKind
    version: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """What an advisory says of one package: single versions, and ranges of them, each its events as written.

    ``specifier``: the same in the words of a forge's alert.
    """

    name: str
    versions: frozenset[Version] = frozenset()
    ranges: tuple[tuple[Event, ...], ...] = ()
    specifier: SpecifierSet | None = None

    def covers(self, version: Version) -> bool:
        """Whether the version is affected, by the algorithm of the OSV schema. Labels of local versions don't count."""
        public = Version(version.public)
        if self.specifier is not None and self.specifier.contains(public, prereleases=True):
            return True
        return public in self.versions or any(_is_inside(public, events) for events in self.ranges)

    def fixed(self) -> Iterator[Version]:
        """The versions that are said to mend it, as written."""
        events = (event for events in self.ranges for event in events)
        yield from (event.version for event in events if event.kind is EventKind.FIXED and event.version is not None)


def _is_inside(version: Version, events: tuple[Event, ...]) -> bool:
    limits = [event.version for event in events if event.kind is EventKind.LIMIT]
    if limits and not any(limit is None or version < limit for limit in limits):
        return False
    inside = False
    for event in sorted(events, key=_order):
        at = event.version
        match event.kind:
            case EventKind.INTRODUCED if at is None or version >= at:
                inside = True
            case EventKind.FIXED if at is not None and version >= at:
                inside = False
            case EventKind.LAST_AFFECTED if at is not None and version > at:
                inside = False
            case _:
                pass
    return inside


#: What one version is first and last, where several events name it.
_TURNS = (EventKind.FIXED, EventKind.INTRODUCED, EventKind.LAST_AFFECTED, EventKind.LIMIT)


def _order(event: Event) -> tuple[bool, Version, int]:
    """By version. A version that mends one fault and brings another has the fault; it may also be the last to have it."""
    return event.version is not None, event.version or Version("0"), _TURNS.index(event.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One record. ``modified`` and ``published`` as written (RFC 3339, UTC), so that they compare as texts.

    ``ids`` of other databases are ``aliases``; ``severity`` is a word such as ``HIGH``, where the record has one.
    """

    id: str
    modified: str
    published: str | None = None
    aliases: tuple[str, ...] = ()
    summary: str | None = None
    details: str | None = None
    link: str
    severity: str | None = None
    affected: tuple[Affected, ...] = ()
    is_withdrawn: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    @property
    def best_id(self) -> str:
        """The identifier to show."""
        found = (one for prefix in _PREFERRED for one in self.ids if one.startswith(prefix))
        return next(found, self.id)

    @property
    def is_malicious(self) -> bool:
        """Whether the package itself is the attack."""
        return any(one.startswith(_MALICIOUS) for one in self.ids)

    def affects(self, name: str, version: Version) -> bool:
        """Whether the record says so; ``name`` is normalized."""
        return any(one.name == name and one.covers(version) for one in self.affected)

    def fixed_in(self, name: str) -> tuple[Version, ...]:
        """The versions of a package that are said to mend it, as written."""
        return tuple(version for one in self.affected if one.name == name for version in one.fixed())


def read_version(text: object) -> Version | None:
    """A version of a record; ``None`` where it is none of PEP 440."""
    try:
        return parse_version(text) if isinstance(text, str) else None
    except InvalidVersion:
        return None
