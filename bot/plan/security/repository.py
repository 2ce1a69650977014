"""Security updates of a whole repository: a proposal for each affected package, over all of its locks.

Each leaves what is known of its package by the smallest move, and holds by itself; what another one does already is not
proposed twice. The other proposals stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.advisories.findings import Finding, Locked
from bot.advisories.port import AdvisoryFailure
from bot.follow.model import Follower
from bot.plan.policy import Group, choose, slug, with_choice
from bot.plan.proposals.proposal import Finished
from bot.plan.proposals.repository import Workload, make_workload
from bot.plan.rules import find_rules
from bot.plan.security.fix import Blocked, Fixes, plan_fixes
from bot.plan.security.knowledge import Knowledge
from bot.plan.security.search import Manner
from bot.plan.trial import Unanswered
from bot.plan.unit import declarations_by_name
from bot.repoconfig.ages import parse_age
from bot.repoconfig.matching import choose_security, without_general_switch
from bot.repoconfig.model import FixStrategy, PackageRule, RepoConfig
from bot.resolver.model.index import IndexPort, Tree
from bot.wall import KeepError, to_problem

PREFIX = "security-"
SEVERITIES = ("CRITICAL", "HIGH", "MODERATE", "MEDIUM", "LOW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """``blocked``: why packages stay affected, by unit and package. ``unsure``: why something may be missing."""

    knowledge: Knowledge = field(default_factory=Knowledge)
    proposals: tuple[Finished, ...] = ()
    blocked: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unanswered: tuple[Unanswered, ...] = ()
    unsure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityTask:
    """What is planned over."""

    tree: Tree
    workloads: Sequence[Workload]
    config: RepoConfig
    index: IndexPort
    followers: Sequence[Follower]
    keep: KeepError


def find_groups(knowledge: Knowledge, config: RepoConfig) -> tuple[Group, ...]:
    """The proposals that there could be, the worst first."""
    own = config.vulnerability_alerts
    names = list(dict.fromkeys(one.locked.name for one in _by_weight(knowledge)))
    if own.group_name is None:
        return tuple(_group(config, knowledge, [name], f"{PREFIX}{name}", name) for name in names)
    key = f"{PREFIX}{slug(own.group_slug or own.group_name)}"
    return (_group(config, knowledge, names, key, own.group_name),) if names else ()


def plan_security(
    task: SecurityTask,
    knowledge: Knowledge,
    wanted: Callable[[Group], bool],
    report: Callable[[str], None] = lambda _: None,
) -> Secured:
    """Mend what can be; a package at which that fails is one that has no answer, the others go on."""
    task = replace(task, workloads=[_secured(one, task) for one in task.workloads])
    done = Secured(knowledge=knowledge, unsure=knowledge.unsure)
    for group in find_groups(knowledge, task.config):
        if wanted(group):
            report(group.name)
            done = _joined(done, _plan_group(task, knowledge, group), task.keep)
    return done


def _plan_group(task: SecurityTask, knowledge: Knowledge, group: Group) -> Fixes | AdvisoryFailure | _Failure:
    own = task.config.vulnerability_alerts
    manner = Manner(
        group=group,
        is_highest=own.vulnerability_fix_strategy is FixStrategy.HIGHEST,
        age=parse_age(own.minimum_release_age) if own.minimum_release_age else None,
    )
    findings = {
        held.name: [one for one in held.live if group.single in {None, one.locked.name}] for held in knowledge.held
    }
    known = {held.name: held.known for held in knowledge.held}
    try:
        return plan_fixes(task.tree, task.workloads, findings, known, task.index, task.followers, manner)
    except AdvisoryFailure as error:
        return error
    except Exception as error:  # noqa: BLE001 - the wall
        return _Failure(error=error, units=tuple(name for name, rows in findings.items() if rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What nobody expected, while these units were planned."""

    error: Exception
    units: tuple[str, ...]


def _joined(done: Secured, more: Fixes | AdvisoryFailure | _Failure, keep: KeepError) -> Secured:
    match more:
        case AdvisoryFailure():
            return replace(done, unsure=done.unsure or str(more))
        case _Failure():
            problem = to_problem(more.error, more.units[0] if more.units else "", keep)
            rows = (Unanswered(unit=one, reason=problem.message, problem=problem) for one in more.units)
            return replace(done, unanswered=(*done.unanswered, *rows))
        case Fixes():
            is_new = more.finished is not None and all(one.texts != more.finished.texts for one in done.proposals)
            return replace(
                done,
                proposals=(*done.proposals, *([more.finished] if more.finished is not None and is_new else [])),
                blocked={**done.blocked, **{(one.unit, one.package): _reason(one) for one in more.blocked}},
                unanswered=(*done.unanswered, *more.unanswered),
            )


def _reason(one: Blocked) -> str:
    return one.reason.strip()


# --- what is planned ------------------------------------------------------------------------------


def _group(config: RepoConfig, knowledge: Knowledge, names: Sequence[str], key: str, name: str) -> Group:
    """By the options for security updates and those of the rules about its packages."""
    rules = [rule for held in knowledge.held for one in names for rule in _rules_about(held.workload, config, one)]
    ordered = [one for one in config.package_rules if any(one is rule for rule in rules)]
    choice = choose_security(config, ordered)
    single = name if config.vulnerability_alerts.group_name is None else None
    return with_choice(Group(key=key, name=name, single=single, is_security=True), choice)


def _rules_about(workload: Workload, config: RepoConfig, name: str) -> Sequence[PackageRule]:
    rows = declarations_by_name(workload.trial.unit.declarations).get(name, ())
    return choose(config, name, rows, None, workload.trial.standings.of(name)).rules


def _secured(workload: Workload, task: SecurityTask) -> Workload:
    """Where everything is turned off in general, security updates are what is left."""
    config = without_general_switch(task.config)
    if config is task.config:
        return workload
    trial = workload.trial
    rules = find_rules(trial.base.lock, config, trial.standings)
    return make_workload(replace(trial, rules=rules, config=config), task.index, config)


def _by_weight(knowledge: Knowledge) -> Sequence[Finding]:
    return sorted((one for held in knowledge.held for one in held.live), key=weight)


def weight(one: Finding) -> tuple[bool, int, Locked]:
    """Malicious packages first, then by severity."""
    severity = one.advisory.severity
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return not one.advisory.is_malicious, rank, one.locked
