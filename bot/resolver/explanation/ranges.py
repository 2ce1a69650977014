"""Version sets in words: as specifiers where somebody wrote them, by the versions that exist where the solver did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from packaging.specifiers import SpecifierSet

from bot.pubgrub.version_set import VersionSet
from bot.resolver.model.versions import decode_key, parse_version

#: The text of the version behind a key; a key alone has lost trailing zeros.
Spell = Callable[[bytes], str]

#: How the cut above a release and its post-releases ends: ``>1.0``.
_ABOVE_RELEASE = b"\x04\x00"

#: First characters of operators in the order of reading.
_ORDER = "=~><!"

#: More runs of versions than this are told by their ends.
_RUNS = 3


def render_versions(versions: VersionSet) -> str:
    """A version set as specifiers: ``>=1,<2``; holes of single versions read ``!=``, alternatives are joined by ``or``."""
    if versions.is_empty():
        return "(none)"
    if versions.is_full():
        return "(any)"
    intervals = list(versions.intervals())
    holes = [_only_version(high, low) for (_, high), (low, _) in pairwise(intervals)]
    if len(intervals) > 1 and all(holes):
        outer = _interval(intervals[0][0], intervals[-1][1])
        return ",".join(filter(None, [outer, *(f"!={hole}" for hole in holes)]))
    if len(intervals) > _RUNS:
        return f"{render_outer(versions)} (in {len(intervals)} ranges)"
    return " or ".join(_interval(low, high) for low, high in intervals)


def render_outer(versions: VersionSet) -> str:
    """The bounds alone, whatever lies between them."""
    bounds = versions.bounding_interval()
    return "(none)" if bounds is None else _interval(*bounds) or "(any)"


def render_specifiers(specifiers: SpecifierSet) -> str:
    """Specifiers as people write them, the lower bound first; empty for any version."""
    return ",".join(str(one) for one in sorted(specifiers, key=lambda one: (_ORDER.find(one.operator[0]), str(one))))


def render_existing(versions: VersionSet, known: Sequence[bytes], spell: Spell = decode_key) -> str | None:
    """Which of the ``known`` versions (keys, ascending) are meant: ``2.0.1``, ``>=2.0.1,<=2.3``; ``None`` for all.

    A set that holds none of them is rendered as specifiers.
    """
    runs = _runs(versions, known)
    if not runs:
        return render_versions(versions)
    if runs == [(0, len(known))]:
        return None
    if len(runs) > _RUNS:
        count = sum(stop - start for start, stop in runs)
        return f"{spell(known[runs[0][0]])} to {spell(known[runs[-1][1] - 1])} ({count} versions)"
    return " or ".join(_run(start, stop, known, spell) for start, stop in runs)


def count_existing(versions: VersionSet, known: Sequence[bytes]) -> int:
    return sum(stop - start for start, stop in _runs(versions, known))


def _runs(versions: VersionSet, known: Sequence[bytes]) -> list[tuple[int, int]]:
    """Stretches of neighbouring known versions inside the set, as (start, stop) positions."""
    runs: list[tuple[int, int]] = []
    for position, key in enumerate(known):
        if not versions.contains(key):
            continue
        if runs and runs[-1][1] == position:
            runs[-1] = (runs[-1][0], position + 1)
        else:
            runs.append((position, position + 1))
    return runs


def _run(start: int, stop: int, known: Sequence[bytes], spell: Spell) -> str:
    first, last = spell(known[start]), spell(known[stop - 1])
    if stop - start == 1:
        return first
    if stop == len(known):
        return f">={first}"
    return f"<={last}" if not start else f">={first},<={last}"


def _interval(low: bytes | None, high: bytes | None) -> str:
    if low is not None and high is not None:
        only = _only_version(low, high)
        if only is not None:
            return f"=={only}"
    parts = []
    if low is not None:
        parts.append(_lower(low))
    if high is not None:
        parts.append(_upper(high))
    return ",".join(parts)


def _is_after(cut: bytes) -> bool:
    return cut[-1:] == b"\xff"


def _only_version(low: bytes | None, high: bytes | None) -> str | None:
    """The version that the interval is about, with its local variants or without."""
    if low is None or high is None:
        return None
    if low[:-1] == high[:-1] and not _is_after(low) and _is_after(high):
        return decode_key(low[:-1])
    text = decode_key(low[:-1])
    if _is_after(low) or _is_after(high):
        return None
    return text if decode_key(high[:-1]) in (f"{text}.post0.dev0", _next_dev(text)) else None


def _next_dev(text: str) -> str:
    head, dev, number = text.rpartition(".dev")
    return f"{head}.dev{int(number) + 1}" if dev and number.isdigit() else text + "?"


def _lower(cut: bytes) -> str:
    text = decode_key(cut[:-1])
    if _is_after(cut) or text.endswith(".post0.dev0") or cut.endswith(_ABOVE_RELEASE):
        return f">{text.removesuffix('.post0.dev0')}"
    version = parse_version(text)
    return f">={text.removesuffix('.dev0')}" if version.dev == 0 and version.pre is None else f">={text}"


def _upper(cut: bytes) -> str:
    text = decode_key(cut[:-1])
    if _is_after(cut) or cut.endswith(_ABOVE_RELEASE):
        return f"<={text}"
    if text.endswith(".post0.dev0"):
        return f"<={text.removesuffix('.post0.dev0')}"
    return f"<{text.removesuffix('.dev0')}"
