"""What a forge knows of a repository's vulnerable dependencies, as advisories: one for each alert. Pure.

Everything in an alert is text of strangers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from bot.advisories.model import Advisory, Affected, Event, EventKind, read_version
from bot.advisories.osv import is_id
from bot.limits import SPECIFIER_LENGTH
from bot.ports.advisories import Alert

_PAGE = "https://github.com/advisories/"
#: Older than any record of OSV, which say more.
_OLD = "0000"


def read_alerts(alerts: Iterable[Alert]) -> Mapping[str, Sequence[Advisory]]:
    """The advisories by package; what can't be understood of an alert says nothing."""
    found: dict[str, list[Advisory]] = {}
    for alert in alerts:
        advisory = _read(alert)
        if advisory is not None:
            found.setdefault(canonicalize_name(alert.package), []).append(advisory)
    return found


def _read(alert: Alert) -> Advisory | None:
    affected = _read_range(alert.range)
    if affected is None or not is_id(alert.advisory):
        return None
    fixed = read_version(alert.fixed)
    severity = alert.severity.upper() if alert.severity and alert.severity.isalpha() else None
    mended = () if fixed is None else ((Event(kind=EventKind.FIXED, version=fixed),),)
    return Advisory(
        id=alert.advisory,
        modified=_OLD,
        summary=alert.summary,
        link=f"{_PAGE}{alert.advisory}",
        severity=severity,
        affected=(Affected(name=canonicalize_name(alert.package), specifier=affected, ranges=mended),),
    )


def _read_range(text: str) -> SpecifierSet | None:
    """``= 1.2`` is one version; the rest is written as specifiers are."""
    parts = [part.strip() for part in text[:SPECIFIER_LENGTH].split(",") if part.strip()]
    try:
        found = SpecifierSet(
            ",".join(f"={part}" if part.startswith("=") and part[1:2] != "=" else part for part in parts)
        )
    except InvalidSpecifier:
        return None
    return found if parts and all(read_version(one.version.removesuffix(".*")) for one in found) else None
