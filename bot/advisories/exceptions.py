"""Which findings somebody has decided to live with: uv's ``[tool.uv.audit]`` lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.advisories.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Identifiers, aliases among them. ``until_fixed`` count only while no release mends the vulnerability."""

    always: tuple[str, ...] = ()
    until_fixed: tuple[str, ...] = ()

    def covers(self, finding: Finding) -> bool:
        ids = finding.advisory.ids
        if any(one in ids for one in self.always):
            return True
        return not finding.fixed_in and any(one in ids for one in self.until_fixed)

    def unmatched(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        """The identifiers that no finding has: they can go."""
        found = {one for finding in findings for one in finding.advisory.ids}
        return tuple(dict.fromkeys(one for one in (*self.always, *self.until_fixed) if one not in found))

    def joined(self, other: Ignored) -> Ignored:
        return Ignored(always=(*self.always, *other.always), until_fixed=(*self.until_fixed, *other.until_fixed))
