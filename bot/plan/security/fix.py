"""For every affected package the lowest version that is free of known vulnerabilities, everything else as it is locked.

The solver is asked version by version, lowest first, then once more with the other direct requirements let loose, then
where others may go back; where nothing newer is to be had, the nearest older version counts. What a move brings along is
looked up too: a mend that lets in another vulnerability is none. Two affected packages of a lock are mended together
where that can be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.advisories.exceptions import Ignored
from bot.advisories.findings import Finding, Locked, find_findings, packages_of
from bot.advisories.model import Advisory
from bot.advisories.port import AdvisoryPort
from bot.follow.model import Follower
from bot.lockfile.model import Lock
from bot.plan.available import find_usable
from bot.plan.candidates import Candidate
from bot.plan.loosening import Loosened, registry_sources
from bot.plan.policy import Group
from bot.plan.proposal import Finished, finish_group
from bot.plan.repository import Workload, make_workload
from bot.plan.search import Draft, free_all
from bot.plan.trial import Impossible, NoLock, Trial, Unanswered, unanswered
from bot.resolver import lock
from bot.resolver.model.index import IndexPort, Tree

SECURITY = Group(key="security", name="security")

#: So many versions of one package are tried.
_TRIES = 12
#: So often something that a move brings along is shut out.
_ROUNDS = 4


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of vulnerabilities; asked about are packages from ``public`` indexes."""

    service: AdvisoryPort
    ignored: Ignored
    public: tuple[str, ...]
    #: Records of packages in all their versions, as they were asked for.
    records: dict[str, Sequence[Advisory]] = field(default_factory=dict, repr=False)

    def findings(self, name: str, version: Version) -> Sequence[Finding]:
        """What is known of one version, without what is ignored; raises ``AdvisoryFailure``."""
        if name not in self.records:
            self.learn([name])
        one = Locked(name=name, version=version)
        about = [record for record in self.records[name] if record.affects(name, version)]
        return [found for found in find_findings([one], {one: about}) if not self.ignored.covers(found)]

    def packages(self, held: Lock) -> Sequence[Locked]:
        """What of a lock may be asked about."""
        return packages_of(held, self.public).packages

    def learn(self, names: Iterable[str]) -> None:
        """Ask for several packages at once."""
        unknown = sorted(set(names) - set(self.records))
        found = self.service.find_all(unknown) if unknown else {}
        self.records.update({name: found.get(name, ()) for name in unknown})


def plan_fixes(
    tree: Tree,
    workloads: Sequence[Workload],
    findings: Mapping[str, Sequence[Finding]],
    known: Mapping[str, Known],
    index: IndexPort,
    followers: Sequence[Follower] = (),
) -> Fixes:
    """Mend all that can be; both mappings by the name of the unit. Raises ``AdvisoryFailure`` and ``IndexFailure``."""
    plans = [
        _mend(workload, findings[workload.name], known[workload.name], index)
        for workload in workloads
        if findings.get(workload.name)
    ]
    drafts = [plan.draft for plan in plans if plan.draft is not None]
    trials = [workload.trial for workload in workloads]
    finished, dropped = finish_group(tree, SECURITY, drafts, trials, followers) if drafts else (None, ())
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Where a unit has got to: bounds of this run by package, requirements that have to follow, packages that may move."""

    bounds: Mapping[str, SpecifierSet] = field(default_factory=dict)
    loosened: Loosened = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    names: frozenset[str] = frozenset()
    is_back: bool = False
    locked: lock.Locked | None = None


def _mend(workload: Workload, findings: Sequence[Finding], known: Known, index: IndexPort) -> _Plan:
    """The worst first: what is mended for one package holds for those that follow."""
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        by_name.setdefault(finding.locked.name, []).append(finding)
    known.learn(by_name)
    workload = _hurried(workload, by_name, index)
    step, mended, blocked, failed = _Step(), list[Mended](), list[Blocked](), list[Unanswered]()
    for name in sorted(by_name, key=lambda one: (not any(row.advisory.is_malicious for row in by_name[one]), one)):
        search = _Search(workload=workload, known=known, index=index, name=name, step=step)
        is_free = step.locked is not None and _is_free(step.locked, name, known)
        found = step if is_free else search.best()
        rows = tuple(by_name[name])
        if isinstance(found, _Step):
            step = found
            mended.append(search.mended(found, rows))
        else:
            blocked.append(search.blocked(found, rows))
            failed += unanswered(found)
    return _Plan(draft=_draft(workload, step), mended=tuple(mended), blocked=tuple(blocked), unanswered=tuple(failed))


def _hurried(workload: Workload, names: Iterable[str], index: IndexPort) -> Workload:
    """The unit where these packages need not be old enough: requirements that would have to follow are judged by that too."""
    trial = workload.trial.letting(names)
    return workload if trial is workload.trial else make_workload(trial, index, trial.config)


def _draft(workload: Workload, step: _Step) -> Draft | None:
    if step.locked is None:
        return None
    trial = workload.trial.going_back() if step.is_back else workload.trial
    holdings = trial.holdings_of(step.locked.lock)
    moved = tuple(one for one in step.candidates if not one.is_admitted_in(holdings))
    return Draft(
        trial=trial,
        group=SECURITY,
        candidates=moved,
        about=tuple(sorted(step.names)),
        targets={row: target for one in moved for row, target in one.targets_in(holdings).items()},
        bounds=step.bounds,
        also=step.names,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """The way to a version of one package that is free of what is known."""

    workload: Workload
    known: Known
    index: IndexPort
    name: str
    step: _Step

    def best(self) -> _Step | NoLock:
        """The step with the smallest move, or why there is none."""
        free = self._free()
        above = [one for one in free if one > self.current[-1]][:_TRIES]
        below = [one for one in reversed(free) if one < self.current[0]][:_TRIES]
        refused: NoLock | None = None
        for versions, is_back, is_wide in (
            (above, False, False),
            (above, False, True),
            (above, True, True),
            (below, True, False),
            (below, True, True),
        ):
            for version in versions:
                answer = self._try(version, is_back=is_back or self.step.is_back, is_wide=is_wide)
                if isinstance(answer, _Step):
                    return self._lowered(answer) if is_wide else answer
                refused = refused or answer
        return refused or Impossible(reason=f"no version of {self.name} is free of it")

    @property
    def current(self) -> tuple[Version, ...]:
        return self.workload.trial.current[self.name]

    def mended(self, step: _Step, findings: tuple[Finding, ...]) -> Mended:
        """What the step makes of the package."""
        assert step.locked is not None
        after = self.workload.trial.holdings_of(step.locked.lock).versions.get(self.name, ())
        return Mended(
            unit=self.workload.name,
            package=self.name,
            before=self.current,
            after=after[-1] if after else None,
            findings=findings,
            is_back=bool(after) and after[-1] < self.current[-1],
        )

    def blocked(self, answer: NoLock, findings: tuple[Finding, ...]) -> Blocked:
        """The package as it stays."""
        return Blocked(
            unit=self.workload.name, package=self.name, before=self.current, reason=answer.reason, findings=findings
        )

    def _free(self) -> Sequence[Version]:
        """The versions that nothing is known of, ascending."""
        trial = self.workload.trial
        sources = registry_sources(trial.request).get(self.name, ())
        versions = find_usable(trial.request, self.index, self.name, sources, self.current)
        return [one for one in versions if not self.known.findings(self.name, one)]

    def _lowered(self, step: _Step) -> _Step:
        """The same where direct packages that had to move along go no further than they must."""
        for candidate in step.candidates:
            if candidate.name not in step.bounds and candidate.is_everywhere:
                step = self._lowest(candidate, step)
        return step

    def _lowest(self, candidate: Candidate, step: _Step) -> _Step:
        """With the lowest version of one of them; of what lies between, halves are tried in turn."""
        assert step.locked is not None
        trial = self._trial(is_back=step.is_back)
        reached = candidate.highest_in(trial.holdings_of(step.locked.lock))
        sources = registry_sources(trial.request).get(candidate.name, ())
        usable = find_usable(trial.request, self.index, candidate.name, sources, candidate.current)
        between = [one for one in usable if candidate.current[-1] < one < reached]
        low, high = 0, len(between)
        while low < high:
            middle = (low + high) // 2
            bounds = {**step.bounds, candidate.name: SpecifierSet(f"=={between[middle]}")}
            answer = self._ask(replace(step, bounds=bounds, names=step.names | {candidate.name}))
            if isinstance(answer, _Step):
                step, high = answer, middle
            else:
                low = middle + 1
        return step

    def _trial(self, *, is_back: bool) -> Trial:
        return self.workload.trial.going_back() if is_back else self.workload.trial

    def _try(self, version: Version, *, is_back: bool, is_wide: bool) -> _Step | NoLock:
        """The same lock with this version."""
        own = [one for one in self.workload.candidates if one.name == self.name]
        if any(not one.can_be_required(version) for one in own):
            return Impossible(
                reason=next(one.not_rewritten(version) for one in own if not one.can_be_required(version))
            )
        return self._ask(self._stepped(version, own, is_back=is_back, is_wide=is_wide))

    def _ask(self, step: _Step) -> _Step | NoLock:
        """The lock of a step; again without what it would bring along that is affected itself."""
        trial = self._trial(is_back=step.is_back)
        for _ in range(_ROUNDS):
            answer = trial.what_if(
                sorted(step.names), loosened=step.loosened, bounds=step.bounds, about=sorted(step.names)
            )
            if not isinstance(answer, lock.Locked):
                return answer
            brought = _brought(trial, answer, self.known)
            if not brought:
                return replace(step, locked=answer)
            step = _without(step, brought)
        return Impossible(reason="with it comes what is affected itself")

    def _stepped(self, version: Version, own: Sequence[Candidate], *, is_back: bool, is_wide: bool) -> _Step:
        exactly = SpecifierSet(f"=={version}")
        loosened = {key: exactly for one in own if not one.admits(version) for key in one.loosened(exactly)}
        others = [one for one in self.workload.candidates if one.name != self.name] if is_wide else []
        wide = free_all(others)
        return replace(
            self.step,
            bounds={**self.step.bounds, self.name: exactly},
            loosened={**wide, **self.step.loosened, **loosened},
            candidates=_joined(self.step.candidates, own, others),
            names=self.step.names | {self.name},
            is_back=is_back,
        )


def _brought(trial: Trial, answer: lock.Locked, known: Known) -> Sequence[Locked]:
    """What a lock has that the present one does not, and of which something is known."""
    new = [one for one in known.packages(answer.lock) if one.version not in trial.current.get(one.name, ())]
    known.learn(one.name for one in new)
    return [one for one in new if known.findings(one.name, one.version)]


def _is_free(answer: lock.Locked, name: str, known: Known) -> bool:
    """Whether nothing is known of a package as a lock has it."""
    return not any(known.findings(name, one.version) for one in known.packages(answer.lock) if one.name == name)


def _joined(*several: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """All of them, each once."""
    found: list[Candidate] = []
    for one in (one for candidates in several for one in candidates):
        if not any(one is other for other in found):
            found.append(one)
    return tuple(found)


def _without(step: _Step, brought: Iterable[Locked]) -> _Step:
    bounds = dict(step.bounds)
    for one in brought:
        bounds[one.name] = bounds.get(one.name, SpecifierSet()) & SpecifierSet(f"!={one.version}")
    return replace(step, bounds=bounds, names=step.names | {one.name for one in brought})
