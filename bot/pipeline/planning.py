"""Units, tools and known vulnerabilities planned together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.advisories.locks import read_uv_lists
from bot.detect.model import Detected, Listing
from bot.follow.model import Follower
from bot.pipeline.edges import Edges, index_of, settings_for
from bot.plan.ignored import decline_tools
from bot.plan.inventory.depended import find_depended
from bot.plan.inventory.detected import tell_detected
from bot.plan.local.why import find_why
from bot.plan.policy import Group
from bot.plan.proposals.focus import find_focus
from bot.plan.proposals.proposal import with_followers
from bot.plan.proposals.repository import Plan, Workload, plan_repository
from bot.plan.security.brought import sift
from bot.plan.security.knowledge import Asking, Knowledge, gather_by_config
from bot.plan.security.repository import Secured, SecurityTask, find_groups, plan_security
from bot.plan.security.telling import (
    with_advisories,
    without_mended,
)
from bot.plan.toolchain.edit import Means
from bot.plan.toolchain.places import Found
from bot.plan.toolchain.propose import Toolchains
from bot.plan.worlds.holdings import normal_name
from bot.ports.advisories import SecurityRow
from bot.ports.indexes import Depended
from bot.ports.run import (
    DetectedFile,
    Explained,
    RunRequest,
)
from bot.repoconfig.model import RepoConfig
from bot.report.local.why import render_why
from bot.report.screens.screen import Screen
from bot.report.terminal import problem_line
from bot.toolchain.model import Tool
from bot.wall import to_problem

#: What is explained is shown in a comment.
_EXPLAINED_WIDTH = 100


def explain_walled(name: str, workloads: Sequence[Workload], edges: Edges) -> Explained:
    """What the command line tells of a package in each unit that has it."""
    try:
        found = (find_why(one, index_of(edges), normal_name(name)) for one in workloads)
        answers = [one for one in found if one is not None]
    except Exception as error:  # noqa: BLE001 - the wall
        return Explained(package=name, lines=(problem_line(to_problem(error, "", edges.keep)),))
    return Explained(package=name, lines=tuple(render_why(answers, Screen(width=_EXPLAINED_WIDTH))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a plan is made of, beside the workloads."""

    request: RunRequest
    edges: Edges
    tree: Listing
    config: RepoConfig
    followers: Sequence[Follower]
    places: Found


def gather_knowledge(task: Task, workloads: Sequence[Workload]) -> Knowledge:
    request, settings = task.request, settings_for(task.request, task.edges, task.config)
    asking = Asking(
        advisories=task.edges.advisories,
        alerts=request.alerts,
        is_told_to_all=request.is_public,
        now=request.now,
        keep=task.edges.keep,
    )
    return gather_by_config(
        workloads, task.config, asking, lambda one: read_uv_lists(task.tree, one.trial.unit.folder, settings)
    )


def _secure(task: Task, workloads: Sequence[Workload], knowledge: Knowledge, wants: Callable[[Group], bool]) -> Secured:
    return plan_security(
        SecurityTask(
            tree=task.tree,
            workloads=workloads,
            config=task.config,
            index=index_of(task.edges),
            followers=task.followers,
            keep=task.edges.keep,
        ),
        knowledge,
        wants,
        lambda what: task.edges.progress("plan", what),
    )


def decide_toolchains(task: Task, workloads: Sequence[Workload]) -> Toolchains:
    return Toolchains.decide(
        tree=task.tree,
        found=task.places,
        workloads=workloads,
        config=task.config,
        declined=(*task.request.declined, *decline_tools(task.request.ignored)),
        index=index_of(task.edges),
        settings=settings_for(task.request, task.edges, task.config),
        keep=task.edges.keep,
    )


def plan_all(
    task: Task, chains: Toolchains, workloads: Sequence[Workload], knowledge: Knowledge
) -> tuple[Plan, Secured]:
    capped = [chains.cap(one) for one in workloads]
    security = find_groups(knowledge, task.config)
    focus = find_focus(capped, task.config, task.request.only, (*chains.groups, *security))
    plan = plan_repository(
        task.tree,
        focus.workloads,
        task.config,
        followers=task.followers,
        keep=task.edges.keep,
        wanted=focus.wants,
        report=lambda what: task.edges.progress("plan", what),
    )
    means = Means(
        registry=task.edges.registry,
        tags=task.edges.around.tags,
        may_write_workflows=task.request.may_write_workflows,
    )
    plan = chains.propose(plan, task.tree, task.places, means, focus.wants)
    # Those of a tool alone solved nothing, and so met no follower yet.
    others = [one if one.results else with_followers(task.tree, one, task.followers) for one in plan.proposals]
    secured = _secure(task, workloads, knowledge, focus.wants)
    # What a security update does already is not proposed again.
    new = [one for one in others if all(one.texts != done.texts for done in secured.proposals)]
    sifted = sift(new, knowledge)
    proposals = tuple(with_advisories(one, knowledge) for one in (*secured.proposals, *sifted.proposals))
    return replace(
        plan,
        proposals=proposals,
        held_back=(*without_mended(plan.held_back, secured.proposals), *sifted.held_back),
        turned_off=tuple(without_mended(plan.turned_off, secured.proposals)),
        unanswered=(*plan.unanswered, *secured.unanswered),
    ), secured


def detected_walled(
    task: Task, detected: Detected, workloads: Sequence[Workload], chains: Toolchains
) -> tuple[DetectedFile, ...]:
    """They are told of where they can be: what fails here is kept for the log, and holds up nothing."""
    try:
        return tell_detected(detected, workloads, index_of(task.edges), task.places.places, chains.newest)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", task.edges.keep)
        return ()


def depended_walled(
    task: Task, workloads: Sequence[Workload], security: Sequence[SecurityRow]
) -> tuple[Depended, ...] | None:
    """What is watched between runs; ``None`` where that fails: then it stays as it was."""
    names_uv = bool(task.places.of(Tool.UV))
    try:
        return find_depended(workloads, task.config, index_of(task.edges), security, names_uv=names_uv)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", task.edges.keep)
        return None
