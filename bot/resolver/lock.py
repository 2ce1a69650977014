"""From a request to a lock: judge the existing one, solve, assemble, compare (spec 1 and 7).

The whole of ``uv lock`` but for files and words: reading manifests is ``lowering``'s, reading and writing the lock file
``bot.lockfile``'s, the words on a contradiction are ``explanation``'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot.errors import BuildRequiredError, LockbotError, NoSolutionError
from bot.lockfile.model import GitSource, Lock, PathSource, Source, UrlSource
from bot.resolver.assembly.lock import assemble_lock
from bot.resolver.assembly.written import KEEP, Revision, asks_for_another, decide_written
from bot.resolver.explanation.late import find_project_places, make_allowance, tell_contradiction, tell_place
from bot.resolver.judge.verdict import Judgement, Preferable, Satisfied, Unusable, VersionsOnly, judge_lock
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice, Effort, EffortLimits
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import IndexPort
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.request import LockRequest
from bot.resolver.model.resolution import Resolution
from bot.resolver.model.universal_marker import enter_fork_marker
from bot.resolver.offers.sources import KeptSources, SourceReader
from bot.resolver.search.knowledge import Recorded
from bot.resolver.search.locked_facts import locked_facts, moved_dependency
from bot.resolver.search.preferences import (
    Preference,
    locked_preferences,
    recorded_edges,
    recorded_hashes,
    released_packages,
)
from bot.resolver.search.shared import FactsCache, HeldByLock
from bot.resolver.search.solve import NOTHING, Inherited, solve
from bot.resolver.search.universal import Contradiction
from bot.values import field, replace, value

if TYPE_CHECKING:
    from bot.resolver.explanation.places import Places
    from bot.resolver.explanation.unblock import Attempt


@value
class Locked:
    """The outcome. ``unchanged``: the existing text stands as it is, and ``text`` is that text (empty for a trial).
    ``is_read``: ``lock`` was read from the new text, so that a reader takes it.

    ``recorded`` names packages whose metadata is not static, with where it was found instead: ``"egg-info"`` and
    ``"setup.cfg"`` are recorded, not built, ``"known"`` is what lockbot's table says of a build of that very file (people
    are told so), ``"lock"`` is what the existing lock recorded of that very version. ``reason`` says why the existing
    lock did not do.
    """

    lock: Lock
    text: str
    unchanged: bool
    is_read: bool = False
    reason: str | None = None
    recorded: Mapping[str, str]

    @property
    def not_built(self) -> Mapping[str, str]:
        """The part of ``recorded`` that uv would have built."""
        return {name: place for name, place in self.recorded.items() if place in ("egg-info", "setup.cfg", "known")}


@value
class LockTask:
    """What is to be locked, against which index, and what is there already: all that one lock follows from.

    ``existing`` is the lock that is there and ``existing_text`` its file; it stands as it is where it satisfies, unless
    ``revision`` asks by number for another one than it has. ``sources`` reads path and git dependencies. ``cache`` is
    what the runs of one thread share. ``limits`` end a search that takes too long. ``places`` finds the lines that an
    explanation names (default: in the manifests of ``sources``; a script's caller has to give them). ``advice`` bounds
    the few solves that look for a change that would give a lock; without it nobody looks. ``is_trial``: any lock that
    satisfies will do, near the existing one, and nobody asks for its text.
    """

    request: LockRequest
    index: IndexPort
    sources: TreeLowering
    existing: Lock | None = None
    existing_text: str | None = None
    revision: Revision = None
    cache: FactsCache = field(default_factory=FactsCache)
    limits: EffortLimits = field(default_factory=EffortLimits)
    advice: Advice | None = None
    is_trial: bool = False
    places: Callable[[], Places] | None = None
    clock: Callable[[], float] = time.monotonic


def lock_project(task: LockTask) -> Locked:
    """Lock a project, a workspace or a script.

    Raises ``NoSolutionError`` (with the derivation), ``GaveUpError``, ``BuildRequiredError``, ``IndexFailure`` and
    ``InputError``; nothing is written here.
    """
    judgement = _judge(task)
    existing, text = task.existing, task.existing_text
    if existing is not None and text is not None and isinstance(judgement, Satisfied):
        return Locked(lock=existing, text=text, unchanged=True, recorded={})
    effort = Effort(task.limits, task.clock)
    try:
        resolution = _resolve(task, judgement, effort)
    except BuildRequiredError as error:
        raise tell_place(error, _find_places(task)) from None
    except Contradiction as found:
        raise _told(task, judgement, found, effort) from None
    _refuse_moved(resolution, existing)
    return _written(task, judgement, resolution)


def resolve_task(task: LockTask, inherited: Inherited, kept: KeptSources) -> Resolution:
    """The solution alone, for who writes no lock: ``inherited`` and ``kept`` stand in for an existing one.

    Raises what ``lock_project`` raises.
    """
    effort = Effort(task.limits, task.clock)
    try:
        return _search(task, inherited, kept, effort)
    except BuildRequiredError as error:
        raise tell_place(error, _find_places(task)) from None
    except Contradiction as found:
        attempt = None if task.advice is None else _attempt(task, (inherited, kept), found, effort)
        raise tell_contradiction(found, task.request, task.index, _find_places(task), attempt) from None


def _judge(task: LockTask) -> Judgement | None:
    if task.existing is None:
        return None
    judgement = judge_lock(task.request, task.existing, task.sources.locked)
    if isinstance(judgement, Satisfied) and asks_for_another(task.revision, task.existing):
        return Preferable(reason=f"its revision is {task.existing.revision}, not {task.revision}")
    return judgement


def _resolve(task: LockTask, judgement: Judgement | None, effort: Effort) -> Resolution:
    """Solve with what survives of the existing lock; raises ``Contradiction`` and what ``lock_project`` raises."""
    return _search(task, _inherited(task, judgement), _kept_sources(task, judgement), effort)


def _search(task: LockTask, inherited: Inherited, kept: KeptSources, effort: Effort) -> Resolution:
    reader = SourceReader(task.request, task.index, task.sources, kept)
    return solve(
        task.request,
        task.index,
        reader,
        inherited=inherited,
        effort=effort,
        cache=task.cache,
        place=task.sources.in_lock,
        is_trial=task.is_trial,
    )


def _told(task: LockTask, judgement: Judgement | None, found: Contradiction, spent: Effort) -> NoSolutionError:
    """The contradiction in words, with a change that would give a lock where one is looked for and found."""
    before = _inherited(task, judgement), _kept_sources(task, judgement)
    attempt = None if task.advice is None else _attempt(task, before, found, spent)
    return tell_contradiction(found, task.request, task.index, _find_places(task), attempt)


def _attempt(task: LockTask, before: tuple[Inherited, KeptSources], found: Contradiction, spent: Effort) -> Attempt:
    assert task.advice is not None
    allowance = make_allowance(task.advice, found, spent, task.clock)

    def attempt(changed: LockRequest) -> Resolution | Contradiction | None:
        if not allowance.is_left():
            return None
        share = allowance.share(task.index)
        try:
            return _search(replace(task, request=changed, index=share.index), *before, share.effort)
        except Contradiction as another:
            return another
        except LockbotError:
            return None
        finally:
            allowance.settle(share)

    return attempt


def _find_places(task: LockTask) -> Places:
    return find_project_places(task.places, task.request, task.sources)


def _written(task: LockTask, judgement: Judgement | None, resolution: Resolution) -> Locked:
    lock = assemble_lock(task.request, resolution, task.cache.table("wheels"))
    if task.is_trial:
        return Locked(lock=lock, text="", unchanged=False, recorded=_recorded(resolution))
    done = decide_written(
        lock,
        resolution,
        task.revision,
        existing=task.existing,
        existing_text=task.existing_text,
        is_exact=task.request.upgrade.is_exact,
    )
    reason = judgement.reason if isinstance(judgement, Preferable | VersionsOnly | Unusable) else None
    return Locked(
        lock=done.lock,
        text=done.text,
        unchanged=done.unchanged,
        is_read=done.is_read,
        reason=None if done.unchanged else reason,
        recorded=_recorded(resolution),
    )


def _recorded(resolution: Resolution) -> Mapping[str, str]:
    return {key.name: pin.recorded for key, pin in resolution.packages.items() if pin.recorded}


def _refuse_moved(resolution: Resolution, existing: Lock | None) -> None:
    """A lock records no specifiers: once a dependency moves, its word on what is allowed is not enough."""
    moved = None if existing is None else moved_dependency(resolution, existing)
    if moved is not None:
        name, version, dependency = moved
        why = f"its metadata is not static, and the lock does not say which other versions of {dependency} it allows"
        raise BuildRequiredError(name, version.text, why)


def _inherited(task: LockTask, judgement: Judgement | None) -> Inherited:
    """The versions, digests and forks that survive the judgement of the existing lock.

    Digests survive every judgement: resolving anew is no leave to take other files for a version. Whose requirements
    were recorded matters only where the lock's own style is kept.
    """
    request, existing = task.request, task.existing
    if existing is None or judgement is None:
        return NOTHING
    released = _released(request, existing)
    held = task.cache.of_lock(existing, lambda: _held(existing, task.sources))
    hashes = {name: found for name, found in held.hashes.items() if name not in released}
    edges = {key: names for key, names in held.edges.items() if key[0] not in released} if task.revision is KEEP else {}
    recorded = Recorded(hashes=hashes, facts=locked_facts(request, existing, released), edges=edges)
    if isinstance(judgement, Unusable):
        kept = {name: found for name, found in held.preferences.items() if name in request.upgrade.kept}
        return Inherited(preferences=kept, recorded=recorded)
    forks: list[Environment] = []
    if isinstance(judgement, Preferable):
        start = Environment(python=PythonRange.from_specifiers(request.requires_python))
        forks = _locked_forks(existing, start)
    return Inherited(
        preferences={name: found for name, found in held.preferences.items() if name not in released},
        recorded=recorded,
        forks=forks,
    )


def _held(existing: Lock, sources: TreeLowering) -> HeldByLock:
    return HeldByLock(
        preferences=_in_solver(existing, locked_preferences(existing), sources),
        hashes=recorded_hashes(existing),
        edges=recorded_edges(existing),
    )


def _released(request: LockRequest, existing: Lock) -> frozenset[str]:
    if request.upgrade.everything:
        return frozenset(package.name for package in existing.packages) - request.upgrade.kept
    return released_packages(existing, request.upgrade.packages, request.upgrade.groups)


def _locked_forks(existing: Lock, start: Environment) -> list[Environment]:
    python = parse_python_range(existing.requires_python)
    entered = (enter_fork_marker(start, python.complexify(one)) for one in existing.resolution_markers)
    return [one for one in entered if one is not None]


def _in_solver(
    existing: Lock, preferences: dict[str, list[Preference]], sources: TreeLowering
) -> dict[str, list[Preference]]:
    """Locks print markers without what ``requires-python`` says, and folders as paths; the solver wants both in full."""
    python = parse_python_range(existing.requires_python)
    return {
        name: [
            Preference(
                version=one.version,
                marker=one.marker if one.marker.is_true else python.complexify(one.marker),
                index=None if one.index is None else sources.index_url(one.index),
                from_lock=True,
            )
            for one in entries
        ]
        for name, entries in preferences.items()
    }


def _kept_sources(task: LockTask, judgement: Judgement | None) -> KeptSources:
    if task.existing is None:
        return KeptSources()
    released = _released(task.request, task.existing)
    kept = [package for package in task.existing.packages if package.name not in released]
    commits = {
        (package.source.url, package.source.reference): package.source.commit
        for package in kept
        if isinstance(package.source, GitSource)
        and (package.name in task.request.upgrade.kept or not isinstance(judgement, Unusable))
    }
    hashes: dict[tuple[str, Source], str] = {
        (package.name, package.source): package.sdist.hash
        for package in kept
        if isinstance(package.source, PathSource | UrlSource) and package.sdist and package.sdist.hash
    }
    return KeptSources(commits=commits, hashes=hashes)
