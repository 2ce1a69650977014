"""Which of the Pythons that a lock is for a package still has wheels for; what it lost has to be built there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from bot.lockfile.diff import file_name
from bot.lockfile.model import Lock, Package
from bot.patterns import pattern

_CPYTHON = pattern(r"cp3(\d{1,3})")
_OLDEST = 6


def find_lost_pythons(before: Lock, after: Lock, name: str) -> tuple[str, ...]:
    """As ``3.11``: those of the lock that had wheels and have none, where there still are some for others.

    Looked at are Pythons up to the newest that a wheel of either names: of later ones nobody can have wheels yet.
    """
    had, has = (_Served.of(lock, name) for lock in (before, after))
    minors = range(_OLDEST, max((*had.named, *has.named), default=0) + 1)
    wanted = _read_range(after)
    if wanted is None or not any(map(has.serves, minors)):
        return ()
    lost = (minor for minor in minors if had.serves(minor) and not has.serves(minor))
    return tuple(f"3.{minor}" for minor in lost if wanted.contains(f"3.{minor}.99", prereleases=True))


def has_lost_all_wheels(before: Lock, after: Lock, name: str) -> bool:
    """Whether some entry of the new lock has to be built wherever it is used, and none of the old one had."""
    olds, news = _entries(before, name), _entries(after, name)
    return bool(olds) and all(one.wheels for one in olds) and any(one.sdist and not one.wheels for one in news)


def _read_range(lock: Lock) -> SpecifierSet | None:
    try:
        return SpecifierSet(lock.requires_python)
    except InvalidSpecifier:
        return None


def _entries(lock: Lock, name: str) -> Sequence[Package]:
    return [package for package in lock.packages if package.name == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """``named``: minor versions of Python 3 that wheels are tagged with; ``since``: the first of a stable ABI."""

    named: frozenset[int]
    since: int | None
    everywhere: bool

    @classmethod
    def of(cls, lock: Lock, name: str) -> _Served:
        tags = [_tags(file_name(wheel) or "") for package in _entries(lock, name) for wheel in package.wheels]
        named = [(int(found[1]), abi) for python, abi in tags for found in map(_CPYTHON.fullmatch, python) if found]
        return cls(
            named=frozenset(minor for minor, _ in named),
            since=min((minor for minor, abi in named if "abi3" in abi), default=None),
            everywhere=any("py3" in python for python, _ in tags),
        )

    def serves(self, minor: int) -> bool:
        return self.everywhere or minor in self.named or (self.since is not None and minor >= self.since)


def _tags(name: str) -> tuple[Sequence[str], Sequence[str]]:
    """Those for the Python and its ABI."""
    parts = name.removesuffix(".whl").split("-")
    return (parts[-3].split("."), parts[-2].split(".")) if len(parts) >= 5 else ((), ())
