"""One commit of a pull request, judged: each lock against its manifests, what follows the locks, its configuration.

The commit itself is judged, not what a merge would make of it: that is what the people of the pull request have before
them, and what a merge queue makes is a commit that is judged in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.detect.kinds import find_owner
from bot.detect.model import Listing, LockUnit
from bot.errors import BuildRequiredError, IndexFailure, InputError, NoSolutionError, ResolutionError
from bot.judging.following import find_stale_files
from bot.judging.merge_conflict import find_conflict
from bot.judging.patience import FOR_STRANGERS, FOR_WRITERS, Hourglass, HurriedIndex
from bot.judging.touching import is_made_of
from bot.lockfile.model import Lock
from bot.pipeline.configuration import read_own, read_stated
from bot.pipeline.edges import Edges
from bot.pipeline.sight import Seen, see
from bot.plan.changes import UnitResult, lock_changes
from bot.plan.index.remote import RemoteOnly
from bot.plan.make_unit import make_units
from bot.plan.solver import Solver
from bot.plan.trial import find_environment, to_be_built
from bot.plan.unit import Unit
from bot.ports.judging import CommitReport, JudgeRequest, LockVerdict, Standing
from bot.ports.run import ConfigState, FileChange, LeftAlone, LockChange, Problem
from bot.repoconfig.load import find_config_path
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.repoconfig.versions import find_python
from bot.report.patch import render_patch
from bot.resolver.lock import Locked
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.indexes import PYPI_URL
from bot.wall import to_problem


def judge_commit(request: JudgeRequest, edges: Edges) -> CommitReport:
    """Implements ``bot.ports.judging.CommitJudge.judge`` with ``edges`` bound."""
    with edges.open_commit(request.root, request.commit) as tree:
        _, stated = read_stated(request.policy, request.presets)
        policy = stated or DEFAULT_CONFIG
        if not policy.enabled:
            return CommitReport(enabled=False)
        task = make_task(request, edges, tree, policy)
        brought = _read_brought(request, tree)
        judged = list(_judge_units(task))
        verdicts = tuple(one.verdict for one in judged if one.verdict is not None)
        followed = find_stale_files(task.seen.followers, request, {one.name: one.standing for one in judged}, tree)
        return CommitReport(
            relocked_for=policy.auto_relock,
            verdicts=verdicts,
            stale_files=followed.stale,
            left=tuple(LeftAlone(path=one.path, reason=one.reason) for one in followed.left),
            config=brought,
            problems=tuple(_touched_problems(task, judged)),
            ended=_ended(task),
        )


# --- configuration --------------------------------------------------------------------------------


def _read_brought(request: JudgeRequest, tree: Listing) -> ConfigState | None:
    """The configuration that the commit brings, where the pull request changes it. A stranger's reads nothing elsewhere."""
    path = find_config_path(frozenset(tree.paths()))
    if path is None or not request.touches(path):
        return None
    return read_own(tree, path, None if request.is_stranger else request.presets)[0]


# --- what a commit is judged with -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    request: JudgeRequest
    edges: Edges
    tree: Listing
    policy: RepoConfig
    seen: Seen
    settings: CommandSettings
    index: HurriedIndex
    hourglass: Hourglass

    def solver(self) -> Solver:
        return Solver(index=self.index, settings=self.settings, limits=self.hourglass.limits())


def make_task(request: JudgeRequest, edges: Edges, tree: Listing, policy: RepoConfig) -> Task:
    patience = FOR_STRANGERS if request.is_stranger else FOR_WRITERS
    hourglass = Hourglass(patience=patience, clock=edges.clock, began=edges.clock())
    settings = CommandSettings(now=request.now, tree_root=None)
    python = find_python(policy.constraints.python) if policy.constraints.python else None
    return Task(
        request=request,
        edges=edges,
        tree=tree,
        policy=policy,
        seen=see(tree, policy, edges),
        settings=settings if python is None else replace(settings, python=python),
        index=HurriedIndex(port=RemoteOnly(edges.index), hourglass=hourglass),
        hourglass=hourglass,
    )


def find_units(task: Task) -> Sequence[LockUnit]:
    """As many as are looked at, those first that the pull request is about."""
    units = sorted(task.seen.detected.units, key=lambda one: not any(map(task.request.touches, _paths(one))))
    return units[: task.hourglass.patience.units]


def _paths(unit: LockUnit) -> Sequence[str]:
    return [*unit.manifests, *([unit.lock] if unit.lock else [])]


def _ended(task: Task) -> str:
    count, most = len(task.seen.detected.units), task.hourglass.patience.units
    return f"there are {count} locks, and a check looks at {most}" if count > most else ""


# --- locks ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The lock of a unit: as it stands, and as it should be. Both are the same where nothing is known."""

    path: str | None
    before: Lock | None
    after: Lock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """``name`` is the unit's. ``problem``: what can't be read of it."""

    name: str
    verdict: LockVerdict | None
    standing: Held
    problem: Problem | None = None


def _judge_units(task: Task) -> Iterator[Judged]:
    for found in find_units(task):
        try:
            yield from _judge_found(task, found)
        except Exception as error:  # noqa: BLE001 - the wall
            yield _failed(task, found.lock or found.manifests[0], error, found.manifests)


def _failed(task: Task, path: str, error: Exception, made_of: Iterable[str]) -> Judged:
    problem = to_problem(error, path, task.edges.keep)
    verdict = LockVerdict(
        path=path,
        standing=Standing.UNKNOWN,
        reason=problem.message,
        is_touched=any(map(task.request.touches, (path, *made_of))),
    )
    return Judged(name=path, verdict=verdict, standing=Held(path=path, before=None, after=None), problem=problem)


def _judge_found(task: Task, found: LockUnit) -> Iterator[Judged]:
    gone = find_deleted(task.request, found, task.tree)
    if gone is not None:
        reason = "this pull request deletes it, and leaves its manifest"
        yield _told(gone, LockVerdict(path=gone, standing=Standing.UNKNOWN, reason=reason))
        return
    broken = _find_conflict(task, found)
    if broken is not None:
        yield broken
        return
    for unit in make_units(task.seen.visible, task.seen.detected, found, task.settings, task.index):
        if is_judged(unit, task.request):
            yield _judge_walled(task, found, unit)


def find_deleted(request: JudgeRequest, found: LockUnit, tree: Listing) -> str | None:
    """The path of the lock that the base has and the commit has not."""
    if found.lock is not None or request.touched is None:
        return None
    gone = (path for path in sorted(request.touched) if find_owner(path) == found.manifests[0])
    return next((path for path in gone if tree.mode(path) is None and request.find_base(path) is not None), None)


def _find_conflict(task: Task, found: LockUnit) -> Judged | None:
    if found.lock is None or found.kind not in ("project", "workspace", "script"):
        return None
    conflict = find_conflict(task.tree.read_text(found.lock) or "")
    if conflict is None:
        return None
    verdict = LockVerdict(
        path=found.lock,
        standing=Standing.STALE,
        reason=f"it has the markers of a merge conflict, from line {conflict.line} on",
        command=_command(found),
        is_touched=task.request.touches(found.lock),
    )
    return _told(found.lock, verdict)


def _told(path: str, verdict: LockVerdict) -> Judged:
    return Judged(name=path, verdict=verdict, standing=Held(path=path, before=None, after=None))


def is_judged(unit: Unit, request: JudgeRequest) -> bool:
    """Whether the unit keeps a lock that a command writes. What ``uv pip compile`` writes is solved each time, so only
    where the pull request is about it."""
    if unit.lock_path is None or unit.is_its_own_lock or unit.form.command is None:
        return False
    return unit.form.is_lasting or is_made_of(unit, request)


def _judge_walled(task: Task, found: LockUnit, unit: Unit) -> Judged:
    path = unit.lock_path or unit.path
    # What follows a file of compiled requirements is looked at when that is written.
    held = Held(path=path, before=unit.lock, after=unit.lock if unit.form.is_lasting else None)
    plain = LockVerdict(path=path, standing=Standing.UNKNOWN, is_touched=is_made_of(unit, task.request))
    try:
        based = find_environment(unit, task.seen.visible, task.solver(), DEFAULT_CONFIG)
    except NoSolutionError as error:
        verdict = replace(plain, standing=Standing.STALE, reason=f"no lock can be made: {error}")
        return Judged(name=unit.name, verdict=_unless_hidden(task, unit, verdict), standing=held)
    except BuildRequiredError as error:
        return Judged(name=unit.name, verdict=replace(plain, reason=to_be_built(error)), standing=held)
    except (ResolutionError, IndexFailure) as error:
        return Judged(name=unit.name, verdict=replace(plain, reason=str(error)), standing=held)
    except Exception as error:  # noqa: BLE001 - the wall
        problem = to_problem(error, path, task.edges.keep)
        return Judged(name=unit.name, verdict=replace(plain, reason=problem.message), standing=held, problem=problem)
    if based.base.unchanged:
        return Judged(name=unit.name, verdict=replace(plain, standing=Standing.RIGHT), standing=held)
    doubt = _find_doubt(based.base, based.sources.believed)
    reason = based.base.reason or "it is not what its requirements resolve to"
    if doubt is not None:
        return Judged(name=unit.name, verdict=replace(plain, reason=f"{reason}, but {doubt}"), standing=held)
    verdict = replace(
        plain,
        standing=Standing.STALE if unit.form.is_lasting else Standing.UNKNOWN,
        reason=reason,
        patch=_patch(task, unit, based.base),
        changes=lock_changes_of(unit, based.base),
        command=_command(found) if unit.form.is_lasting else None,
    )
    after = replace(held, after=based.base.lock if unit.form.is_lasting else None)
    return Judged(name=unit.name, verdict=_unless_hidden(task, unit, verdict), standing=after)


def _find_doubt(locked: Locked, believed: Iterable[str]) -> str | None:
    """Why the lock that lockbot would write proves nothing: uv would learn more by building."""
    unread = sorted({*believed, *locked.not_built})
    return f"lockbot would have to build {unread[0]} to be sure" if unread else None


def _unless_hidden(task: Task, unit: Unit, verdict: LockVerdict) -> LockVerdict:
    """An index may hide from who shows no credentials what it has: then nothing is proven."""
    if not task.request.is_stranger:
        return verdict
    try:
        others = [one for one in unit.lower(task.seen.visible).indexes if one.url.rstrip("/") != PYPI_URL]
    except InputError:
        others = []
    if not others:
        return verdict
    reason = (
        "it names an index besides PyPI, and for pull requests of people without write access no credentials are used"
    )
    return LockVerdict(path=verdict.path, standing=Standing.UNKNOWN, reason=reason, is_touched=verdict.is_touched)


def _patch(task: Task, unit: Unit, locked: Locked) -> str:
    path = unit.lock_path or ""
    before = task.tree.read_text(path) or ""
    change = FileChange(path=path, text=unit.with_lock(before, locked.text))
    return render_patch([change], {path: before})


def lock_changes_of(unit: Unit, locked: Locked) -> tuple[LockChange, ...]:
    """What differs from the lock that the unit began with."""
    if unit.lock is None:
        return ()
    result = UnitResult(
        unit=unit,
        before=unit.lock,
        after=locked.lock,
        lock_text=locked.text,
        edited=frozenset(),
        not_built=locked.not_built,
    )
    return lock_changes(result)


def _command(found: LockUnit) -> str | None:
    """What people run in the repository's root."""
    match found.kind:
        case "script" | "notebook":
            return f"uv lock --script {found.manifests[0]}"
        case _:
            return "uv lock" if found.root == "." else f"uv lock --directory {found.root}"


def _touched_problems(task: Task, judged: Iterable[Judged]) -> Iterator[Problem]:
    """What can't be read in files that the pull request changes."""
    found = (*task.seen.detected.problems, *(one.problem for one in judged if one.problem is not None))
    for problem in dict.fromkeys(found):
        if problem.path is None or task.request.touches(problem.path):
            yield problem
