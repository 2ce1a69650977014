"""Version specifiers as lock files print and sort them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from bot.pep440 import parse_version

_RANKS: Final = {name: rank for rank, name in enumerate(("==", "==*", "===", "!=", "!=*", "~=", "<", "<=", ">", ">="))}


def render_specifiers(specifiers: SpecifierSet, separator: str = ",") -> str:
    """The specifiers by version, then operator; versions are normalized by PEP 440 but keep their zeros."""
    parts = sorted(map(_take_apart, specifiers), key=lambda part: (part[1], part[0]))
    return separator.join(part[2] for part in parts)


SpecifierKey = tuple[tuple[int, Version, int], ...]


def specifier_sort_key(specifiers: SpecifierSet) -> SpecifierKey:
    """The order of requirements on one package: operator first, then version, specifier by specifier."""
    parts = sorted(map(_take_apart, specifiers), key=lambda part: (part[1], part[0]))
    return tuple((rank, version, len(version.release) if rank == _RANKS["~="] else 0) for rank, version, _ in parts)


def _take_apart(specifier: Specifier) -> tuple[int, Version, str]:
    return _parts(specifier.operator, specifier.version)


@lru_cache(maxsize=8192)
def _parts(operator: str, text: str) -> tuple[int, Version, str]:
    """(rank of the operator, version, printed form)."""
    star = ".*" if text.endswith(".*") else ""
    version = parse_version(text.removesuffix(".*"))
    return _RANKS[operator + ("*" if star else "")], version, f"{operator}{version}{star}"
