"""What detection found, as units of planning: locks, scripts without one, and build systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bot.detect.kinds import get_kind
from bot.detect.model import Detected, LockUnit, Solvable
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.manifest.model import Declaration
from bot.manifest.ranges import RangeStrategy
from bot.plan.policy import choose_strategy
from bot.plan.unit import Unit
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import Tree

_LOWEST = re.compile(r">=\s*(\d+\.\d+)")
_BOUNDING = frozenset({"==", "===", "~=", "<", "<="})


def make_units(tree: Tree, detected: Detected, found: LockUnit, settings: CommandSettings) -> Iterator[Unit]:
    """What is solved as one of a detected unit; raises ``InputError`` where the lock file is broken."""
    for part in get_kind(found.manifests[0]).find_solvables(found, detected.manifests):
        yield _make_unit(tree, found.root, part, settings)


def _make_unit(tree: Tree, folder: str, part: Solvable, settings: CommandSettings) -> Unit:
    text = tree.read_text(part.lock) if part.lock else None
    lock = parse_lock(text, part.lock) if text is not None and part.lock else None
    return Unit(
        name=part.name,
        path=part.path or part.name,
        folder=folder,
        lock_path=part.lock,
        lock_text=text,
        lock=lock,
        declarations=part.declarations,
        libraries=part.libraries,
        lower=partial(part.lower, settings=settings if lock is None else _as_locked(settings, lock)),
    )


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
