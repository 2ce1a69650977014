"""The locks of a repository that can be audited, each with what its project's settings say of auditing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.advisories.audit import LockToAudit
from bot.advisories.exceptions import Ignored
from bot.detect.model import Listing, LockUnit, to_problem
from bot.errors import InputError
from bot.lockfile.reader import parse_lock
from bot.ports.run import Problem
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.settings import find_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LocksFound:
    """``without``: manifests of projects and scripts that keep no lock; nothing can be said of them."""

    locks: tuple[LockToAudit, ...]
    without: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def find_locks(listing: Listing, units: Sequence[LockUnit], settings: CommandSettings) -> LocksFound:
    """Read every lock; one that can't be read becomes a problem."""
    locks: list[LockToAudit] = []
    problems: list[Problem] = []
    for unit in units:
        if unit.lock is None:
            continue
        try:
            locks.append(_read(listing, unit, unit.lock, settings))
        except InputError as error:
            problems.append(to_problem(error, unit.lock))
    without = tuple(unit.manifests[0] for unit in units if unit.lock is None)
    return LocksFound(locks=tuple(locks), without=without, problems=tuple(problems))


def _read(listing: Listing, unit: LockUnit, path: str, settings: CommandSettings) -> LockToAudit:
    text = listing.read_text(path) or ""
    audits = [one.settings.audit for one in find_settings(listing, unit.root, settings) if one.settings.audit]
    return LockToAudit(
        path=path,
        lock=parse_lock(text, path),
        text=text,
        ignored=Ignored(
            always=tuple(one for audit in audits for one in audit.ignore),
            until_fixed=tuple(one for audit in audits for one in audit.ignore_until_fixed),
        ),
    )
