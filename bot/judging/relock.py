"""A pull request's locks made again from its own manifests, so that what it changed moves and all else stays.

What a lock begins with: the pull request's own lock, which is the base's but for what the pull request moved; where that has
the markers of a merge conflict, the side that is the pull request's; where it was deleted, or can't be read, the base's.
The policy is the base's. Packages whose requirements the pull request changed need not wait for their age: somebody chose them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.detect.model import Listing, LockUnit
from bot.errors import InputError, LockbotError
from bot.follow.model import Followed
from bot.judging.following import refresh_touched
from bot.judging.judge import Held, Task, find_deleted, find_units, is_judged, lock_changes_of, make_task
from bot.judging.merge_conflict import find_conflict
from bot.judging.overlay import Overlaid
from bot.lockfile.reader import parse_lock
from bot.pipeline.configuration import read_stated
from bot.pipeline.edges import Edges
from bot.plan.make_unit import make_units
from bot.plan.trial import find_environment
from bot.plan.unit import Unit
from bot.plan.worlds.holdings import name_of
from bot.ports.judging import JudgeRequest, Relocked
from bot.ports.run import FileChange, FileMode, LeftAlone, LockChange, Problem
from bot.repoconfig.model import DEFAULT_CONFIG
from bot.report.patch import render_patch
from bot.wall import to_problem


def relock_commit(request: JudgeRequest, edges: Edges) -> Relocked:
    """Implements ``bot.ports.judging.CommitJudge.relock`` with ``edges`` bound."""
    with edges.open_commit(request.root, request.commit) as tree:
        _, stated = read_stated(request.policy, request.presets)
        policy = stated or DEFAULT_CONFIG
        first = make_task(request, edges, tree, policy)
        begun = dict(_find_beginnings(first))
        task = make_task(request, edges, Overlaid(tree=tree, texts=begun), policy) if begun else first
        work = _Work(texts=dict(begun))
        for found in find_units(task):
            _relock_walled(task, found, work)
        followed = _follow(task, work)
        texts = {**work.texts, **followed.texts}
        files = tuple(_file(path, text, tree) for path, text in sorted(texts.items()) if text != _read(tree, path))
        return Relocked(
            files=files,
            changes=tuple(work.changes),
            left=tuple(LeftAlone(path=one.path, reason=one.reason) for one in followed.left),
            problems=tuple(work.problems),
            patch=render_patch(files, {one.path: _read(tree, one.path) for one in files}),
        )


@dataclass(slots=True)
class _Work:
    """What was made up to now: each lock is made where those before it lie already."""

    texts: dict[str, str]
    held: dict[str, Held] = field(default_factory=dict)
    changes: list[LockChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


# --- what to begin with ---------------------------------------------------------------------------


def _find_beginnings(task: Task) -> Iterator[tuple[str, str]]:
    """The locks that are to be read in place of those that the commit has, or has not."""
    for found in task.seen.detected.units:
        gone = find_deleted(task.request, found, task.tree)
        if gone is not None:
            yield gone, task.request.find_base(gone) or ""
        elif found.lock is not None and found.kind in ("project", "workspace", "script"):
            begun = _find_beginning(task.request, found.lock, _read(task.tree, found.lock) or "")
            if begun is not None:
                yield found.lock, begun


def _find_beginning(request: JudgeRequest, path: str, text: str) -> str | None:
    """None where the lock itself can be read, or nothing else can."""
    if _is_readable(text, path):
        return None
    base = request.find_base(path)
    conflict = find_conflict(text)
    sides = [conflict.ours, conflict.theirs] if conflict is not None else []
    readable = [side for side in sides if side != base and _is_readable(side, path)]
    if readable:
        return readable[0]
    return base if base is not None and _is_readable(base, path) else None


def _is_readable(text: str, path: str) -> bool:
    try:
        parse_lock(text, path)
    except InputError:
        return False
    return True


# --- locks ----------------------------------------------------------------------------------------


def _relock_walled(task: Task, found: LockUnit, work: _Work) -> None:
    path = found.lock or found.manifests[0]
    try:
        units = list(make_units(task.seen.visible, task.seen.detected, found, task.settings, task.index))
    except Exception as error:  # noqa: BLE001 - the wall
        work.problems.append(_problem(task, error, path, found.manifests))
        return
    for unit in units:
        if is_judged(unit, task.request):
            try:
                _relock(task, unit, work)
            except Exception as error:  # noqa: BLE001 - the wall
                work.problems.append(_problem(task, error, unit.lock_path or path, found.manifests))
                work.held[unit.name] = Held(path=unit.lock_path, before=unit.lock, after=unit.lock)


def _problem(task: Task, error: Exception, path: str, manifests: Iterable[str]) -> Problem:
    for manifest in manifests:
        conflict = find_conflict(_read(task.tree, manifest) or "")
        if conflict is not None:
            message = "it has the markers of a merge conflict, which only people can resolve"
            return Problem(path=manifest, line=conflict.line, message=message)
    heading = "no lock can be made: " if isinstance(error, LockbotError) else ""
    return to_problem(error, path, task.edges.keep, heading=heading)


def _relock(task: Task, unit: Unit, work: _Work) -> None:
    visible = Overlaid(tree=task.seen.visible, texts=work.texts) if work.texts else task.seen.visible
    free = _changed_names(task.request, unit)
    locked = find_environment(unit, visible, task.solver(), task.policy, free).base
    work.held[unit.name] = Held(
        path=unit.lock_path, before=unit.lock, after=locked.lock if unit.form.is_lasting else None
    )
    if locked.unchanged or unit.lock_path is None:
        return
    file = visible.read_text(unit.lock_path) or ""
    work.texts[unit.lock_path] = unit.with_lock(file, locked.text)
    work.changes += lock_changes_of(unit, locked)


def _changed_names(request: JudgeRequest, unit: Unit) -> frozenset[str]:
    """The packages of which the pull request states something that the base does not."""
    rows = [row for row in unit.declarations if request.touches(row.path)]
    before = {path: request.find_base(path) or "" for path in {row.path for row in rows}}
    return frozenset(name_of(row) for row in rows if row.text not in before[row.path])


# --- what follows ---------------------------------------------------------------------------------


def _follow(task: Task, work: _Work) -> Followed:
    after = {name: one.after for name, one in work.held.items() if one.after is not None}
    return refresh_touched(task.seen.followers, task.request, after, work.held, work.texts)


def _file(path: str, text: str, tree: Listing) -> FileChange:
    mode = tree.mode(path)
    return FileChange(path=path, text=text, mode=FileMode(mode) if mode else FileMode.REGULAR)


def _read(tree: Listing, path: str) -> str | None:
    try:
        return tree.read_text(path)
    except InputError:
        return None
