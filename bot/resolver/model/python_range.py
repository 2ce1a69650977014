"""The interval of Python versions that a project supports, and the texts it is read from and printed as.

Only the outer bounds of ``requires-python`` matter while resolving; holes are printed but otherwise ignored. Versions
are compared by their release alone: ``3.13.0b1`` counts as ``3.13.0``, and trailing zeros say nothing (yet a printed
bound keeps the digits that were written).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.errors import InputError
from bot.markers import Bound, Marker, python_version_marker
from bot.patterns import pattern
from bot.resolver.model.index import WheelTags
from bot.values import value

Release = tuple[int, ...]


@value(kw_only=False)
class _End:
    """One end of an interval; ``written`` keeps the digits for printing, ``None`` is no limit."""

    bound: Bound
    written: Release | None = None


_OPEN = _End(Bound())
_Interval = tuple[_End, _End]


def _end(release: Release, *, inclusive: bool) -> _End:
    return _End(Bound(release=release, inclusive=inclusive), release)


def _is_valid(lower: _End, upper: _End) -> bool:
    low, high = lower.bound, upper.bound
    if low.release is None or high.release is None:
        return True
    if low.inclusive and high.inclusive:
        return low.release <= high.release
    return low.release < high.release


def _complement_of(low: _End, high: _End) -> list[_Interval]:
    """Everything but the interval; both ends are limits."""
    return [(_OPEN, _flip(low)), (_flip(high), _OPEN)]


def _flip(end: _End) -> _End:
    return _End(Bound(release=end.bound.release, inclusive=not end.bound.inclusive), end.written)


def _next_release(release: Release) -> Release:
    return (*release[:-1], release[-1] + 1)


def _intervals(specifier: Specifier) -> list[_Interval]:
    """The releases one specifier allows, as disjoint ascending intervals."""
    text = specifier.version
    starred = text.endswith(".*")
    try:
        release = Version(text.removesuffix(".*")).release
    except InvalidVersion:
        raise InputError(f"'{specifier}' is not a Python version", hint="write for example '>=3.12'") from None
    low, high = _end(release, inclusive=True), _end(release, inclusive=True)
    if starred:
        high = _end(_next_release(release), inclusive=False)
    match specifier.operator:
        case "==" | "===":
            return [(low, high)]
        case "!=":
            return _complement_of(low, high)
        case "~=":
            return [(low, _end(_next_release(release[:-1]), inclusive=False))]
        case ">=":
            return [(low, _OPEN)]
        case ">":
            return [(_flip(low), _OPEN)]
        case "<=":
            return [(_OPEN, low)]
        case _:
            return [(_OPEN, _flip(low))]


def _intersect(left: list[_Interval], right: list[_Interval]) -> list[_Interval]:
    """Where ends agree but for their spelling, a start is spelled as on the right, an end as on the left."""
    found: list[_Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        (left_low, left_high), (right_low, right_high) = left[i], right[j]
        if left_high.bound.upper_key() <= right_high.bound.upper_key():
            high = left_high
            i += 1
        else:
            high = right_high
            j += 1
        low = left_low if left_low.bound.lower_key() > right_low.bound.lower_key() else right_low
        if _is_valid(low, high):
            found.append((low, high))
    return found


def _allowed(specifiers: SpecifierSet) -> list[_Interval]:
    allowed: list[_Interval] = [(_OPEN, _OPEN)]
    for specifier in specifiers:
        allowed = _intersect(allowed, _intervals(specifier))
    return allowed


@value
class PythonRange:
    """An interval of Python releases. ``Bound()`` is no limit; bounds are trimmed, so equal intervals are equal values."""

    lower: Bound
    upper: Bound

    @staticmethod
    def from_specifiers(specifiers: SpecifierSet) -> PythonRange:
        """The narrowest interval around what ``specifiers`` allow; unlimited where they allow nothing."""
        return _bounding(_allowed(specifiers))

    def marker(self) -> Marker:
        """The same interval as a marker on ``python_full_version``."""
        return _marker_between(self.lower, self.upper)

    def simplify(self, marker: Marker) -> Marker:
        """``marker`` where this interval is taken for granted (as lock files print it)."""
        return marker.simplify_python(self.lower, self.upper)

    def complexify(self, marker: Marker) -> Marker:
        """``marker`` with this interval stated again: the way back from ``simplify``."""
        return marker.complexify_python(self.lower, self.upper)

    def is_contained_by(self, target: PythonRange) -> bool:
        """Whether a file for ``target`` serves this whole interval. Upper bounds of files are ignored on purpose."""
        return self.lower.lower_key() >= target.lower.lower_key()

    def narrow(self, lower: Bound, upper: Bound) -> PythonRange | None:
        """The interval with tighter bounds taken over; ``None`` when neither bound is as tight as the present one."""
        if (lower, upper) == (self.lower, self.upper):
            return None
        takes_lower = lower.lower_key() >= self.lower.lower_key()
        takes_upper = upper.upper_key() <= self.upper.upper_key()
        if not takes_lower and not takes_upper:
            return None
        return PythonRange(lower=lower if takes_lower else self.lower, upper=upper if takes_upper else self.upper)

    def split(self, at: Bound) -> tuple[PythonRange, PythonRange] | None:
        """The parts below and above the lower bound ``at``; ``None`` when one of them is empty or ``at`` is no limit."""
        if at.release is None:
            return None
        below = Bound(release=at.release, inclusive=not at.inclusive)
        left = PythonRange(lower=self.lower, upper=min(self.upper, below, key=Bound.upper_key))
        right = PythonRange(lower=max(self.lower, at, key=Bound.lower_key), upper=self.upper)
        return None if left.is_empty() or right.is_empty() else (left, right)

    def is_empty(self) -> bool:
        return not _is_valid(_End(self.lower), _End(self.upper))

    def matches_wheel_tags(self, tags: WheelTags) -> bool:
        """Whether a wheel with these tags can run on some Python of the interval, as far as tags tell.

        Tags that are not understood count as absent, so a wheel with nothing but those does not match.
        """
        for abi in tags.abi:
            known = _parse_abi(abi)
            if known is None:
                continue
            if known is _ANY_PYTHON or (known is _NO_ABI and self._matches_language(tags.python)):
                return True
            if isinstance(known, int) and self._has_minor(known):
                return True
        return False

    def _matches_language(self, tags: tuple[str, ...]) -> bool:
        for tag in tags:
            known = _parse_language(tag)
            if known is None or known[1] == _PYTHON_2:
                continue
            implementation, _, minor = known
            if minor is None:
                return True
            if self._is_at_most_upper(minor) if implementation == "py" else self._has_minor(minor):
                return True
        return False

    def _has_minor(self, minor: int) -> bool:
        lower = self.lower.release
        if lower is not None and (3, minor) < (*lower[:2], 0)[:2]:
            return False
        return self._is_at_most_upper(minor)

    def _is_at_most_upper(self, minor: int) -> bool:
        """Compare by major and minor: ``<3.10.1`` still has 3.10, ``<3.10`` has not."""
        upper = self.upper.release
        if upper is None:
            return True
        short = (*upper[:2], 0)[:2]
        if self.upper.inclusive or upper[2:3] > (0,):
            return (3, minor) <= short
        return (3, minor) < short


@lru_cache(maxsize=1024)
def _marker_between(lower: Bound, upper: Bound) -> Marker:
    return python_version_marker(lower, upper)


def _bounding(allowed: list[_Interval]) -> PythonRange:
    if not allowed:
        return PythonRange(lower=Bound(), upper=Bound())
    return PythonRange(lower=allowed[0][0].bound, upper=allowed[-1][1].bound)


@lru_cache(maxsize=4096)
def parse_python_range(text: str) -> PythonRange:
    """The interval of a ``requires-python`` text; raises ``InputError`` where it is not a specifier set."""
    try:
        return PythonRange.from_specifiers(SpecifierSet(text))
    except InvalidSpecifier:
        raise InputError(f"'{text}' is not a version specifier", hint="write for example '>=3.12'") from None


# --- printing ---------------------------------------------------------------------------------------


def render_requires_python(specifiers: Iterable[SpecifierSet]) -> str | None:
    """What a lock prints for a project whose members state these; ``None`` when no version satisfies all.

    The common versions are stated anew: bounds, ``==X.Y.*`` for a single minor version, and a ``!=`` for every hole
    that is one version or whole minor versions (other holes are not kept).
    """
    allowed: list[_Interval] | None = None
    for each in specifiers:
        mine = _allowed(each)
        allowed = mine if allowed is None else _intersect(allowed, mine)
    if not allowed:
        return None
    parts = [part for hole in pairwise(allowed) for part in _hole(hole[0][1], hole[1][0])]
    parts += _outer(allowed[0][0], allowed[-1][1])
    return ", ".join(text for _, text in sorted(parts, key=lambda part: part[0]))


_Part = tuple[Release, str]


def _part(operator: str, end: _End) -> list[_Part]:
    if end.written is None or end.bound.release is None:
        return []
    return [(end.bound.release, f"{operator}{_dotted(end.written)}")]


def _dotted(release: Release) -> str:
    return ".".join(map(str, release))


def _minors_between(low: Release | None, high: Release | None) -> range | None:
    """The whole minor versions of one major version from ``low`` to ``high``, exclusive; ``None`` for other spans."""
    if low is None or high is None or len(low) > 2 or len(high) != 2 or low[0] != high[0]:
        return None
    return range(low[1] if len(low) == 2 else 0, high[1])


def _hole(before: _End, after: _End) -> list[_Part]:
    low, high = before.bound, after.bound
    if not low.inclusive and not high.inclusive and low.release == high.release:
        return _part("!=", before)
    minors = _minors_between(low.release, high.release) if high.inclusive and not low.inclusive else None
    if minors is None or low.release is None:
        return []
    major = low.release[0]
    return [((major, minor) if minor else (major,), f"!={major}.{minor}.*") for minor in minors]


def _outer(low: _End, high: _End) -> list[_Part]:
    lower, upper = low.bound, high.bound
    if lower.inclusive and upper.inclusive and lower.release == upper.release:
        return _part("==", low)
    minors = _minors_between(lower.release, upper.release) if lower.inclusive and not upper.inclusive else None
    if minors is not None and len(minors) == 1 and lower.release is not None:
        return [(lower.release, f"=={lower.release[0]}.{minors[0]}.*")]
    return _part(">=" if lower.inclusive else ">", low) + _part("<=" if upper.inclusive else "<", high)


# --- wheel tags -------------------------------------------------------------------------------------

_PYTHON_2 = 2
_NO_ABI, _ANY_PYTHON = "none", "any"
_LANGUAGE = pattern(r"(?:(py|cp)([0-9])([0-9]{1,2})?|(pp|graalpy|pyston)([0-9])([0-9]{1,3}))", re.ASCII)
_CPYTHON_ABI = pattern(r"cp([0-9])([0-9]{1,3})([tudm]*)", re.ASCII)
_PYPY_ABI = pattern(r"pypy(?:([0-9])([0-9]{1,3})_pp|_)[0-9]{2,4}", re.ASCII)
_GRAALPY_ABI = pattern(r"graalpy[0-9]{2,4}_([0-9])([0-9]{1,3})_native", re.ASCII)
_PYSTON_ABI = pattern(r"pyston_[0-9]{2,4}_x86_64_linux_gnu", re.ASCII)


@lru_cache(maxsize=1024)
def _parse_language(tag: str) -> tuple[str, int, int | None] | None:
    """(implementation, major, minor) of a Python tag; the minor is ``None`` where it leaves all minors open."""
    if tag == "none":
        return "none", 3, None
    match = _LANGUAGE.fullmatch(tag)
    if match is None:
        return None
    implementation = match[1] or match[4]
    major, minor = int(match[2] or match[5]), match[3] or match[6]
    if major != 3:
        # A generic Python 2 tag and every exact 2.x tag are known to be too old; other majors say nothing.
        return implementation, major if implementation == "py" or minor else 3, None
    return implementation, major, None if minor is None else int(minor)


@lru_cache(maxsize=1024)
def _parse_abi(tag: str) -> str | int | None:
    """``_NO_ABI``, ``_ANY_PYTHON``, the minor of Python 3 the ABI belongs to, or ``None``: unknown or too old."""
    if tag == "none":
        return _NO_ABI
    if tag in ("abi3", "abi3t") or _PYSTON_ABI.fullmatch(tag):
        return _ANY_PYTHON
    cpython = _CPYTHON_ABI.fullmatch(tag)
    if cpython is not None and len(set(cpython[3])) != len(cpython[3]):
        return None
    match = cpython or _PYPY_ABI.fullmatch(tag) or _GRAALPY_ABI.fullmatch(tag)
    if match is None or match[1] is None or match[1] == "2":
        return None
    return int(match[2]) if match[1] == "3" else _ANY_PYTHON
