"""Which findings somebody has decided to live with: uv's ``[tool.uv.audit]`` lists, and the exceptions of ``.lockbot.json``.

An exception counts up to the end of its last day, and while no release mends the vulnerability, unless it says that it
waits all the same. What no longer counts is live again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.advisories.findings import Finding
from bot.repoconfig.model import RepoConfig, VulnerabilityException

_ALWAYS = "[tool.uv.audit] ignores it"
_UNTIL_FIXED = "[tool.uv.audit] ignores it until it is fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One vulnerability that is lived with. ``until`` is the last day as written, ``end`` the moment after it; ``None``:
    without end. ``package`` ``None``: wherever it is. ``waits``: also when a release mends it."""

    id: str
    reason: str
    until: str | None = None
    end: datetime | None = None
    package: str | None = None
    waits: bool = False

    def covers(self, finding: Finding) -> bool:
        return self.names(finding) and (self.waits or not finding.fixed_in)

    def names(self, finding: Finding) -> bool:
        """Whether it is about the vulnerability, counting or not."""
        return self.id in finding.advisory.ids and self.package in {None, finding.locked.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Identifiers, aliases among them. ``until_fixed`` count only while no release mends the vulnerability.

    ``accepted`` are the exceptions that have not ended; ``ended`` those that have.
    """

    always: tuple[str, ...] = ()
    until_fixed: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    ended: tuple[Accepted, ...] = ()

    def covers(self, finding: Finding) -> bool:
        return self.find(finding) is not None

    def find(self, finding: Finding) -> Accepted | None:
        """Why the finding is lived with."""
        return next((one for one in self._all() if one.covers(finding)), None)

    def find_over(self, finding: Finding) -> Accepted | None:
        """An exception of the configuration for it that counts no longer: it has ended, or a release mends it."""
        over = (*self.ended, *(one for one in self.accepted if not one.covers(finding)))
        return next((one for one in over if one.names(finding)), None)

    def unmatched(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        """The identifiers that no finding has: they can go."""
        rows = tuple(findings)
        stated = (*self._all(), *self.ended)
        return tuple(dict.fromkeys(one.id for one in stated if not any(one.names(row) for row in rows)))

    def joined(self, other: Ignored) -> Ignored:
        return Ignored(
            always=(*self.always, *other.always),
            until_fixed=(*self.until_fixed, *other.until_fixed),
            accepted=(*self.accepted, *other.accepted),
            ended=(*self.ended, *other.ended),
        )

    def _all(self) -> Iterator[Accepted]:
        """What says more of its reason goes first."""
        yield from self.accepted
        yield from (Accepted(id=one, reason=_ALWAYS, waits=True) for one in self.always)
        yield from (Accepted(id=one, reason=_UNTIL_FIXED) for one in self.until_fixed)


def read_exceptions(config: RepoConfig, now: datetime) -> Ignored:
    """What a configuration says of vulnerabilities, at that moment."""
    stated = [_accepted(one, config.timezone) for one in config.vulnerability_exceptions]
    is_over = {one: one.end is not None and one.end <= now for one in stated}
    return Ignored(
        accepted=tuple(one for one in stated if not is_over[one]), ended=tuple(one for one in stated if is_over[one])
    )


def _accepted(stated: VulnerabilityException, timezone: str) -> Accepted:
    return Accepted(
        id=stated.id,
        reason=stated.reason,
        until=None if stated.until is None else stated.until.isoformat(),
        end=None
        if stated.until is None
        else datetime.combine(stated.until + timedelta(days=1), time(), ZoneInfo(timezone)),
        package=stated.package,
        waits=not stated.until_fixed,
    )
