"""The locks of a repository as they are written, held against a service of advisories."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from bot.advisories.exceptions import Accepted, Ignored
from bot.advisories.findings import Asked, Finding, find_findings, packages_of
from bot.advisories.port import AdvisoryPort
from bot.lockfile.graph import parents_by_name, root_names
from bot.lockfile.model import Lock
from bot.patterns import pattern
from bot.ports.projects import Adverse


@dataclass(frozen=True, slots=True, kw_only=True)
class LockToAudit:
    """``path`` is the lockfile; ``ignored`` what its project decided to live with; ``registries`` where it may be from, if it
    does not say so."""

    path: str
    lock: Lock
    text: str
    ignored: Ignored = field(default_factory=Ignored)
    registries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding with who brings the package (from the project to it) and the line of its entry in the lockfile.

    ``reason``: why it is lived with, and ``until`` up to which day; ``over``: an exception that counts no longer.
    """

    finding: Finding
    chain: tuple[str, ...]
    line: int | None
    reason: str | None = None
    until: str | None = None
    over: Accepted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFound:
    """What an index says against a project, whatever its version; with who brings it and the line of its first entry."""

    package: str
    index: str
    status: Adverse
    reason: str | None
    chain: tuple[str, ...]
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One lock. ``audited``: how many packages were asked about; ``unasked``: how many are from other indexes.

    ``ignored`` were found and are lived with. ``unmatched`` are identifiers to ignore that nothing has: of those that hold
    for every lock none, of those of this lock's own project not this one. ``unread`` are packages of whose projects nothing
    is known, as their index could not be read.
    """

    path: str
    audited: int
    unasked: int
    found: tuple[Found, ...]
    ignored: tuple[Found, ...] = ()
    unmatched: tuple[str, ...] = ()
    statuses: tuple[StatusFound, ...] = ()
    unread: tuple[str, ...] = ()


def audit_locks(
    locks: Sequence[LockToAudit], service: AdvisoryPort, public: Collection[str], ignored: Ignored
) -> tuple[Audited, ...]:
    """Each lock, all asked about at once; raises ``AdvisoryFailure``. ``ignored`` holds for all of them."""
    asked = [packages_of(one.lock, public, one.registries) for one in locks]
    packages = sorted({package for one in asked for package in one.packages})
    known = service.find(packages) if packages else {}
    findings = [find_findings(its.packages, known) for its in asked]
    nowhere = ignored.unmatched(row for rows in findings for row in rows)
    return tuple(
        _audited(one, its, rows, ignored.joined(one.ignored), (*nowhere, *one.ignored.unmatched(rows)))
        for one, its, rows in zip(locks, asked, findings, strict=True)
    )


def _audited(
    lock: LockToAudit, asked: Asked, findings: Sequence[Finding], ignored: Ignored, unmatched: tuple[str, ...]
) -> Audited:
    lines = dict(_lines(lock.text))
    found = [
        Found(
            finding=one,
            chain=chain_to(lock.lock, one.locked.name),
            line=lines.get((one.locked.name, str(one.locked.version))),
            reason=reason.reason if reason is not None else None,
            until=reason.until if reason is not None else None,
            over=ignored.find_over(one) if reason is None else None,
        )
        for one in findings
        for reason in [ignored.find(one)]
    ]
    return Audited(
        path=lock.path,
        audited=len(asked.packages),
        unasked=asked.unasked,
        found=tuple(one for one in found if one.reason is None),
        ignored=tuple(one for one in found if one.reason is not None),
        unmatched=tuple(dict.fromkeys(unmatched)),
    )


def chain_to(lock: Lock, name: str) -> tuple[str, ...]:
    """The shortest way from what the project asks for to a package, both ends included."""
    parents, roots = parents_by_name(lock), root_names(lock)
    ways: dict[str, tuple[str, ...]] = {name: (name,)}
    waiting = deque([name])
    while waiting:
        here = waiting.popleft()
        if here in roots:
            return ways[here]
        for parent in parents.get(here, ()):
            if parent not in ways:
                ways[parent] = (parent, *ways[here])
                waiting.append(parent)
    return (name,)


#: A pin of a requirements file.
_PIN = pattern(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;,\\]+)")


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Where each package's entry begins, by name and version."""
    name, at = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        pin = _PIN.match(line)
        if pin is not None:
            yield (canonicalize_name(pin["name"]), pin["version"]), number
            continue
        key, _, stated = line.partition(" = ")
        if line == "[[package]]":
            name, at = "", number
        elif key == "name" and at and not name:
            name = stated.strip('"')
        elif key == "version" and at and name:
            yield (name, stated.strip('"')), at
            at = 0


def first_lines(text: str) -> Mapping[str, int]:
    """Where the first entry of each package begins."""
    found: dict[str, int] = {}
    for (name, _), line in _lines(text):
        found.setdefault(name, line)
    return found


def summary_of(audits: Sequence[Audited]) -> Mapping[str, int]:
    """How much was looked at and found, over all locks; a package in several of them counts once."""
    return {
        "audited_packages": sum(one.audited for one in audits),
        "vulnerabilities": len({(row.finding.locked, row.finding.advisory.id) for one in audits for row in one.found}),
        "adverse_statuses": len({(row.package, row.index) for one in audits for row in one.statuses}),
        "locks": len(audits),
    }
