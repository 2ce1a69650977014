"""PEP 440 specifiers as version sets, with the semantics and the canonical bounds that uv's solver uses.

A bound that no real version can sit on (after all local variants, before all pre-releases) is moved to the least real
version above it, so that specifiers admitting the same versions are the same set: ``<=1.0`` is ``<1.0.post0.dev0``,
``>1.0a1`` is ``>=1.0a2.dev0``. Nothing is below ``0.dev0``.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.specifiers import SpecifierSet

from bot.pubgrub.version_set import BOTTOM, VersionSet, after, before, between, full, singleton
from bot.resolver.model.versions import PyVersion, parse_version, release_prefix
from bot.values import value

_FLOOR = before(parse_version("0.dev0").key)
_ABOVE_RELEASE = b"\x04\x00"


@value(kw_only=False, eq=False)
class VersionRange:
    """A specifier set as a version set. ``pinned``: it names one public version (or one exact version)."""

    versions: VersionSet
    pinned: bool

    @property
    def has_upper_bound(self) -> bool:
        interval = self.versions.bounding_interval()
        return interval is not None and interval[1] is not None


def _cut(
    version: PyVersion,
    *,
    release: tuple[int, ...] | None = None,
    pre: tuple[str, int] | None = None,
    post: int | None = None,
    dev: int | None = None,
) -> bytes:
    made = PyVersion("", version.epoch, version.release if release is None else release, pre, post, dev)
    return before(made.key)


def _above_locals(version: PyVersion) -> bytes:
    """The cut above a version and all its local variants."""
    if version.dev is not None:
        return _cut(version, pre=version.pre, post=version.post, dev=version.dev + 1)
    if version.post is not None:
        return _cut(version, pre=version.pre, post=version.post + 1, dev=0)
    return _cut(version, pre=version.pre, post=0, dev=0)


def _above_posts(version: PyVersion) -> bytes:
    """The cut above a version that is no post- or dev-release, its post-releases and its local variants."""
    if version.pre is not None:
        return _cut(version, pre=(version.pre[0], version.pre[1] + 1), dev=0)
    return release_prefix(version.epoch, version.release) + _ABOVE_RELEASE


def _below(version: PyVersion) -> bytes:
    """The upper cut of ``< version``: pre-releases of it are out unless it is one itself."""
    if version.is_prerelease:
        return before(version.key)
    if version.post is not None:
        return _cut(version, pre=version.pre, post=version.post, dev=0)
    return _cut(version, dev=0)


def _above(version: PyVersion) -> bytes:
    """The lower cut of ``> version``: its post-releases are out unless it is one itself."""
    if version.dev is not None:
        return _cut(version, pre=version.pre, post=version.post, dev=version.dev + 1)
    return _above_locals(version) if version.post is not None else _above_posts(version)


def _next_release(release: tuple[int, ...]) -> tuple[int, ...]:
    return (*release[:-1], release[-1] + 1)


def _star(version: PyVersion) -> VersionSet:
    low = _cut(version, pre=version.pre, post=version.post, dev=0)
    if version.post is not None:
        high = _cut(version, pre=version.pre, post=version.post + 1, dev=0)
    elif version.pre is not None:
        high = _cut(version, pre=(version.pre[0], version.pre[1] + 1), dev=0)
    else:
        high = _cut(version, release=_next_release(version.release), dev=0)
    return _interval(low, high)


def _interval(low: bytes | None, high: bytes | None) -> VersionSet:
    if low is not None and low <= _FLOOR:
        low = None
    return between(low, None) if high is None else between(low, high if high > _FLOOR else BOTTOM)


@lru_cache(maxsize=1 << 16)
def _one(operator: str, text: str) -> VersionRange:
    if operator == "===":
        version = parse_version(text)
        return VersionRange(singleton(version.key), pinned=True)
    if text.endswith(".*"):
        versions = _star(parse_version(text[:-2]))
        return VersionRange(versions if operator == "==" else versions.complement(), pinned=False)
    version = parse_version(text)
    match operator:
        case "==" | "!=":
            exact = (
                _interval(before(version.key), _above_locals(version))
                if version.local is None
                else singleton(version.key)
            )
            return VersionRange(exact, True) if operator == "==" else VersionRange(exact.complement(), False)
        case "~=":
            high = _cut(version, release=_next_release(version.release[:-1]), dev=0)
            versions = _interval(before(version.key), high)
        case "<":
            versions = _interval(None, _below(version))
        case "<=":
            versions = _interval(None, _above_locals(version))
        case ">":
            versions = _interval(_above(version), None)
        case ">=":
            versions = _interval(before(version.key), None)
        case _:
            raise ValueError(f"not a version operator: {operator!r}")
    return VersionRange(versions, pinned=False)


@lru_cache(maxsize=1 << 16)
def _whole(parts: tuple[tuple[str, str], ...]) -> VersionRange:
    ranges = [_one(operator, text) for operator, text in parts]
    versions = full()
    for part in ranges:
        versions = versions.intersection(part.versions)
    pinned = versions.as_singleton() is not None or any(part.pinned and part.versions is versions for part in ranges)
    return VersionRange(versions, pinned)


def to_range(specifiers: SpecifierSet) -> VersionRange:
    """The versions that a specifier set admits (pre-releases are a matter of policy, not of the set)."""
    return _whole(tuple((one.operator, one.version) for one in specifiers))


def exact_pin(specifiers: SpecifierSet) -> PyVersion | None:
    """The version of a set that is a single ``==`` or ``===`` clause without a star, which unlocks yanked files."""
    if len(specifiers) != 1:
        return None
    only = next(iter(specifiers))
    if only.operator not in ("==", "===") or only.version.endswith(".*"):
        return None
    return parse_version(only.version)


def mentions_prerelease(specifiers: SpecifierSet) -> bool:
    """Whether a clause other than ``!=`` names a pre-release, which opts its package in under ``explicit``."""
    return any(
        one.operator != "!=" and parse_version(one.version.removesuffix(".*")).is_prerelease for one in specifiers
    )


@lru_cache(maxsize=4096)
def python_versions(text: str) -> VersionSet:
    """A ``requires-python`` as a set of releases; pre-releases of Python count as the release."""
    versions = full()
    for one in SpecifierSet(text):
        versions = versions.intersection(_python_clause(one.operator, one.version))
    return versions


def _python_clause(operator: str, text: str) -> VersionSet:
    star = text.endswith(".*")
    version = parse_version(text.removesuffix(".*"))
    here = parse_version(".".join(map(str, version.release)))
    at, past = before(here.key), after(here.key)
    if star:
        inside = between(at, before(_release(_next_release(version.release))))
        return inside if operator == "==" else inside.complement()
    match operator:
        case "==" | "===":
            return singleton(here.key)
        case "!=":
            return singleton(here.key).complement()
        case "~=":
            return between(at, before(_release(_next_release(version.release[:-1]))))
        case "<":
            return between(None, at)
        case "<=":
            return between(None, past)
        case ">":
            return between(past, None)
        case _:
            return between(at, None)


def _release(release: tuple[int, ...]) -> bytes:
    return parse_version(".".join(map(str, release))).key
