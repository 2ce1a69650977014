"""How far a group of packages can go together: the solver is asked with loosened requirements, and believed.

Two questions. *Jointly* (non-major and named groups): loosen every requirement of the group, up to the major where it
says so, and take what comes out. *A major step*: ask for the next major at least; where that fails, let the other
direct requirements move with it, so that what must move together does. Truth is always the solver's answer; the
specifiers that are written follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.graph import parents_by_name
from bot.manifest.edit import SpecifierEdit
from bot.plan.candidates import Candidate, Targets, bounds_in
from bot.plan.loosening import Loosened, Specifiers, next_major, range_from
from bot.plan.policy import Group, is_same_major
from bot.plan.trial import Answer, Trial, Unanswered, unanswered
from bot.plan.unit import name_of
from bot.plan.worlds import Holdings
from bot.resolver.lock import Locked

#: How many packages that stayed behind are asked for by name in one group.
CLIMB_LIMIT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one unit contributes to a group: the packages that may move, where to, and the specifiers for that.

    ``bounds`` hold for the solve that makes the lock. ``also`` names others that have to be let loose for it;
    ``everything``: lock maintenance.
    """

    trial: Trial
    group: Group
    candidates: tuple[Candidate, ...] = ()
    targets: Targets
    bounds: Specifiers
    also: frozenset[str] = frozenset()
    everything: bool = False

    @property
    def edits(self) -> tuple[SpecifierEdit, ...]:
        """The specifiers to write for the targets."""
        return tuple(edit for candidate in self.candidates for edit in self._edits_of(candidate))

    @property
    def names(self) -> frozenset[str]:
        """The packages that may leave what is locked."""
        return self.also.union(candidate.name for candidate in self.candidates)

    @property
    def is_done(self) -> bool:
        """Whether a step over a major is one by the targets."""
        own = [one for one in self.candidates if one.name == self.group.single]
        return not own or any(
            not is_same_major(self.targets[row][-1], one.current[-1])
            for one in own
            for row in one.declarations
            if row in self.targets
        )

    def _edits_of(self, candidate: Candidate) -> Iterable[SpecifierEdit]:
        texts = candidate.changed_texts(self.targets)
        return [SpecifierEdit(declaration=row, specifier=text) for row, text in (texts or {}).items()]

    def reaching(self, locked: Locked) -> Draft:
        """The same draft with what a lock really holds as its targets."""
        return replace(self, targets=_moved(self.candidates, self.trial.holdings_of(locked.lock)))

    def without(self, name: str) -> Draft:
        """The same draft with one package staying as it is."""
        return replace(
            self,
            candidates=tuple(one for one in self.candidates if one.name != name),
            targets={row: version for row, version in self.targets.items() if name_of(row) != name},
            bounds={**self.bounds, name: _majors_kept(self.trial)[name]},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a search gives: a draft (``None`` when nothing moves), and why packages stay below what the group allows.

    ``reasons`` by package name; packages that could not even be asked for have none. ``unanswered``: a draft that is
    missing, or smaller, proves nothing.
    """

    draft: Draft | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    unanswered: tuple[Unanswered, ...] = ()


def draft_jointly(trial: Trial, group: Group, candidates: Sequence[Candidate]) -> Drafted:
    """The most that these packages can move together."""
    workable = _workable(trial, group, list(candidates), [])
    if workable.locked is None:
        return Drafted(unanswered=workable.unanswered)
    climb = _climb(trial, group, workable.kept, workable.locked)
    draft = Draft(
        trial=trial,
        group=group,
        candidates=tuple(workable.kept),
        targets=_moved(workable.kept, climb.holdings),
        bounds=climb.bounds,
    )
    return Drafted(draft=draft, reasons=climb.reasons, unanswered=(*workable.unanswered, *climb.unanswered))


def draft_major(trial: Trial, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Drafted:
    """The step of one package over its major, with the direct packages that must come along."""
    wanted = candidate.groups[group]
    if not candidate.admits(wanted):
        if not candidate.can_be_required(wanted):
            return Drafted(reasons={candidate.name: candidate.not_rewritten(wanted)})
        return _over_its_major(trial, group, candidate, others)
    inside = _inside(trial, group, candidate)
    if inside.draft is not None:
        return inside
    over = _over_its_major(trial, group, candidate, others)
    return replace(over, unanswered=(*inside.unanswered, *over.unanswered))


def draft_maintenance(trial: Trial, group: Group) -> Draft:
    return Draft(trial=trial, group=group, targets={}, bounds={}, everything=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    reason: str
    unanswered: tuple[Unanswered, ...] = ()


def explain_held_back(trial: Trial, candidate: Candidate, others: Sequence[Candidate]) -> Explained:
    """Why the newest version is out of reach even when every other direct requirement may move."""
    if not candidate.can_be_required(candidate.latest):
        return Explained(reason=candidate.not_rewritten(candidate.latest))
    bounds = {candidate.name: SpecifierSet(f"=={candidate.latest.public}")}
    answer = trial.what_if([candidate.name], loosened=_freed(others), bounds=bounds)
    if isinstance(answer, Locked):
        return Explained(reason="it can be had, but not together with the newest versions of other packages")
    return Explained(reason=answer.reason, unanswered=unanswered(answer))


# --- joint steps ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workable:
    """The packages that can be let loose together, and the last lock that came of it."""

    kept: list[Candidate]
    locked: Locked | None
    unanswered: tuple[Unanswered, ...] = ()


def _workable(trial: Trial, group: Group, wanted: list[Candidate], accepted: list[Candidate]) -> _Workable:
    """Normally all of them; after a failure, halves are tried in turn."""
    together = accepted + wanted
    answer = _ask_jointly(trial, group, together, _bounds(trial, together, group))
    if isinstance(answer, Locked):
        return _Workable(kept=together, locked=answer)
    if len(wanted) <= 1:
        return _Workable(kept=accepted, locked=None, unanswered=unanswered(answer))
    middle = len(wanted) // 2
    first = _workable(trial, group, wanted[:middle], accepted)
    second = _workable(trial, group, wanted[middle:], first.kept)
    return _Workable(
        kept=second.kept,
        locked=second.locked or first.locked,
        unanswered=(*unanswered(answer), *first.unanswered, *second.unanswered),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    """``holdings`` are the best lock's."""

    holdings: Holdings
    bounds: Specifiers
    reasons: Mapping[str, str]
    unanswered: tuple[Unanswered, ...]


def _climb(trial: Trial, group: Group, kept: Sequence[Candidate], locked: Locked) -> _Climb:
    """Ask for the wanted version of each package that stayed below it.

    A search keeps what the lock has wherever that fits, also where it keeps a direct package back; asked for by name,
    the direct package wins, unless another one of the group would lose.
    """
    bounds = _bounds(trial, kept, group)
    best = trial.holdings_of(locked.lock)
    reasons: dict[str, str] = {}
    failed: list[Unanswered] = []
    for candidate in [one for one in kept if _is_short(one, group, best)][:CLIMB_LIMIT]:
        if not candidate.can_be_required(candidate.groups[group]):
            reasons[candidate.name] = candidate.not_rewritten(candidate.groups[group])
            continue
        raised = _raised(bounds, candidate, group)
        answer = _ask_jointly(trial, group, kept, raised, best_of=candidate)
        if not isinstance(answer, Locked):
            reasons[candidate.name] = answer.reason
            failed += unanswered(answer)
            continue
        risen = trial.holdings_of(answer.lock)
        losers = [other for other in kept if _loses(other, best, risen)]
        if losers:
            reasons[candidate.name] = _trade(losers, best, risen)
        else:
            bounds, best = raised, risen
    return _Climb(holdings=best, bounds=bounds, reasons=reasons, unanswered=tuple(failed))


def _is_short(candidate: Candidate, group: Group, holdings: Holdings) -> bool:
    return Version(candidate.goal_in(holdings).public) < Version(candidate.groups[group].public)


def _raised(bounds: Mapping[str, SpecifierSet], candidate: Candidate, group: Group) -> dict[str, SpecifierSet]:
    """From the group's version on; where the package has other worlds, its own requirements alone say so."""
    raised = {candidate.name: candidate.range_at_best(group)} if candidate.is_everywhere else {}
    return {**bounds, **raised}


def _loses(candidate: Candidate, before: Holdings, after: Holdings) -> bool:
    earlier = candidate.goals_in(before)
    return any(goal < earlier.get(row, goal) for row, goal in candidate.goals_in(after).items())


def _trade(losers: Sequence[Candidate], before: Holdings, after: Holdings) -> str:
    listed = ", ".join(f"{one.name} {one.goal_in(after)} instead of {one.goal_in(before)}" for one in losers)
    return f"it can be had only with {listed}"


def _ask_jointly(
    trial: Trial,
    group: Group,
    candidates: Sequence[Candidate],
    bounds: Specifiers,
    best_of: Candidate | None = None,
) -> Answer:
    """Let them move, with loosened specifiers for who could not get to the group's version otherwise.

    ``best_of`` is to get to it.
    """
    loosened: dict[tuple[str, SpecifierSet], SpecifierSet] = {}
    for candidate in candidates:
        wanted = candidate.groups[group]
        if not candidate.admits(wanted) and candidate.can_be_required(wanted):
            loosened.update(candidate.loosened(candidate.range_in(group)))
    if best_of is not None and not best_of.is_everywhere:
        loosened.update(best_of.loosened(best_of.range_at_best(group)))
    return trial.what_if([candidate.name for candidate in candidates], loosened=loosened, bounds=bounds)


def _bounds(trial: Trial, candidates: Iterable[Candidate], group: Group) -> dict[str, SpecifierSet]:
    """The group's own bounds; every other direct package stays inside its major."""
    return {**_majors_kept(trial), **bounds_in(candidates, group)}


def _majors_kept(trial: Trial) -> dict[str, SpecifierSet]:
    current = trial.current
    return {name: range_from(current[name][0], (), next_major(current[name][-1])) for name in trial.floors}


def _moved(candidates: Iterable[Candidate], holdings: Holdings) -> Targets:
    return {row: target for candidate in candidates for row, target in candidate.moves_in(holdings).items()}


# --- major steps ----------------------------------------------------------------------------------


def _inside(trial: Trial, group: Group, candidate: Candidate) -> Drafted:
    """A major that the requirements admit already: the lock alone moves, if it does by itself."""
    step = _Step(trial=trial, group=group, candidate=candidate, bounds={})
    answer = step.ask([candidate.name], {})
    if not isinstance(answer, Locked):
        return Drafted(unanswered=unanswered(answer))
    return step.draft(step.joined(answer, [candidate.name], {})) if step.crosses(answer) else Drafted()


def _over_its_major(trial: Trial, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Drafted:
    """By itself if that has a lock, else with what must follow; where all forks can't have it, in those that can."""
    bounds = {other.name: other.free_range for other in others if not other.may_cross and other.is_everywhere}
    alone, freed = candidate.loosened(candidate.free_range), _freed(others)
    step = _Step(trial=trial, group=group, candidate=candidate, bounds=bounds, others=tuple(others))
    wholly = replace(
        step, bounds=bounds | {candidate.name: candidate.next_majors} if candidate.is_everywhere else bounds
    )
    raised = {} if candidate.is_everywhere else candidate.loosened(candidate.next_majors)
    answers: list[Answer] = []
    for loosened in ({**alone, **raised}, {**freed, **raised}):
        answers.append(wholly.ask([candidate.name], loosened))
        if isinstance(answers[-1], Locked):
            return wholly.draft(wholly.joined(answers[-1], [candidate.name], loosened), unanswered(*answers))
    for names in _ever_more(trial, candidate, others):
        loosened = {**alone, **_freed(one for one in others if one.name in names)}
        found = step.ask(names, loosened)
        if isinstance(found, Locked) and step.crosses(found):
            return step.draft(step.joined(found, names, loosened), unanswered(*answers))
    reason = next(answer.reason for answer in reversed(answers) if not isinstance(answer, Locked))
    return Drafted(reasons={candidate.name: reason}, unanswered=unanswered(*answers))


def _ever_more(trial: Trial, candidate: Candidate, others: Sequence[Candidate]) -> Sequence[Sequence[str]]:
    """Who may move where not every fork can have the step: itself, with those next to it in the lock, with all."""
    name, direct = candidate.name, [one.name for one in others]
    parents = parents_by_name(trial.base.lock)
    near = [one for one in direct if one in parents.get(name, ()) or name in parents.get(one, ())]
    steps = ([name], [name, *near], [name, *direct])
    return [list(names) for names in dict.fromkeys(tuple(dict.fromkeys(step)) for step in steps)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """A lock that has the step, and what was asked for it."""

    locked: Locked
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One package on its way over its major, under bounds for the others."""

    trial: Trial
    group: Group
    candidate: Candidate
    bounds: Specifiers
    others: tuple[Candidate, ...] = ()

    def ask(self, names: Sequence[str], loosened: Loosened) -> Answer:
        return self.trial.what_if(names, loosened=loosened, bounds=self.bounds)

    def crosses(self, answer: Locked) -> bool:
        """Whether what would be required is over the major."""
        goals = self.candidate.goals_in(self.trial.holdings_of(answer.lock)).values()
        return any(not is_same_major(goal, self.candidate.current[-1]) for goal in goals)

    def joined(self, answer: Locked, names: Sequence[str], loosened: Loosened) -> _Joined:
        """The same with one version of each direct package that the step has split, where that can be had."""
        before, after = self.trial.current, self.trial.holdings_of(answer.lock).versions
        others = [name for name in self.trial.floors if name in after and name not in names]
        split = [name for name in others if len(after[name]) > max(len(before.get(name, ())), 1)]
        if split:
            again = self.ask([*names, *split], loosened)
            if (
                isinstance(again, Locked)
                and self.crosses(again)
                and _count(self.trial, again, split) < _count(self.trial, answer, split)
            ):
                return _Joined(locked=again, names=[*names, *split])
        return _Joined(locked=answer, names=names)

    def draft(self, found: _Joined, failed: tuple[Unanswered, ...] = ()) -> Drafted:
        holdings = self.trial.holdings_of(found.locked.lock)
        moved = (self.candidate, *_companions(self.candidate, self.others, holdings))
        targets = {row: target for one in moved for row, target in one.targets_in(holdings).items()}
        if any(one.changed_texts(targets) is None for one in moved):
            reason = "its requirement, or one that must follow, is not rewritten"
            return Drafted(reasons={self.candidate.name: reason}, unanswered=failed)
        draft = Draft(
            trial=self.trial,
            group=self.group,
            candidates=moved,
            targets=targets,
            bounds=self.bounds,
            also=frozenset(found.names),
        )
        return Drafted(draft=draft, unanswered=failed)


def _count(trial: Trial, answer: Locked, names: Iterable[str]) -> int:
    """How many versions of these packages a lock has."""
    versions = trial.holdings_of(answer.lock).versions
    return sum(len(versions.get(name, ())) for name in names)


def _companions(candidate: Candidate, others: Iterable[Candidate], holdings: Holdings) -> tuple[Candidate, ...]:
    """The other direct packages that the answer took out of what their requirements admit."""
    return tuple(one for one in others if one is not candidate and not _is_admitted(one, holdings))


def _is_admitted(candidate: Candidate, holdings: Holdings) -> bool:
    tops = candidate.tops_in(holdings)
    return all(row.admits(tops[row.declaration]) for row in candidate.rows if row.declaration in tops)


def _freed(candidates: Iterable[Candidate]) -> Loosened:
    """Every requirement that may be rewritten, loosened as far as the configuration lets it go."""
    freed: dict[tuple[str, SpecifierSet], SpecifierSet] = {}
    for candidate in candidates:
        freed.update(candidate.loosened(candidate.free_range))
    return freed
