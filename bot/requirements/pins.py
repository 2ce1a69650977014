"""The pins of a requirements file as the value of a lock, which is what planning compares and speaks of.

Who requires what is known from the annotations, where the file has them. Files and markers' forks that a lock would have
are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.lockfile.model import Dependency, Lock, Package, RegistrySource, Source, UrlSource
from bot.markers import TRUE
from bot.patterns import pattern
from bot.requirements.model import RequirementLine, RequirementsFile

#: Files don't say which index a pin is from.
ANY_INDEX = RegistrySource(url="")

_VIA = pattern(r"[ \t]*#\s*via\b[ \t]*(?P<said>.*)")
_MORE = pattern(r"[ \t]*#\s{3,}(?P<said>\S.*)")
_ASKER = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def find_pin(stated: RequirementLine) -> Version | None:
    """The version that a requirement pins exactly; ``None`` for ranges, wildcards and whatever is no version."""
    parts = list(stated.specifier)
    if len(parts) != 1 or parts[0].operator != "==" or parts[0].version.endswith(".*"):
        return None
    try:
        return Version(parts[0].version)
    except InvalidVersion:
        return None


def pinned_lock(file: RequirementsFile, text: str) -> Lock:
    """What a requirements file pins; ``text`` is the file's, for what it says of who requires what."""
    rows = [row for row in file.requirements if row.name is not None and (row.url or find_pin(row) is not None)]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.name or ""] = counts.get(row.name or "", 0) + 1
    made = [_package(row, is_fork=counts[row.name or ""] > 1) for row in rows]
    return Lock(requires_python="", packages=with_edges(made, find_askers(file, text)))


def _package(row: RequirementLine, *, is_fork: bool) -> Package:
    source: Source = UrlSource(url=row.url) if row.url else ANY_INDEX
    markers = (row.marker,) if is_fork and row.marker is not TRUE else ()
    return Package(name=row.name or "", version=find_pin(row), source=source, resolution_markers=markers)


def with_edges(packages: Sequence[Package], askers: Mapping[str, Iterable[str]]) -> tuple[Package, ...]:
    """The packages, each with an edge to those that it is said to ask for."""
    needs: dict[str, list[Dependency]] = {}
    for package in packages:
        edge = Dependency(name=package.name, version=package.version, source=package.source, marker=TRUE)
        for asker in askers.get(package.name, ()):
            needs.setdefault(asker, []).append(edge)
    return tuple(
        Package(
            name=one.name,
            version=one.version,
            source=one.source,
            resolution_markers=one.resolution_markers,
            dependencies=tuple(needs.get(one.name, ())),
        )
        for one in packages
    )


def find_askers(file: RequirementsFile, text: str) -> Mapping[str, tuple[str, ...]]:
    """The packages that annotations name beside each package."""
    lines = text.splitlines()
    found: dict[str, list[str]] = {}
    rows = file.requirements
    ends = [*(row.line - 1 for row in rows[1:]), len(lines)]
    for row, end in zip(rows, ends, strict=False):
        said = _said(lines[row.line - 1 : end])
        found.setdefault(row.name or "", []).extend(name for one in said if (name := _asker(one)) is not None)
    return {name: tuple(dict.fromkeys(askers)) for name, askers in found.items()}


def _said(lines: Sequence[str]) -> Iterator[str]:
    """What an annotation says: in its line, or in the lines below it."""
    is_open = False
    for position, line in enumerate(lines):
        beside = line.partition(" #")[2] if not position else ""
        via = _VIA.fullmatch(f"#{beside}" if beside else line)
        if via is not None:
            is_open = True
            yield from via["said"].split(",")
        elif is_open and (more := _MORE.fullmatch(line)) is not None:
            yield more["said"]
        elif position:
            is_open = False


def _asker(said: str) -> str | None:
    name = said.strip().partition(" ")[0].partition("[")[0]
    return canonicalize_name(name) if _ASKER.fullmatch(name) else None
