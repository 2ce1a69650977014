"""One run over one repository: read, detect, plan, solve, edit, word. It changes nothing outside.

Stages, each timed: ``read`` (commit and configuration), ``detect``, ``lock`` (every lock as it stands), ``plan``
(every proposal solved), ``report``. A file that can't be used becomes a problem; the rest of the repository goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.detect.model import Listing, LockUnit
from bot.detect.repository import find_passed_over
from bot.detect.unread import find_unread
from bot.pipeline.configuration import narrow_to_base, read_config_or_suggest, read_config_walled
from bot.pipeline.edges import Edges, Stopwatch, within_time
from bot.pipeline.planning import (
    Task,
    decide_toolchains,
    depended_walled,
    detected_walled,
    explain_walled,
    gather_knowledge,
    plan_all,
)
from bot.pipeline.sight import Seen, list_found, other_bots_walled, see, tell_passed_over
from bot.pipeline.trouble import make_problem
from bot.pipeline.units import list_unread, list_warnings, make_workloads
from bot.pipeline.wording import Frame, Speech, find_unworded, look_beyond_walled, name_base, settle_speech, word_walled
from bot.plan.ignored import obey
from bot.plan.proposals.repository import Plan, Workload, merged
from bot.plan.security.repository import Secured
from bot.plan.security.telling import (
    find_next_look,
    held_back_rows,
    tell_rows,
    watched,
)
from bot.plan.toolchain.places import Found, look_for_places
from bot.plan.toolchain.pythons import tell_pythons
from bot.ports.run import (
    Problem,
    Proposal,
    RunReport,
    RunRequest,
)
from bot.repoconfig.model import RepoConfig
from bot.report.pulls.branch import branch_name
from bot.toolchain.model import Tool


def run_repository(request: RunRequest, edges: Edges) -> RunReport:
    """Plan everything that could move now; implements ``bot.ports.run.RunRepository`` with ``edges`` bound."""
    edges = edges if request.seconds is None else within_time(request.seconds, edges)
    stage = Stopwatch(edges=edges)
    report = RunReport(base=request.base, base_branch=request.base_branch)
    with edges.open_commit(request.root, request.base) as tree:
        with stage.timed("read"):
            state, config, suggestion = read_config_or_suggest(request, tree, edges.keep)
        report = replace(report, config=state, suggestion=suggestion)
        if config is None or not config.enabled:
            return replace(report, problems=state.problems, timings=stage.timings)
        config = narrow_to_base(obey(config, request.ignored), request)
        with stage.timed("detect"):
            seen = see(tree, config, edges)
            places = look_for_places(seen.visible, seen.detected.manifests, edges.keep)
            report = _tell_seen(report, request, edges, tree, config, seen, places)
        with stage.timed("lock"):
            made = list(make_workloads(request, edges, tree, seen.detected, config))
        workloads = [one for one in made if isinstance(one, Workload)]
        if request.explain:
            with stage.timed("explain"):
                explained = tuple(explain_walled(name, workloads, edges) for name in request.explain)
            return replace(report, explained=explained, problems=seen.detected.problems, timings=stage.timings)
        with stage.timed("plan"):
            task = Task(request=request, edges=edges, tree=tree, config=config, followers=seen.followers, places=places)
            chains = decide_toolchains(task, workloads)
            plan, secured = plan_all(task, chains, workloads, gather_knowledge(task, workloads))
            report = replace(report, detected=detected_walled(task, seen.detected, workloads, chains))
        with stage.timed("report"):
            warned = {one.name: tuple(list_warnings(one)) for one in workloads}
            worded = _word(task, plan, warned, state.path)
    done = _Done(task=task, seen=seen, made=made, workloads=workloads, plan=plan, secured=secured, worded=worded)
    warnings = (*state.warnings, *(one for rows in warned.values() for one in rows))
    return replace(_conclude(report, done), warnings=tuple(dict.fromkeys(warnings)), timings=stage.timings)


def _tell_seen(
    report: RunReport, request: RunRequest, edges: Edges, tree: Listing, config: RepoConfig, seen: Seen, places: Found
) -> RunReport:
    passed_over = find_passed_over(seen.visible, seen.visible.hidden(), edges.keep)
    return replace(
        report,
        found=list_found(seen.detected),
        unread=find_unread(seen.visible.paths()),
        other_bots=other_bots_walled(tree, seen.detected, request, edges.keep),
        left_alone=(*seen.detected.left_alone, *(tell_passed_over(path, config) for path in passed_over)),
        pythons=tell_pythons(places.of(Tool.PYTHON)),
    )


def _word(
    task: Task, plan: Plan, warned: Mapping[str, tuple[Problem, ...]], config_path: str | None
) -> Sequence[Proposal | Problem]:
    request, edges = task.request, task.edges
    speaks_so = Speech(request.subjects)
    frame = Frame(
        plan=plan,
        tree=task.tree,
        config=task.config,
        config_path=config_path,
        warned=warned,
        now=request.now,
        forges=edges.forges,
        known=look_beyond_walled(plan.proposals, request, edges),
    )
    worded = [word_walled(settle_speech(one, speaks_so), frame, edges.keep) for one in plan.proposals]
    return [name_base(one, request) for one in worded]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What a run came to, stage by stage. ``made`` has units and why there is none, ``workloads`` the units of it."""

    task: Task
    seen: Seen
    made: Sequence[Workload | Problem]
    workloads: Sequence[Workload]
    plan: Plan
    secured: Secured
    worded: Sequence[Proposal | Problem]


def _conclude(report: RunReport, done: _Done) -> RunReport:
    plan, secured, request = done.plan, done.secured, done.task.request
    prefix = done.task.config.branch_prefix
    security = tell_rows(secured, plan.proposals, lambda group: branch_name(prefix, group))
    unsolved = {one.unit for one in plan.unanswered} | find_unworded(plan, done.worded)
    next_look = find_next_look(secured, security, request.now.timestamp())
    return replace(
        report,
        proposals=tuple(one for one in done.worded if isinstance(one, Proposal)),
        solved=(*(one.name for one in done.workloads if one.name not in unsolved), *plan.solved),
        held_back=merged((*plan.held_back, *plan.turned_off, *held_back_rows(security))),
        problems=tuple(dict.fromkeys(_list_problems(done))),
        ripe_at=_earlier(_find_ripening(done.workloads), next_look),
        security=security,
        unsure=secured.unsure,
        watched=watched(secured, plan.proposals),
        depended=depended_walled(done.task, done.workloads, security),
    )


def _list_problems(done: _Done) -> Iterator[Problem]:
    plan, paths = done.plan, {one.name: one.trial.unit.path for one in done.workloads}
    yield from (*done.seen.detected.problems, *done.seen.unfollowed, *done.task.places.problems, *plan.problems)
    yield from (one for one in (*done.made, *done.worded) if isinstance(one, Problem))
    yield from (problem for one in done.workloads for problem in list_unread(one))
    yield from (one.problem or make_problem(one.reason, paths.get(one.unit, one.unit)) for one in plan.unanswered)
    for one in plan.failures:
        yield make_problem(f"{one.group.name} could not be made: {one.reason}", one.unit.path)


def _earlier(*moments: float | None) -> float | None:
    return min((one for one in moments if one is not None), default=None)


def _find_ripening(workloads: Iterable[Workload]) -> float | None:
    moments = (off.until.timestamp() for one in workloads for off in one.turned_off if off.until is not None)
    return min(moments, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What there is before anything is proposed. ``config`` ``None``: it is broken, and nothing was looked at."""

    config: RepoConfig | None
    workloads: tuple[Workload, ...] = ()
    problems: tuple[Problem, ...] = ()


def survey_repository(
    request: RunRequest, tree: Listing, edges: Edges, choose: Callable[[Sequence[LockUnit]], Sequence[LockUnit]]
) -> Survey:
    """Every chosen unit on its base, with all that could move in it."""
    edges.progress("read", "")
    state, config = read_config_walled(request, tree, edges.keep)
    if config is None:
        return Survey(config=None, problems=state.problems)
    config = obey(config, request.ignored)
    edges.progress("detect", "")
    detected = see(tree, config, edges).detected
    detected = replace(detected, units=tuple(choose(detected.units)))
    made = list(make_workloads(request, edges, tree, detected, config))
    return Survey(
        config=config,
        workloads=tuple(one for one in made if isinstance(one, Workload)),
        problems=(*detected.problems, *(one for one in made if isinstance(one, Problem))),
    )
