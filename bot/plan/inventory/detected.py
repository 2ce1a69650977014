"""Every file that requires packages or names versions of tools, with how far behind it is: from what a run knows already.

No index is asked about anything that planning did not ask about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from packaging.version import Version

from bot.detect.model import Detected, LockUnit
from bot.manifest.edit import specifier_of
from bot.manifest.model import Declaration
from bot.plan.behind import Behind, find_known_behind, find_known_statuses
from bot.plan.policy import update_kind
from bot.plan.proposals.repository import Workload
from bot.plan.unit import declarations_by_name
from bot.plan.worlds.holdings import LockedVersions
from bot.ports.run import DetectedFile, DetectedPackage
from bot.redaction import redact_urls
from bot.resolver.model.index import IndexPort, ProjectStatus
from bot.toolchain.forms import base_version
from bot.toolchain.model import Place, Role, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a unit that could be locked says of the packages of its files."""

    locked: LockedVersions
    behind: Mapping[str, Behind]
    statuses: Mapping[str, ProjectStatus]


def tell_detected(
    detected: Detected,
    workloads: Sequence[Workload],
    index: IndexPort,
    places: Iterable[Place],
    newest: Mapping[Tool, Version],
) -> tuple[DetectedFile, ...]:
    """Manifests in the order of detection, then other files with places by path."""
    known = _known_by_path(workloads, index)
    files = {one.path: one for unit in detected.units for one in _files(unit, detected, known)}
    for path, found in groupby(sorted(places, key=lambda one: one.path), key=lambda one: one.path):
        file = files.get(path, DetectedFile(path=path))
        named = {one.package for one in file.packages}
        pins = (_pin(one, newest.get(one.tool)) for one in found if one.tool not in named and not _is_purpose(one))
        files[path] = replace(file, packages=(*file.packages, *dict.fromkeys(pins)))
    return tuple(files.values())


def _known_by_path(workloads: Sequence[Workload], index: IndexPort) -> Mapping[str, _Known]:
    """Of what several units say of a file the first one counts: a build system knows less than the project beside it."""
    found: dict[str, _Known] = {}
    for trial in (one.trial for one in workloads):
        locked, behind = trial.current, {one.package: one for one in find_known_behind(trial, index)}
        statuses = find_known_statuses(trial, index)
        for path in dict.fromkeys(row.path for row in trial.unit.declarations):
            before = found.get(path, _Known(locked={}, behind={}, statuses={}))
            more = {name: one for name, one in behind.items() if name not in before.locked}
            found[path] = _Known(
                locked={**locked, **before.locked},
                behind={**before.behind, **more},
                statuses={**statuses, **before.statuses},
            )
    return found


def _files(unit: LockUnit, detected: Detected, known: Mapping[str, _Known]) -> Iterator[DetectedFile]:
    for path in unit.manifests:
        manifest = detected.manifests.get(path)
        rows = declarations_by_name(manifest.declarations if manifest is not None else ())
        packages = tuple(_package(name, found, known.get(path)) for name, found in rows.items())
        yield DetectedFile(path=path, kind=unit.kind, lock=unit.lock, packages=packages)


def _package(name: str, rows: Sequence[Declaration], known: _Known | None) -> DetectedPackage:
    required = ", ".join(dict.fromkeys(_required(one) for one in rows))
    locked = known.locked.get(name, ()) if known is not None else ()
    one = DetectedPackage(package=name, required=required, locked=", ".join(map(str, locked)))
    status = known.statuses.get(name) if known is not None else None
    if status is not None:
        one = replace(one, status=status.status, reason=status.reason)
    behind = known.behind.get(name) if known is not None else None
    if behind is None:
        return one
    kind = update_kind(behind.locked[-1], behind.newest)
    return replace(one, newest=str(behind.newest), kind=kind, days=behind.days)


def _required(row: Declaration) -> str:
    """Its specifier as it stands there, or where it comes from; empty where any version will do."""
    url = row.requirement.url
    return specifier_of(row.text) if url is None else redact_urls(url)


def _is_purpose(place: Place) -> bool:
    """``requires-python`` says what a project is for, and is never behind."""
    return place.tool is Tool.PYTHON and place.role is Role.BOUND


def _pin(place: Place, newest: Version | None) -> DetectedPackage:
    version = base_version(place)
    one = DetectedPackage(package=place.tool, required=place.shown, locked=str(version or place.text), is_pin=True)
    if version is None or newest is None or newest <= version:
        return one
    return replace(one, newest=str(newest), kind=update_kind(version, newest))
