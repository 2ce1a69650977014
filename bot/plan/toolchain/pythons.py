"""What a repository says of Python, place by place, and where that contradicts what its projects require."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from packaging.version import Version

from bot.manifest.ranges import find_floor
from bot.ports.run import PythonPlace
from bot.toolchain.cpython import NEWEST
from bot.toolchain.forms import base_version, parse_specifier, parse_written
from bot.toolchain.model import Place, Role


def tell_pythons(places: Sequence[Place]) -> tuple[PythonPlace, ...]:
    """All places, by file and line."""
    bounds = {posixpath.dirname(one.path): one for one in places if one.role is Role.BOUND}
    return tuple(
        PythonPlace(
            path=one.path,
            line=one.line,
            shown=one.shown,
            version=str(base_version(one) or one.text),
            role=one.role.value,
            warning=_warning(one, _nearest(bounds, one.path)),
        )
        for one in places
    )


def _nearest(bounds: dict[str, Place], path: str) -> Place | None:
    """What the project of a file requires: that of its folder, or of the nearest above."""
    folder = posixpath.dirname(path)
    while folder not in bounds and folder:
        folder = posixpath.dirname(folder)
    return bounds.get(folder)


def _warning(place: Place, bound: Place | None) -> str | None:
    specifier = parse_specifier(bound.text) if bound is not None else None
    version = base_version(place)
    if bound is None or specifier is None or version is None or place.role is Role.BOUND:
        return None
    said = f"requires-python is {bound.text} ({bound.path}:{bound.line})"
    if place.role is Role.OLDEST:
        floor = find_floor(specifier)
        return f"it is newer than the oldest that is supported: {said}" if _is_newer(version, floor) else None
    return None if specifier.contains(_used(place, version), prereleases=True) else f"it is not admitted: {said}"


def _is_newer(version: Version, floor: Version | None) -> bool:
    return floor is not None and version.release[:2] > floor.release[:2]


def _used(place: Place, version: Version) -> Version:
    """Of a series its newest release."""
    written = parse_written(place.text)
    if written is None or not written.is_series:
        return version
    return next((one for one in reversed(NEWEST) if one.release[: written.length] == version.release), version)
