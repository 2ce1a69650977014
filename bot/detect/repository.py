"""Everything in a repository that could be locked or pinned, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.detect import kinds
from bot.detect.ignored import is_ignored
from bot.detect.kind import ManifestKind
from bot.detect.model import NOTHING_TOLD, Detected, Listing, Manifest, Told
from bot.manifest.model import IndexTable
from bot.ports.run import Problem
from bot.printable import is_encodable, printable
from bot.wall import KeepError, to_problem


def detect(listing: Listing, keep: KeepError, told: Told = NOTHING_TOLD) -> Detected:
    """Find what every kind of manifest has here; never raises for what a file says. ``told`` is what other files say."""
    files = frozenset(listing.paths())
    found = [_detect_kind(kind, listing, paths, files, keep, told) for kind, paths in _by_kind(files).items()]
    manifests: dict[str, Manifest] = {}
    for one in found:
        manifests.update(one.manifests)
    return _without_odd_paths(
        Detected(
            units=tuple(unit for one in found for unit in one.units),
            problems=tuple(problem for one in found for problem in one.problems),
            manifests=manifests,
            left_alone=tuple(sorted((row for one in found for row in one.left_alone), key=lambda row: row.path)),
        )
    )


def find_passed_over(listing: Listing, paths: Iterable[str], keep: KeepError) -> Iterator[str]:
    """Those of these paths (files that the configuration passes over) that would be manifests."""
    for kind, files in _by_kind(frozenset(paths)).items():
        for path in files:
            found = _detect_kind(kind, listing, [path], frozenset((path,)), keep, NOTHING_TOLD)
            if found.units or found.problems or found.left_alone or path in found.manifests:
                yield printable(path)


def _detect_kind(
    kind: ManifestKind,
    listing: Listing,
    paths: Sequence[str],
    files: frozenset[str],
    keep: KeepError,
    told: Told,
) -> Detected:
    """What a kind finds; where it fails, without the files at which it fails by themselves."""
    try:
        return kind.detect(listing, paths, files, told)
    except Exception as error:  # noqa: BLE001 - the wall
        faults = [
            (path, fault) for path in paths if (fault := _find_fault(kind, listing, path, files, told)) is not None
        ]
        problems = [to_problem(fault, path, keep) for path, fault in faults] or [to_problem(error, "", keep)]
    guilty = {path for path, _ in faults}
    rest = [path for path in paths if path not in guilty] if guilty else []
    try:
        found = kind.detect(listing, rest, files, told)
    except Exception as error:  # noqa: BLE001 - the wall
        return Detected(problems=(*problems, to_problem(error, "", keep)))
    return replace(found, problems=(*problems, *found.problems))


def _find_fault(kind: ManifestKind, listing: Listing, path: str, files: frozenset[str], told: Told) -> Exception | None:
    try:
        kind.detect(listing, [path], files, told)
    except Exception as error:  # noqa: BLE001 - the wall
        return error
    return None


def _without_odd_paths(found: Detected) -> Detected:
    """Without the units that a file belongs to whose path is no text: nothing that is written could name it."""
    odd = {path for path in found.manifests if not is_encodable(path)}
    return Detected(
        units=tuple(unit for unit in found.units if odd.isdisjoint(unit.manifests)),
        problems=(*(_printable(one) for one in found.problems), *map(_refuse_path, sorted(odd))),
        manifests={path: manifest for path, manifest in found.manifests.items() if path not in odd},
        left_alone=tuple(replace(one, path=printable(one.path)) for one in found.left_alone),
    )


def _printable(problem: Problem) -> Problem:
    if problem.path is None or is_encodable(problem.path):
        return problem
    return replace(problem, path=printable(problem.path))


def _refuse_path(path: str) -> Problem:
    return Problem(
        path=printable(path),
        message="the path is not UTF-8: neither a lock nor GitHub has a name for it",
        hint="rename the file or its folder",
    )


def find_indexes(listing: Listing) -> Iterator[IndexTable]:
    """The indexes that the repository's manifests name."""
    for kind, paths in _by_kind(frozenset(listing.paths())).items():
        try:
            yield from tuple(kind.find_indexes(listing, paths))
        except Exception:  # noqa: BLE001 - the wall; detection tells what is wrong
            yield from _indexes_one_by_one(kind, listing, paths)


def _indexes_one_by_one(kind: ManifestKind, listing: Listing, paths: Sequence[str]) -> Iterator[IndexTable]:
    for path in paths:
        with suppress(Exception):
            yield from tuple(kind.find_indexes(listing, [path]))


def _by_kind(files: frozenset[str]) -> Mapping[ManifestKind, list[str]]:
    """The files that may be manifests of each kind, sorted; the kinds in the order of their table."""
    found: dict[ManifestKind, list[str]] = {kind: [] for kind in kinds.KINDS}
    for path in sorted(files):
        kind = kinds.find_kind(path)
        if kind is not None and not is_ignored(path):
            found[kind].append(path)
    return found
