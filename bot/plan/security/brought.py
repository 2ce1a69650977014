"""What ordinary proposals would bring in that something is known of: all asked about at once.

One that brings in a malicious package is not made. Of other vulnerabilities that the lock did not have it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.advisories.findings import Finding, Locked, find_findings
from bot.advisories.model import Advisory
from bot.advisories.port import AdvisoryFailure
from bot.plan.proposals.proposal import Finished
from bot.plan.security.knowledge import Held, Knowledge
from bot.plan.worlds.holdings import locked_versions
from bot.ports.run import HeldBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """The proposals that may be made, and why the others may not."""

    proposals: tuple[Finished, ...]
    held_back: tuple[HeldBack, ...] = ()


def sift(proposals: Sequence[Finished], knowledge: Knowledge) -> Sifted:
    """Where the service does not answer all of them may."""
    new = {(at, held.name): tuple(_new(one, held)) for at, one in enumerate(proposals) for held in knowledge.held}
    packages = sorted({package for rows in new.values() for package in rows})
    service = next((held.known.service for held in knowledge.held if held.known.service is not None), None)
    if service is None or not packages:
        return Sifted(proposals=tuple(proposals))
    try:
        records = service.find(packages)
    except AdvisoryFailure:
        return Sifted(proposals=tuple(proposals))
    kept: list[Finished] = []
    rows: list[HeldBack] = []
    for at, one in enumerate(proposals):
        found = [
            (held, finding) for held in knowledge.held for finding in _unknown_before(held, new[at, held.name], records)
        ]
        malicious = [(held, finding) for held, finding in found if finding.advisory.is_malicious]
        rows += [_row(one, held, finding) for held, finding in malicious]
        kept += [] if malicious else [_noted(one, [finding for _, finding in found])]
    return Sifted(proposals=tuple(kept), held_back=tuple(rows))


def _new(done: Finished, held: Held) -> Iterator[Locked]:
    """What the unit's new lock has that its present one does not, as far as it may be asked about."""
    result = next((row for row in done.results if row.unit.name == held.name), None)
    before = locked_versions(held.lock)
    for one in held.known.packages(result.after) if result is not None else ():
        if one.version not in before.get(one.name, ()) and one.name not in held.known.private:
            yield one


def _unknown_before(
    held: Held, new: Sequence[Locked], records: Mapping[Locked, Sequence[Advisory]]
) -> Iterator[Finding]:
    had = {
        (one.locked.name, name) for one in (*held.live, *(row for row, _ in held.accepted)) for name in one.advisory.ids
    }
    for finding in find_findings(new, records):
        is_old = any((finding.locked.name, name) in had for name in finding.advisory.ids)
        if not is_old and not held.known.ignored.covers(finding):
            yield finding


def _row(done: Finished, held: Held, finding: Finding) -> HeldBack:
    name, version = finding.locked.name, finding.locked.version
    return HeldBack(
        package=name,
        current=", ".join(map(str, locked_versions(held.lock).get(name, ()))) or "new",
        latest=str(version),
        reason=f"{finding.advisory.best_id} calls it malicious; {done.group.name} would bring it into {held.name} and waits",
    )


def _noted(done: Finished, found: Sequence[Finding]) -> Finished:
    told = dict.fromkeys(f"{one.locked.name} {one.locked.version} has {one.advisory.best_id}" for one in found)
    if not told:
        return done
    note = f"what it brings in has known vulnerabilities: {', '.join(told)}"
    return replace(done, places=replace(done.places, notes=(*done.places.notes, note)))
