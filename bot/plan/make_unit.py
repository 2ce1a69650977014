"""What detection found, as units of planning: locks, scripts without one, and build systems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from bot.detect.model import Detected, LockKind, LockUnit
from bot.lockfile.model import Lock, RegistryRequirement, Requirement
from bot.lockfile.reader import parse_lock
from bot.manifest.declarations import find_pyproject_declarations, find_script_declarations
from bot.manifest.model import Declaration, DeclaredRequirement, DepType, Pyproject
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.ranges import RangeStrategy
from bot.plan.policy import choose_strategy
from bot.plan.unit import Unit
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest

Lower: TypeAlias = Callable[[Tree], LockRequest]

_LOWEST = re.compile(r">=\s*(\d+\.\d+)")
_BUILD_TABLES = frozenset({DepType.BUILD, DepType.BUILD_CONSTRAINT})
_BOUNDING = frozenset({"==", "===", "~=", "<", "<="})


def make_unit(tree: Tree, detected: Detected, found: LockUnit, settings: CommandSettings) -> Unit:
    """One detected lock; raises ``InputError`` where the lock file is broken."""
    text = tree.read_text(found.lock) if found.lock else None
    lock = parse_lock(text, found.lock) if text is not None and found.lock else None
    declarations = tuple(row for row in _rows(detected, found.manifests) if row.table not in _BUILD_TABLES)
    libraries = frozenset(path for path in found.manifests if is_library(detected.pyprojects.get(path)))
    return Unit(
        name=found.lock or found.manifests[0],
        folder=found.root,
        lock_path=found.lock,
        lock_text=text,
        lock=lock,
        declarations=declarations,
        libraries=libraries,
        lower=_lowering(found, settings if lock is None else _as_locked(settings, lock)),
    )


def make_build_units(detected: Detected, found: LockUnit, settings: CommandSettings) -> Iterator[Unit]:
    """One unit for each manifest with a build system: its requirements are solved by themselves, without a lock."""
    if found.kind is LockKind.SCRIPT:
        return
    root = [row for row in _rows(detected, found.manifests[:1]) if row.table is DepType.BUILD_CONSTRAINT]
    for path in found.manifests:
        own = [row for row in _rows(detected, [path]) if row.table is DepType.BUILD]
        if own:
            yield Unit(
                name=f"{path} [build-system]",
                folder=found.root,
                lock_path=None,
                declarations=(*own, *root),
                libraries=frozenset({path} if is_library(detected.pyprojects.get(path)) else ()),
                lower=_build_lowering(found, path, settings),
            )


def is_worth_planning(unit: Unit, config: RepoConfig) -> bool:
    """Without a lock only specifiers can change: those that bound from above, or that follow every release."""
    return unit.lock_path is not None or any(_can_change(unit, row, config) for row in unit.declarations)


def is_library(manifest: Pyproject | None) -> bool:
    """Whether others install it as a package: it has a build system and does not say ``package = false``.

    A classifier that keeps it off PyPI (``Private :: …``) is how projects say that they are not published.
    """
    if manifest is None or manifest.project is None or manifest.uv.package is False:
        return False
    is_private = any(one.startswith("Private ::") for one in manifest.project.classifiers)
    return manifest.build_system is not None and not is_private


def _can_change(unit: Unit, row: Declaration, config: RepoConfig) -> bool:
    strategy = choose_strategy(config, row, is_library=row.path in unit.libraries)
    if strategy in {RangeStrategy.BUMP, RangeStrategy.PIN}:
        return True
    return any(part.operator in _BOUNDING for part in row.requirement.specifier)


def _rows(detected: Detected, manifests: Iterable[str]) -> Iterator[Declaration]:
    for path in manifests:
        if path in detected.pyprojects:
            yield from find_pyproject_declarations(detected.pyprojects[path])
        elif path in detected.scripts:
            yield from find_script_declarations(detected.scripts[path])


def _as_locked(settings: CommandSettings, lock: Lock) -> CommandSettings:
    """Who states no ``requires-python`` keeps the one that the lock was made for."""
    stated = _LOWEST.match(lock.requires_python)
    return settings if stated is None else replace(settings, python=stated[1])


def _lowering(found: LockUnit, settings: CommandSettings) -> Lower:
    def lower(tree: Tree) -> LockRequest:
        if found.kind is LockKind.SCRIPT:
            return lower_script(tree, path=found.manifests[0], settings=settings)
        return lower_project(tree, root=found.root, settings=settings)

    return lower


def _build_lowering(found: LockUnit, path: str, settings: CommandSettings) -> Lower:
    """The build requirements as if they were a script's, with the project's indexes, options and Python range."""

    def lower(tree: Tree) -> LockRequest:
        whole = lower_project(tree, root=found.root, settings=settings)
        text = tree.read_text(path)
        manifest = parse_pyproject(text, path) if text is not None else None
        requires = manifest.build_system.requires if manifest and manifest.build_system else ()
        elsewhere = manifest.uv.sources if manifest else {}
        return LockRequest(
            requires_python=whole.requires_python,
            requires_python_text=whole.requires_python_text,
            is_script=True,
            requirements=tuple(_plain(one) for one in requires if one.url is None and one.name not in elsewhere),
            constraints=whole.build_constraints,
            indexes=whole.indexes,
            options=whole.options,
            dependency_metadata=whole.dependency_metadata,
        )

    return lower


def _plain(declared: DeclaredRequirement) -> Requirement:
    source = RegistryRequirement(specifier=declared.specifier)
    return Requirement(name=declared.name, extras=declared.extras, marker=declared.marker, source=source)
