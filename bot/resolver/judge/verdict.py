"""Whether an existing lock still says what the manifests ask for, and if not, what of it can be kept.

The checks come in uv's order and the first that fails decides, so that its answer decides what a new resolution
starts from: the locked versions and forks, the versions alone, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from bot.lockfile.model import Cutoff, Lock, Package, PackageCutoff, RegistrySource
from bot.markers import Marker, any_of
from bot.resolver.judge.content import ReadMetadata, content_differences
from bot.resolver.model.cutoffs import parse_instant
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.request import LockRequest
from bot.values import value


@value
class Satisfied:
    """The lock is right: leave the file alone."""


@value
class Preferable:
    """Resolve again, preferring the locked versions and forks."""

    reason: str


@value
class VersionsOnly:
    """Resolve again, preferring the locked versions; the forks are void."""

    reason: str


@value
class Unusable:
    """Resolve again from nothing."""

    reason: str


Judgement: TypeAlias = Satisfied | Preferable | VersionsOnly | Unusable


def judge_lock(request: LockRequest, lock: Lock, read_metadata: ReadMetadata) -> Judgement:
    """Judge a lock; every reason is a sentence that starts small and ends without a full stop.

    ``read_metadata`` gives what a locked package declares now, ``None`` where the lock's word counts.
    """
    judgement = _judge_options(request, lock) or _judge_ranges(request, lock) or _judge_wishes(request, lock)
    if judgement is not None:
        return judgement
    reason = next(content_differences(request, lock, read_metadata), None)
    return Satisfied() if reason is None else Preferable(reason=reason)


# --- options --------------------------------------------------------------------------------------


def _judge_options(request: LockRequest, lock: Lock) -> Judgement | None:
    mode = lock.options.resolution_mode or "highest"
    if mode != request.options.resolution:
        return Unusable(reason=f"the resolution mode changed from {mode} to {request.options.resolution}")
    strategy = lock.options.fork_strategy or "requires-python"
    if strategy != request.options.fork_strategy:
        return Unusable(reason=f"the fork strategy changed from {strategy} to {request.options.fork_strategy}")
    change = _cutoff_change(lock.options.exclude_newer, request.options.exclude_newer)
    if change is not None:
        return Preferable(reason=f"exclude-newer {change}")
    change = _package_cutoff_change(request, lock)
    if change is not None:
        return Preferable(reason=f"exclude-newer-package {change}")
    return Unusable(reason="everything is to be upgraded") if request.upgrade.everything else None


def _cutoff_change(old: Cutoff | None, new: Cutoff | None) -> str | None:
    if old is None:
        return None if new is None else f"was added: {_show(new)}"
    if new is None:
        return "was removed"
    if old.span is not None or new.span is not None:
        return None if old.span == new.span else f"changed from {_show(old)} to {_show(new)}"
    earlier = parse_instant(new.timestamp) < parse_instant(old.timestamp)
    return f"moved back from {_show(old)} to {_show(new)}" if earlier else None


def _show(cutoff: Cutoff) -> str:
    return cutoff.span or cutoff.timestamp


def _package_cutoff_change(request: LockRequest, lock: Lock) -> str | None:
    """Compare cutoffs per package; only those of locked packages or with a recorded cutoff count."""
    old = lock.options.exclude_newer_package
    names = {package.name for package in lock.packages}
    new = {name: value for name, value in request.options.exclude_newer_package.items() if name in names or name in old}
    for name, cutoff in old.items():
        if name not in new:
            return f"of {name} was removed"
        change = _one_package_change(cutoff, new[name])
        if change is not None:
            return f"of {name} {change}"
    added = next((name for name, cutoff in new.items() if name not in old and cutoff is not None), None)
    return None if added is None else f"of {added} was added"


def _one_package_change(old: PackageCutoff, new: PackageCutoff) -> str | None:
    return None if new is None else _cutoff_change(old, new)


# --- ranges: what makes forks void ----------------------------------------------------------------


def _judge_ranges(request: LockRequest, lock: Lock) -> Judgement | None:
    locked = parse_python_range(lock.requires_python)
    wanted = PythonRange.from_specifiers(request.requires_python)
    reason = _fork_problem(lock, locked, wanted) or _environment_change(request, lock, locked)
    if reason is not None:
        return VersionsOnly(reason=reason)
    if locked != wanted:
        reason = f"requires-python changed from {lock.requires_python!r} to {request.requires_python_text!r}"
        return VersionsOnly(reason=reason) if lock.resolution_markers else Preferable(reason=reason)
    return None


def _fork_problem(lock: Lock, locked: PythonRange, wanted: PythonRange) -> str | None:
    forks = _union(lock.resolution_markers, locked)
    if not (~forks).is_disjoint(_union(lock.supported_markers, locked)):
        return "the resolution markers of the lock do not cover its environments"
    if forks.is_disjoint(wanted.marker()):
        return "the resolution markers of the lock exclude the new requires-python"
    return None


def _union(markers: Iterable[Marker], python: PythonRange) -> Marker:
    markers = tuple(markers)
    if not markers:
        return python.marker()
    return any_of(python.complexify(marker).without_extras() for marker in markers)


def _environment_change(request: LockRequest, lock: Lock, locked: PythonRange) -> str | None:
    for what, old, new in (
        ("environments", lock.supported_markers, request.environments),
        ("required-environments", lock.required_markers, request.required_environments),
    ):
        if [locked.simplify(marker) for marker in old] != [locked.simplify(marker) for marker in new]:
            return f"{what} changed"
    if dict(lock.options.minimum_libc_version) != dict(request.options.minimum_libc_version):
        return "minimum-libc-version changed"
    # uv 0.6.3 and earlier wrote the items of a set as they were declared.
    if list(map(frozenset, lock.conflicts)) != list(map(frozenset, request.conflicts)):
        return "conflicts changed"
    return None


def _judge_wishes(request: LockRequest, lock: Lock) -> Judgement | None:
    prerelease = lock.options.prerelease_mode or "if-necessary"
    if prerelease != request.options.prerelease:
        return Preferable(reason=f"prerelease changed from {prerelease} to {request.options.prerelease}")
    if dict(lock.options.prerelease_package) != dict(request.options.prerelease_package):
        return Preferable(reason="prerelease-package changed")
    wishes = sorted(request.upgrade.packages) + [f"group {name}" for name in sorted(request.upgrade.groups)]
    if wishes:
        return Preferable(reason=f"to be upgraded: {', '.join(wishes)}")
    algorithms = {index.url: index.hash_algorithm for index in reversed(request.indexes)}
    other = next((package for package in lock.packages if _has_other_hashes(package, algorithms)), None)
    if other is not None:
        return Preferable(reason=f"the index of {other.name} is to have other hashes")
    return Preferable(reason="it is to be resolved again (--refresh)") if request.upgrade.anew else None


def _has_other_hashes(package: Package, algorithms: Mapping[str, str | None]) -> bool:
    """Whether a file has no hash of the algorithm that its index is to have."""
    algorithm = algorithms.get(package.source.url) if isinstance(package.source, RegistrySource) else None
    files = (*package.wheels, *((package.sdist,) if package.sdist else ())) if algorithm is not None else ()
    return any(not (file.hash or "").startswith(f"{algorithm}:") for file in files)
