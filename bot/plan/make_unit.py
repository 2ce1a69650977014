"""What detection found, as units of planning: locks, scripts without one, and build systems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from bot.detect.kinds import find_solvables
from bot.detect.model import Detected, LockUnit, LowerAlone, Solvable
from bot.lockfile.model import Lock, PackageCutoff
from bot.manifest.cutoff import parse_exclude_newer
from bot.manifest.model import Declaration
from bot.manifest.ranges import RangeStrategy
from bot.plan.policy import choose_strategy
from bot.plan.unit import Unit
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.cutoffs import lower_cutoff
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest

_LOWEST = re.compile(r">=\s*(\d+\.\d+)")
_BOUNDING = frozenset({"==", "===", "~=", "<", "<="})


def make_units(
    tree: Tree, detected: Detected, found: LockUnit, settings: CommandSettings, index: IndexPort
) -> Iterator[Unit]:
    """What is solved as one of a detected unit; raises ``InputError`` where the lock file is broken."""
    for part in find_solvables(found, detected.manifests):
        yield _make_unit(tree, found.root, part, settings, index)


def _make_unit(tree: Tree, folder: str, part: Solvable, settings: CommandSettings, index: IndexPort) -> Unit:
    text, lock = _read_lock(tree, part)
    first, *others = [
        Unit(
            name=part.name,
            path=part.path or part.name,
            folder=folder,
            lock_path=part.lock,
            lock_text=text,
            lock=lock,
            lock_place=part.place,
            declarations=part.declarations,
            libraries=part.libraries,
            lower=_lowering(partial(one.lower, index=index), lock, settings),
            form=one.form,
            reads=part.reads,
        )
        for one in (part, *part.alternatives)
    ]
    return replace(first, alternatives=tuple(others))


def _read_lock(tree: Tree, part: Solvable) -> tuple[str, Lock] | tuple[None, None]:
    text = tree.read_text(part.lock) if part.lock else None
    if text is None or part.lock is None:
        return None, None
    return (text, part.form.read(text, part.lock)) if part.place is None else part.place.parse(text)


def _lowering(lower: LowerAlone, lock: Lock | None, settings: CommandSettings) -> Callable[[Tree], LockRequest]:
    if lock is None:
        return partial(lower, settings=settings)
    return partial(_lower_as_locked, lower, lock, _as_locked(settings, lock))


def _lower_as_locked(lower: LowerAlone, lock: Lock, settings: CommandSettings, tree: Tree) -> LockRequest:
    return keep_cutoffs(lower(tree, settings=settings), lock, settings)


def keep_cutoffs(request: LockRequest, lock: Lock, settings: CommandSettings) -> LockRequest:
    """The request with the cut-offs that only the lock records: who made it by a flag or a variable meant it so."""
    stated, locked = request.options, lock.options
    own = _again(locked.exclude_newer, settings) if stated.exclude_newer is None else stated.exclude_newer
    packages = {name: _again(one, settings) for name, one in locked.exclude_newer_package.items()}
    options = replace(stated, exclude_newer=own, exclude_newer_package={**packages, **stated.exclude_newer_package})
    return replace(request, options=options)


def _again(cutoff: PackageCutoff, settings: CommandSettings) -> PackageCutoff:
    """A span counts from now on."""
    if cutoff is None or cutoff.span is None:
        return cutoff
    return lower_cutoff(parse_exclude_newer(cutoff.span), settings.now, settings.zone)


def is_worth_planning(unit: Unit, config: RepoConfig) -> bool:
    """Without a lock only specifiers can change: those that bound from above, or that follow every release."""
    return unit.lock_path is not None or any(_can_change(unit, row, config) for row in unit.declarations)


def _can_change(unit: Unit, row: Declaration, config: RepoConfig) -> bool:
    strategy = choose_strategy(config, row, is_library=row.path in unit.libraries)
    if strategy in {RangeStrategy.BUMP, RangeStrategy.PIN}:
        return True
    return any(part.operator in _BOUNDING for part in row.requirement.specifier)


def _as_locked(settings: CommandSettings, lock: Lock) -> CommandSettings:
    """Who states no ``requires-python`` keeps the one that the lock was made for."""
    stated = _LOWEST.match(lock.requires_python)
    return settings if stated is None else replace(settings, python=stated[1])
