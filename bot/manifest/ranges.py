"""Which specifier a requirement gets for a new version: pure rules over PEP 440 text.

The names are Renovate's ``rangeStrategy``; what differs on purpose: a clause is dropped only where the others have come
to say as much (a second upper bound, a ``!=`` outside of the new window), floors keep the precision they were written
with (unless the new version needs more), and every answer is checked to admit the new version. An exact pin of a local
version keeps its label. Blanks, comma style and the order of clauses stay as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias, assert_never

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from bot.patterns import pattern
from bot.values import replace, value

_FLOORS = frozenset({">=", "==", "~=", ">"})
#: Behind every number that a series has got to.
_FAR = 10**9

_CLAUSE = pattern(r"(\s*)(===|==|~=|!=|<=|>=|<|>)(\s*)(\S+)(\s*)")


class RangeStrategy(StrEnum):
    """``auto`` is decided by the kind of project before a rule is applied (``choose_strategy``)."""

    AUTO = "auto"
    PIN = "pin"
    BUMP = "bump"
    REPLACE = "replace"
    WIDEN = "widen"
    UPDATE_LOCKFILE = "update-lockfile"
    IN_RANGE_ONLY = "in-range-only"


@value(kw_only=False)
class Changed:
    """The new text of the specifier."""

    text: str


@value(kw_only=False)
class Kept:
    """The specifier stays: it admits the version already."""


@value(kw_only=False)
class Refused:
    """The strategy has no specifier for the version; ``reason`` is a sentence without its subject."""

    reason: str


SpecifierChange: TypeAlias = Changed | Kept | Refused


@value
class Clause:
    """One part between commas, with its blanks."""

    lead: str
    operator: str
    gap: str
    version: str
    trail: str

    def render(self) -> str:
        return f"{self.lead}{self.operator}{self.gap}{self.version}{self.trail}"

    @property
    def is_wildcard(self) -> bool:
        return self.version.endswith(".*")

    @property
    def release(self) -> tuple[int, ...]:
        """The release numbers as written, trailing zeros included."""
        return Version(self.version.removesuffix(".*")).release

    def has_other_label(self, version: Version) -> bool:
        """Whether an exact pin of a local version speaks of another build than ``version`` is."""
        if self.operator != "==" or "+" not in self.version:
            return False
        return Version(self.version).local != version.local

    def to(self, version: str, operator: str | None = None) -> Clause:
        return replace(self, version=version, operator=operator or self.operator)


def change_specifier(text: str, version: Version, strategy: RangeStrategy) -> SpecifierChange:
    """The specifier for ``version`` in place of ``text`` (may be empty); ``strategy`` is not ``auto``."""
    try:
        current = SpecifierSet(text)
    except InvalidSpecifier:
        return Refused(f"the specifier {text.strip()!r} is not valid")
    if "===" in text:
        return Refused("it is compared as text (===)")
    clauses = _parse_clauses(text)
    if any(clause.operator == "!=" and not _admits(clause.render(), version) for clause in clauses):
        return Refused(f"{version} is excluded by {text.strip()!r}")
    if any(clause.has_other_label(version) for clause in clauses):
        return Refused(f"{version} has not the label of {text.strip()!r}")
    admitted = current.contains(version, prereleases=True)
    match strategy:
        case RangeStrategy.PIN:
            return _checked(text, _pin(clauses, version), version)
        case RangeStrategy.BUMP:
            return _checked(text, [_bump(clause, clauses, version) for clause in clauses], version)
        case RangeStrategy.IN_RANGE_ONLY:
            return Kept() if admitted else Refused(f"{version} lies outside {text.strip()!r}")
        case RangeStrategy.REPLACE | RangeStrategy.UPDATE_LOCKFILE:
            return Kept() if admitted else _checked(text, _replace(clauses, version), version)
        case RangeStrategy.WIDEN:
            return Kept() if admitted else _checked(text, _widen(clauses, version), version)
        case RangeStrategy.AUTO:
            raise ValueError("auto must be decided before a rule is applied")
        case _:
            assert_never(strategy)


def find_floor(specifier: SpecifierSet) -> Version | None:
    """The version that a specifier begins with, ``None`` where it states none."""
    found = [part.version.removesuffix(".*") for part in specifier if part.operator in _FLOORS]
    return max(map(Version, found), default=None)


def _admits(text: str, version: Version) -> bool:
    return SpecifierSet(text).contains(version, prereleases=True)


def _checked(text: str, clauses: Sequence[Clause], version: Version) -> SpecifierChange:
    changed = ",".join(clause.render() for clause in clauses)
    if changed != text:
        changed = ",".join(clause.render() for clause in _without_idle(clauses))
    if changed == text:
        return Kept() if _admits(text, version) else Refused(f"{text.strip()!r} can't be changed to admit {version}")
    if not _admits(changed, version):
        return Refused(f"{text.strip()!r} can't be changed to admit {version}")
    return Changed(changed)


def _parse_clauses(text: str) -> list[Clause]:
    found = [_CLAUSE.fullmatch(part) for part in text.split(",")]
    return [
        Clause(lead=match[1], operator=match[2], gap=match[3], version=match[4], trail=match[5])
        for match in found
        if match
    ]


# --- strategies -----------------------------------------------------------------------------------


def _pin(clauses: Sequence[Clause], version: Version) -> list[Clause]:
    first = clauses[0] if clauses else Clause(lead="", operator="==", gap="", version="", trail="")
    trail = clauses[-1].trail if clauses else ""
    return [replace(first, operator="==", version=_public(version), trail=trail)]


def _bump(clause: Clause, clauses: Sequence[Clause], version: Version) -> Clause:
    """Floors follow always, ceilings only when they are in the way."""
    if clause.operator == ">=":
        return clause.to(_public(version))
    return _moved(clause, clauses, version)


def _replace(clauses: Sequence[Clause], version: Version) -> list[Clause]:
    """Move the window: every clause that bounds it follows the version."""
    return [_moved(clause, clauses, version) for clause in clauses]


def _moved(clause: Clause, clauses: Sequence[Clause], version: Version) -> Clause:
    match clause.operator:
        case "==" if clause.is_wildcard:
            return clause.to(_wildcard(clause, version))
        case "==":
            return clause.to(_exact(clause, version))
        case "~=":
            return clause.to(_floor(clause, version, exact_length=True))
        case ">=":
            return clause.to(_floor(clause, version))
        case ">" if not _admits(clause.render(), version):
            return clause.to(_floor(clause, version), ">=")
        case "<" if not _admits(clause.render(), version):
            return clause.to(_ceiling(clause, version, _precision(clause, clauses)))
        case "<=" if not _admits(clause.render(), version):
            return clause.to(_inclusive_ceiling(clause, version))
        case _:
            return clause


def _widen(clauses: Sequence[Clause], version: Version) -> list[Clause]:
    """Raise what bounds from above; floors stay. An exact pin has no floor to keep and follows."""
    return [wide for clause in clauses for wide in _widened(clause, clauses, version)]


def _widened(clause: Clause, clauses: Sequence[Clause], version: Version) -> Sequence[Clause]:
    if _admits(clause.render(), version):
        return (clause,)
    match clause.operator:
        case "==" if clause.is_wildcard:
            return _opened(clause, clauses, version, len(clause.release))
        case "~=":
            return _opened(clause, clauses, version, len(clause.release) - 1)
        case "==":
            return (clause.to(_exact(clause, version)),)
        case "<":
            return (clause.to(_ceiling(clause, version, _significant(clause.release))),)
        case "<=":
            return (clause.to(_inclusive_ceiling(clause, version)),)
        case _:
            return (clause,)


def _opened(clause: Clause, clauses: Sequence[Clause], version: Version, precision: int) -> Sequence[Clause]:
    """``~=7.2`` as ``>=7.2,<9``: the same floor, a ceiling behind the new version."""
    floor = clause.to(clause.version.removesuffix(".*"), ">=")
    ceiling = clause.to(_render(version, _next(version, precision)), "<")
    if any(other.operator in {">=", ">"} for other in clauses):
        return (ceiling,)
    lead = next((other.lead for other in clauses[1:]), "")
    return (replace(floor, trail=""), replace(ceiling, lead=lead))


# --- clauses that say nothing any more ------------------------------------------------------------


def _without_idle(clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Without second upper bounds and dead exclusions; the blanks at both ends stay where they are."""
    kept = list(clauses)
    # Of two bounds that say the same, the one that is written shorter stays.
    for clause in sorted(clauses, key=lambda one: -len(one.version)):
        others = [other for other in kept if other is not clause]
        if others and (_is_second_ceiling(clause, others) or _is_dead_exclusion(clause, others)):
            kept = others
    kept[0] = replace(kept[0], lead=clauses[0].lead)
    kept[-1] = replace(kept[-1], trail=clauses[-1].trail)
    return kept


def _is_second_ceiling(clause: Clause, others: Sequence[Clause]) -> bool:
    """Whether an upper bound lies no lower than one that another clause sets."""
    if clause.operator not in {"<", "<="}:
        return False
    own = Version(clause.version)
    return any(ceiling <= own for other in others if (ceiling := _ceiling_of(other)) is not None)


def _ceiling_of(clause: Clause) -> Version | None:
    """What a clause stays below."""
    release = clause.release
    match clause.operator:
        case "<":
            return Version(clause.version)
        case "~=":
            return Version(_render(Version(clause.version), _next(Version(clause.version), len(release) - 1)))
        case "==" if clause.is_wildcard:
            version = Version(clause.version.removesuffix(".*"))
            return Version(_render(version, _next(version, len(release))))
        case _:
            return None


def _is_dead_exclusion(clause: Clause, others: Sequence[Clause]) -> bool:
    """Whether the others shut out whatever a ``!=`` excludes."""
    if clause.operator != "!=":
        return False
    version = clause.version.removesuffix(".*")
    ends = [version, f"{version}.{_FAR}"] if clause.is_wildcard else [version]
    admitted = [other.render() for other in others if other.operator != "!="]
    if not admitted:
        return False
    window = SpecifierSet(",".join(admitted))
    return not any(window.contains(end, prereleases=True) for end in ends)


# --- version texts --------------------------------------------------------------------------------


def _public(version: Version) -> str:
    return version.public


def _exact(clause: Clause, version: Version) -> str:
    """A pin that names a label goes on naming it."""
    return str(version) if "+" in clause.version else version.public


def _render(version: Version, release: Sequence[int]) -> str:
    return (f"{version.epoch}!" if version.epoch else "") + ".".join(map(str, release))


def _padded(release: Sequence[int], length: int) -> list[int]:
    return list(release[:length]) + [0] * (length - len(release))


def _wildcard(clause: Clause, version: Version) -> str:
    return _render(version, _padded(version.release, len(clause.release))) + ".*"


def _floor(clause: Clause, version: Version, *, exact_length: bool = False) -> str:
    """The version in the clause's precision; in full where a shorter floor would shut it out.

    Only a compatible-release clause means something else with another length, so it alone keeps it at any price.
    """
    length = len(clause.release)
    short = _render(version, _padded(version.release, length))
    if Version(short) <= version:
        return short
    suffix = version.public.removeprefix(version.base_version)
    return short + suffix if exact_length else version.public


def _next(version: Version, precision: int) -> list[int]:
    head = _padded(version.release, max(precision, 1))
    head[-1] += 1
    return head


def _ceiling(clause: Clause, version: Version, precision: int) -> str:
    length = max(len(clause.release), precision)
    return _render(version, _padded(_next(version, precision), length))


def _inclusive_ceiling(clause: Clause, version: Version) -> str:
    short = _render(version, _padded(version.release, len(clause.release)))
    return short if Version(short) >= version else version.public


def _significant(release: Sequence[int]) -> int:
    """Length without trailing zeros: ``<19.13.0`` is written to the second number."""
    length = len(release)
    while length > 1 and release[length - 1] == 0:
        length -= 1
    return length


def _precision(clause: Clause, clauses: Sequence[Clause]) -> int:
    """How many numbers of a ceiling count: up to the first that differs from the floor, if there is a floor."""
    floors = [other.release for other in clauses if other.operator in {">=", ">", "~="}]
    if not floors:
        return _significant(clause.release)
    length = max(len(clause.release), len(floors[0]))
    pairs = zip(_padded(floors[0], length), _padded(clause.release, length), strict=True)
    return next((index + 1 for index, (low, high) in enumerate(pairs) if low != high), _significant(clause.release))
