"""What of a lock is known to be affected: one finding for each version and vulnerability, however many records it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from bot.advisories.model import Advisory
from bot.lockfile.model import Lock, RegistrySource


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Locked:
    """A package of an index in a version that a lock holds."""

    name: str
    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``advisory`` has the identifiers of all records that are about the same vulnerability; ``fixed_in`` are the versions
    that mend it, as written."""

    locked: Locked
    advisory: Advisory
    fixed_in: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of a lock may be asked about, and how many packages are from indexes that nobody said are public."""

    packages: tuple[Locked, ...] = ()
    unasked: int = 0


#: How the lock of a requirements file names the index of a pin: the file does not say it.
_ANY_INDEX = ""


def packages_of(lock: Lock, public: Collection[str], registries: Collection[str] = ()) -> Asked:
    """The packages from these indexes, by name; the names of others are nobody else's business.

    What does not say where it is from may be from any of the ``registries``: all of those have to be public.
    """
    known = {url.rstrip("/") for url in public}
    if registries and all(url.rstrip("/") in known for url in registries):
        known.add(_ANY_INDEX)
    found: set[Locked] = set()
    unasked = 0
    for package in lock.packages:
        if not isinstance(package.source, RegistrySource) or package.version is None:
            continue
        if package.source.url.rstrip("/") in known:
            found.add(Locked(name=package.name, version=package.version))
        else:
            unasked += 1
    return Asked(packages=tuple(sorted(found)), unasked=unasked)


def find_findings(packages: Iterable[Locked], known: Mapping[Locked, Sequence[Advisory]]) -> tuple[Finding, ...]:
    """In the order of the packages; ``known`` are the records that the service has for each."""
    return tuple(
        Finding(locked=one, advisory=advisory, fixed_in=tuple(sorted(set(advisory.fixed_in(one.name)))))
        for one in packages
        for advisory in _distinct([row for row in known.get(one, ()) if not row.is_withdrawn])
    )


def _distinct(records: Sequence[Advisory]) -> Iterator[Advisory]:
    """One for each group of records that share identifiers: the newest, with all of them.

    It goes by the first identifier that is a record's own, so that it stays the same when another record is edited.
    """
    groups: list[Advisory] = []
    for record in records:
        ids = {*record.ids}
        joined = [one for one in groups if not ids.isdisjoint(one.ids)]
        place = groups.index(joined[0]) if joined else len(groups)
        groups = [one for one in groups if one not in joined]
        groups.insert(place, _merged([record, *joined]))
    own = {record.id for record in records}
    for one in groups:
        first = min((name for name in one.ids if name in own), default=one.id)
        yield one if first == one.id else replace(one, id=first, aliases=_others(one.ids, first))


def _merged(records: Sequence[Advisory]) -> Advisory:
    newest = min(records, key=lambda one: (_backwards(one.modified), one.id))
    severity = next((one.severity for one in (newest, *records) if one.severity is not None), None)
    return replace(newest, aliases=_others([name for one in records for name in one.ids], newest.id), severity=severity)


def _backwards(text: str) -> tuple[int, ...]:
    """A key that puts later texts first."""
    return tuple(-ord(letter) for letter in text)


def _others(ids: Iterable[str], own: str) -> tuple[str, ...]:
    return tuple(sorted({one for one in ids if one != own}))
