"""The locks of a repository that can be audited, each with what its project's settings say of auditing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.advisories.audit import LockToAudit
from bot.advisories.exceptions import Ignored
from bot.detect.kinds import find_solvables
from bot.detect.model import Detected, Listing, LockUnit, Solvable, to_problem
from bot.errors import InputError, LockbotError
from bot.lockfile.model import Lock, RegistrySource
from bot.ports.run import Problem
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.settings import find_settings
from bot.resolver.model.index import IndexPort, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class LocksFound:
    """``without``: manifests of projects and scripts that keep no lock; nothing can be said of them."""

    locks: tuple[LockToAudit, ...]
    without: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def find_locks(
    listing: Listing, detected: Detected, units: Sequence[LockUnit], settings: CommandSettings, index: IndexPort | None
) -> LocksFound:
    """Read every lock of these units; one that can't be read becomes a problem.

    ``index`` is asked for what only an archive tells of a file of pins, to know which indexes it may be from; ``None``: the
    indexes of those are not known.
    """
    locks: list[LockToAudit] = []
    problems: list[Problem] = []
    for unit in units:
        if unit.lock is None:
            continue
        try:
            locks += _read_all(listing, detected, unit, settings, index)
        except InputError as error:
            problems.append(to_problem(error, unit.lock))
    without = tuple(unit.manifests[0] for unit in units if unit.lock is None)
    return LocksFound(locks=tuple(locks), without=without, problems=tuple(problems))


def read_uv_lists(listing: Tree, folder: str, settings: CommandSettings) -> Ignored:
    """What the settings that count for a lock's folder say of auditing; raises ``InputError``."""
    audits = [one.settings.audit for one in find_settings(listing, folder, settings) if one.settings.audit]
    return Ignored(
        always=tuple(one for audit in audits for one in audit.ignore),
        until_fixed=tuple(one for audit in audits for one in audit.ignore_until_fixed),
    )


def _read_all(
    listing: Listing, detected: Detected, unit: LockUnit, settings: CommandSettings, index: IndexPort | None
) -> Iterator[LockToAudit]:
    for part in find_solvables(unit, detected.manifests):
        text = listing.read_text(part.lock) if part.lock is not None else None
        if text is None or part.lock is None:
            continue
        lock = part.form.read(text, part.lock) if part.place is None else part.place.parse(text)[1]
        yield LockToAudit(
            path=part.lock,
            lock=lock,
            text=text,
            ignored=read_uv_lists(listing, unit.root, settings),
            registries=_registries(listing, part, lock, settings, index),
        )


def _registries(
    listing: Listing, part: Solvable, lock: Lock, settings: CommandSettings, index: IndexPort | None
) -> frozenset[str]:
    """The indexes that a lock may be from which does not say it."""
    says_all = not any(isinstance(one.source, RegistrySource) and not one.source.url for one in lock.packages)
    if says_all or index is None:
        return frozenset()
    try:
        request = part.lower(listing, settings=settings, index=index)
    except LockbotError:
        return frozenset()
    return frozenset(one.url for one in request.indexes)
