"""Small universes for solver tests: versions are ints, keys three digits."""

from __future__ import annotations

from bot.pubgrub import version_set as vs
from bot.pubgrub.cuts import after, before
from bot.pubgrub.version_set import VersionSet
from tests.pubgrub.sets import from_intervals


def key(version: int) -> bytes:
    return b"%03d" % version


def ranged(low: int, high: int) -> VersionSet:
    """``>= low, < high``."""
    return vs.between(before(key(low)), before(key(high)))


def only(*versions: int) -> VersionSet:
    return from_intervals((before(key(version)), after(key(version))) for version in versions)


def _bound(cut: bytes, at_cut: str, past_cut: str) -> str:
    return f"{at_cut if cut.endswith(bytes(1)) else past_cut}{int(cut[:-1])}"


class IntNames:
    """Names for reports over these universes, in the form of PEP 440 ranges."""

    def package(self, package: str) -> str:
        return package

    def version(self, package: str, key: bytes) -> str:
        return str(int(key))

    def versions(self, package: str, versions: VersionSet) -> str:
        return " | ".join(self._interval(low, high) for low, high in versions.intervals()) or "∅"

    def reason(self, reason: str) -> str:
        return reason

    def _interval(self, low: bytes | None, high: bytes | None) -> str:
        if low is not None and high is not None and low[:-1] == high[:-1]:
            return f"=={int(low[:-1])}"
        bounds = [_bound(low, ">=", ">")] if low is not None else []
        bounds += [_bound(high, "<", "<=")] if high is not None else []
        return ", ".join(bounds) or "*"
