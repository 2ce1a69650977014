"""For every affected package the lowest version that is free of known vulnerabilities, everything else as it is locked.

The solver is asked version by version, lowest first, then once more with the other direct requirements let loose, then
where others may go back; where nothing newer is to be had, the nearest older version counts. What a move brings along is
looked up too: a mend that lets in another vulnerability is none. Two affected packages of a lock are mended together
where that can be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from packaging.version import Version

from bot.advisories.findings import Finding
from bot.follow.model import Follower
from bot.plan.policy import Group
from bot.plan.proposals.draft import Draft
from bot.plan.proposals.proposal import Finished, finish_group
from bot.plan.proposals.repository import Workload, make_workload
from bot.plan.security.known import Known
from bot.plan.security.search import PLAIN, Manner, Search, Step, is_free
from bot.plan.trial import NoLock, Unanswered, unanswered
from bot.resolver.model.index import IndexPort, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A package that leaves what it is affected by. ``after`` ``None``: it is gone. ``is_back``: only an older version is
    free of it."""

    unit: str
    package: str
    before: tuple[Version, ...]
    after: Version | None
    findings: tuple[Finding, ...]
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A package that stays affected, and why."""

    unit: str
    package: str
    before: tuple[Version, ...]
    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """``finished`` ``None``: nothing can be mended."""

    finished: Finished | None
    mended: tuple[Mended, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()


def plan_fixes(
    tree: Tree,
    workloads: Sequence[Workload],
    findings: Mapping[str, Sequence[Finding]],
    known: Mapping[str, Known],
    index: IndexPort,
    followers: Sequence[Follower] = (),
    manner: Manner = PLAIN,
) -> Fixes:
    """Mend all that can be; both mappings by the name of the unit. Raises ``AdvisoryFailure`` and ``IndexFailure``."""
    plans = [
        _mend(workload, findings[workload.name], known[workload.name], index, manner)
        for workload in workloads
        if findings.get(workload.name)
    ]
    drafts = [plan.draft for plan in plans if plan.draft is not None]
    trials = [workload.trial for workload in workloads]
    finished, dropped = finish_group(tree, manner.group, drafts, trials, followers) if drafts else (None, ())
    told = {drop.draft.trial.unit.name: drop.reason for drop in dropped}
    mended = [one for plan in plans for one in plan.mended]
    done = {one for one in mended if finished is not None and _is_reached(one, finished)}
    lost = [
        Blocked(
            unit=one.unit,
            package=one.package,
            before=one.before,
            reason=told.get(one.unit, "what would be written does not bring it there"),
            findings=one.findings,
        )
        for one in mended
        if one not in done
    ]
    return Fixes(
        finished=finished,
        mended=tuple(one for one in mended if one in done),
        blocked=(*(one for plan in plans for one in plan.blocked), *lost),
        unanswered=(
            *(row for plan in plans for row in plan.unanswered),
            *(row for drop in dropped for row in drop.unanswered),
        ),
    )


def _is_reached(one: Mended, finished: Finished) -> bool:
    after = next((row.after for row in finished.results if row.unit.name == one.unit), None)
    found = {package.version for package in after.packages if package.name == one.package} if after else set()
    bad = {row.locked.version for row in one.findings}
    return found.isdisjoint(bad)


# --- one unit -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    draft: Draft | None
    mended: tuple[Mended, ...]
    blocked: tuple[Blocked, ...]
    unanswered: tuple[Unanswered, ...]


def _mend(workload: Workload, findings: Sequence[Finding], known: Known, index: IndexPort, manner: Manner) -> _Plan:
    """The worst first: what is mended for one package holds for those that follow."""
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        by_name.setdefault(finding.locked.name, []).append(finding)
    known.learn(by_name)
    workload = _hurried(workload, by_name, index, manner.age)
    step, mended, blocked, failed = Step(), list[Mended](), list[Blocked](), list[Unanswered]()
    for name in sorted(by_name, key=lambda one: (not any(row.advisory.is_malicious for row in by_name[one]), one)):
        search = Search(workload=workload, known=known, index=index, manner=manner, name=name, step=step)
        is_done = step.locked is not None and is_free(step.locked, name, known)
        found = step if is_done else search.best()
        rows = tuple(by_name[name])
        if isinstance(found, Step):
            step = found
            mended.append(_mended(search, found, rows))
        else:
            blocked.append(_blocked(search, found, rows))
            failed += unanswered(found)
    return _Plan(
        draft=_draft(workload, step, manner.group),
        mended=tuple(mended),
        blocked=tuple(blocked),
        unanswered=tuple(failed),
    )


def _hurried(workload: Workload, names: Iterable[str], index: IndexPort, age: timedelta | None) -> Workload:
    """The unit where these packages need not be older: requirements that would have to follow are judged by that too."""
    trial = workload.trial.letting(names, age)
    return workload if trial is workload.trial else make_workload(trial, index, trial.config)


def _draft(workload: Workload, step: Step, group: Group) -> Draft | None:
    if step.locked is None:
        return None
    trial = workload.trial.going_back() if step.is_back else workload.trial
    holdings = trial.holdings_of(step.locked.lock)
    moved = tuple(one for one in step.candidates if not one.is_admitted_in(holdings))
    return Draft(
        trial=trial,
        group=group,
        candidates=moved,
        targets={row: target for one in moved for row, target in one.targets_in(holdings).items()},
        bounds=step.bounds,
        forked=step.forked,
        also=step.names,
    )


def _mended(search: Search, step: Step, findings: tuple[Finding, ...]) -> Mended:
    """What the step makes of the package."""
    assert step.locked is not None
    after = search.workload.trial.holdings_of(step.locked.lock).versions.get(search.name, ())
    return Mended(
        unit=search.workload.name,
        package=search.name,
        before=search.current,
        after=after[-1] if after else None,
        findings=findings,
        is_back=bool(after) and after[-1] < search.current[-1],
    )


def _blocked(search: Search, answer: NoLock, findings: tuple[Finding, ...]) -> Blocked:
    """The package as it stays."""
    return Blocked(
        unit=search.workload.name, package=search.name, before=search.current, reason=answer.reason, findings=findings
    )
