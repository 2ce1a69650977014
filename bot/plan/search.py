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
from bot.markers import UNBOUNDED, requires_python_of
from bot.plan.candidates import Candidate, Targets, bounds_in
from bot.plan.changes import moved_back
from bot.plan.loosening import Loosened, Specifiers, next_major
from bot.plan.policy import Group, apart_group, is_same_major, update_kind
from bot.plan.trial import Answer, Impossible, NoLock, Trial, Unanswered, unanswered
from bot.plan.worlds.holdings import Holdings, name_of
from bot.ports.run import UpdateKind
from bot.resolver.lock import Locked

#: How many packages that stayed behind are asked for by name in one group.
CLIMB_LIMIT = 30
#: How many that would take others back are tried by themselves.
BACK_LIMIT = 10

#: So often one version is looked for of what a major step splits.
_JOINING = 2

_NOT_WORTH_IT = Impossible(reason="another direct package would go back as far as this one forward")
_SIZES = {UpdateKind.PATCH: 0, UpdateKind.MINOR: 1, UpdateKind.MAJOR: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one unit contributes to a group: the packages that may move, where to, and the specifiers for that.

    ``about`` names those of them that the group is about, others follow; ``also`` others that have to be let loose for
    it. ``bounds`` hold for the solve that makes the lock. ``everything``: lock maintenance, where ``kept`` stay as locked;
    ``told`` are the reasons.
    """

    trial: Trial
    group: Group
    candidates: tuple[Candidate, ...] = ()
    about: tuple[str, ...] = ()
    targets: Targets
    bounds: Specifiers
    also: frozenset[str] = frozenset()
    everything: bool = False
    kept: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def edits(self) -> tuple[SpecifierEdit, ...]:
        """The specifiers to write for the targets."""
        return tuple(edit for candidate in self.candidates for edit in self._edits_of(candidate))

    @property
    def names(self) -> Sequence[str]:
        """The packages that may leave what is locked."""
        return sorted(self.also.union(candidate.name for candidate in self.candidates))

    @property
    def is_done(self) -> bool:
        """Whether a step over a major is one by the targets."""
        own = [one for one in self.candidates if self.group in one.groups and one.crosses_in(self.group)]
        own = [one for one in own if one.name == self.group.single]
        return not own or any(
            not is_same_major(self.targets[row][-1], one.current[-1])
            for one in own
            for row in one.declarations
            if row in self.targets
        )

    def _edits_of(self, candidate: Candidate) -> Iterable[SpecifierEdit]:
        texts = candidate.changed_texts(self.targets)
        return [SpecifierEdit(declaration=row, specifier=text) for row, text in (texts or {}).items()]

    def holds(self, name: str) -> bool:
        """Whether the package is one of those that it is made of, and could be left out."""
        if self.everything:
            return name in self.trial.current and name not in self.kept
        return any(candidate.name == name for candidate in self.candidates)

    def shares(self, other: Draft, name: str) -> bool:
        """Whether both drafts would write one requirement of the package: it stands in a file that two locks are made of."""
        rows = (
            {row for one in draft.candidates if one.name == name for row in one.declarations} for draft in (self, other)
        )
        first, second = rows
        return not first.isdisjoint(second)

    def reaching(self, locked: Locked) -> Draft:
        """The same draft with what a lock really holds as its targets."""
        return replace(self, targets=_moved(self.candidates, self.trial.holdings_of(locked.lock)))

    def keeping(self, name: str, reason: str) -> Draft:
        """Lock maintenance with one more package staying as it is locked."""
        return replace(self, kept=(*self.kept, name), told={**self.told, name: reason})

    def without(self, name: str) -> Draft:
        """The same draft with one package staying as it is."""
        return replace(
            self,
            candidates=tuple(one for one in self.candidates if one.name != name),
            targets={row: version for row, version in self.targets.items() if name_of(row) != name},
            about=tuple(one for one in self.about if one != name),
            bounds={**self.bounds, name: _majors_kept(self.trial)[name]},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a search gives: a draft (``None`` when nothing moves), and why packages stay below what the group allows.

    ``reasons`` by package name; packages that could not even be asked for have none. ``apart``: updates that take
    something back, each with a group of its own. ``failure``: why lock maintenance can't be made. ``unanswered``: a draft
    that is missing, or smaller, proves nothing.
    """

    draft: Draft | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    apart: tuple[Draft, ...] = ()
    failure: str | None = None
    unanswered: tuple[Unanswered, ...] = ()


def draft_jointly(trial: Trial, group: Group, candidates: Sequence[Candidate]) -> Drafted:
    """The most that these packages can move together."""
    workable = _workable(trial, group, list(candidates), [])
    if workable.locked is None:
        return Drafted(apart=_going_back(trial, group, candidates, trial.holdings), unanswered=workable.unanswered)
    climb = _climb(trial, group, workable.kept, workable.locked)
    draft = Draft(
        trial=trial,
        group=group,
        candidates=tuple(workable.kept),
        about=tuple(dict.fromkeys(one.name for one in workable.kept)),
        also=climb.also,
        targets=_moved(workable.kept, climb.holdings),
        bounds=climb.bounds,
    )
    apart = _going_back(trial, group, candidates, climb.holdings)
    return Drafted(
        draft=draft, reasons=climb.reasons, apart=apart, unanswered=(*workable.unanswered, *climb.unanswered)
    )


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
    """``holdings`` are the best lock's, for which the packages ``also`` were let loose too."""

    holdings: Holdings
    also: frozenset[str] = frozenset()
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
            # What the group alone can't have is explained later, with everything let loose.
            reasons |= {candidate.name: answer.reason} if isinstance(answer, Unanswered) else {}
            failed += unanswered(answer)
            continue
        risen = trial.holdings_of(answer.lock)
        losers = [other for other in kept if _loses(other, best, risen)]
        if losers:
            reasons[candidate.name] = _trade(losers, best, risen)
        else:
            bounds, best = raised, risen
    climb = _Climb(holdings=best, bounds=bounds, reasons=reasons, unanswered=tuple(failed))
    return _with_dependencies(trial, group, kept, climb)


def _with_dependencies(trial: Trial, group: Group, kept: Sequence[Candidate], climb: _Climb) -> _Climb:
    """What is still short may be held by locked versions of what it requires, or of who shares that: they are let loose."""
    short = [one for one in kept if _is_short(one, group, climb.holdings)]
    also = frozenset(name for one in short for name in trial.tied_to(one.name))
    if not also:
        return climb
    answer = _ask_jointly(trial, group, kept, climb.bounds, also=also)
    if not isinstance(answer, Locked):
        return climb
    risen = trial.holdings_of(answer.lock)
    has_won = any(_loses(one, risen, climb.holdings) for one in short)
    has_lost = any(_loses(one, climb.holdings, risen) for one in kept)
    return replace(climb, holdings=risen, also=also) if has_won and not has_lost else climb


def _is_short(candidate: Candidate, group: Group, holdings: Holdings) -> bool:
    return Version(candidate.goal_in(holdings).public) < Version(candidate.groups[group].public)


def _raised(bounds: Mapping[str, SpecifierSet], candidate: Candidate, group: Group) -> dict[str, SpecifierSet]:
    """From the group's version on; where the package has other worlds, its own requirements alone say so."""
    raised = {candidate.name: candidate.range_at_best(group)} if candidate.is_everywhere else {}
    return {**bounds, **raised}


def _loses(candidate: Candidate, before: Holdings, after: Holdings) -> bool:
    earlier = candidate.goals_in(before)
    return any(goal < earlier.get(row, goal) for row, goal in candidate.goals_in(after).items())


def _said_of(candidate: Candidate, answer: NoLock) -> Mapping[str, str]:
    """The reason, unless it names other packages' bounds: then it is asked for again without them."""
    is_plain = isinstance(answer, Unanswered) or not {*answer.asked} - {candidate.name}
    return {candidate.name: answer.reason} if is_plain else {}


def _trade(losers: Sequence[Candidate], before: Holdings, after: Holdings) -> str:
    listed = ", ".join(f"{one.name} {one.goal_in(after)} instead of {one.goal_in(before)}" for one in losers)
    return f"it can be had only with {listed}"


def _ask_jointly(
    trial: Trial,
    group: Group,
    candidates: Sequence[Candidate],
    bounds: Specifiers,
    best_of: Candidate | None = None,
    also: Iterable[str] = (),
) -> Answer:
    """Let them move, with loosened specifiers for who could not get to the group's version otherwise.

    ``best_of`` is to get to it; the packages ``also`` may move for their sake.
    """
    loosened: dict[tuple[str, SpecifierSet], SpecifierSet] = {}
    for candidate in candidates:
        wanted = candidate.groups[group]
        if not candidate.admits(wanted) and candidate.can_be_required(wanted):
            loosened.update(candidate.loosened(candidate.range_in(group)))
    if best_of is not None and not best_of.is_everywhere:
        loosened.update(best_of.loosened(best_of.range_at_best(group)))
    names = [candidate.name for candidate in candidates]
    return trial.what_if([*names, *also], loosened=loosened, bounds=bounds, about=names)


def _bounds(trial: Trial, candidates: Iterable[Candidate], group: Group) -> dict[str, SpecifierSet]:
    """The group's own bounds; every other direct package stays inside its major."""
    return {**_majors_kept(trial), **bounds_in(candidates, group)}


def _majors_kept(trial: Trial) -> dict[str, SpecifierSet]:
    ends = {name: next_major(versions[-1]) for name, versions in trial.direct.items()}
    return {name: SpecifierSet(f"<{end}" if end else "") for name, end in ends.items()}


def _moved(candidates: Iterable[Candidate], holdings: Holdings) -> Targets:
    return {row: target for candidate in candidates for row, target in candidate.moves_in(holdings).items()}


# --- steps that take something back ---------------------------------------------------------------


def _going_back(trial: Trial, group: Group, candidates: Sequence[Candidate], best: Holdings) -> tuple[Draft, ...]:
    """Those that get to the group's version only where others go back, each as a draft of its own."""
    short = [
        one for one in candidates if one.highest_in(best) < one.groups[group] and one.can_be_required(one.groups[group])
    ]
    drafts = (_back_for(trial, group, one) for one in short[:BACK_LIMIT])
    return tuple(one for one in drafts if one is not None)


def _back_for(trial: Trial, group: Group, candidate: Candidate) -> Draft | None:
    back = trial.going_back()
    bounds = _raised(_majors_kept(trial), candidate, group)
    answer = _ask_jointly(back, group, [candidate], bounds, best_of=candidate)
    if not isinstance(answer, Locked) or not _is_worth_it(back, candidate, answer):
        return None
    if not moved_back(trial.base.lock, answer.lock):
        return None
    return Draft(
        trial=back,
        group=apart_group(group, candidate.name),
        candidates=(candidate,),
        about=(candidate.name,),
        targets=candidate.targets_in(trial.holdings_of(answer.lock)),
        bounds=bounds,
    )


def _is_worth_it(trial: Trial, candidate: Candidate, answer: Answer) -> bool:
    """Whether it is a lock in which no direct package loses as much as this one gains: what undid that would come next."""
    if not isinstance(answer, Locked):
        return False
    gain = _SIZES[update_kind(candidate.current[-1], candidate.highest_in(trial.holdings_of(answer.lock)))]
    lost = [one for one in moved_back(trial.base.lock, answer.lock) if one.name in trial.direct]
    return all(_SIZES[update_kind(one.before[-1], one.after[-1])] < gain for one in lost)


def is_held_by_floors(answer: Answer, candidate: Candidate, trial: Trial) -> bool:
    """Whether the bound of another package's present version takes part in the contradiction."""
    return isinstance(answer, Impossible) and bool({*answer.asked} & {*trial.floors} - {candidate.name})


# --- major steps ----------------------------------------------------------------------------------


def _inside(trial: Trial, group: Group, candidate: Candidate) -> Drafted:
    """A major that the requirements admit already: the lock alone moves, if it does by itself."""
    step = _Step(trial=trial, group=group, candidate=candidate, bounds={})
    answer = step.ask([candidate.name], {})
    if not isinstance(answer, Locked):
        return Drafted(unanswered=unanswered(answer))
    return step.draft(step.joined(answer, [candidate.name], {})) if step.crosses(answer) else Drafted()


def _over_its_major(trial: Trial, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Drafted:
    """By itself if that has a lock, else with what must follow; where not all forks can have it, in those that can; last
    of all where something goes back."""
    bounds = {other.name: other.free_range for other in others if not other.may_cross and other.is_everywhere}
    answers: list[Answer] = []
    for one in (trial, trial.going_back()):
        step = _Step(trial=one, group=group, candidate=candidate, bounds=bounds, others=tuple(others))
        found = step.wholly(answers)
        if found is None and isinstance(answers[-1], Impossible):
            found = step.partly(_near_first(trial, candidate, others))
        if found is not None:
            return step.draft(found, unanswered(*answers))
        if not is_held_by_floors(answers[-1], candidate, trial):
            break
    return Drafted(reasons=_said_of(candidate, _refusal(answers)), unanswered=unanswered(*answers))


def _refusal(answers: Sequence[Answer]) -> NoLock:
    """The one to tell: the last, asked with the fewest bounds, where all are; else what was said before any could go back."""
    refused = [answer for answer in answers if not isinstance(answer, Locked)]
    if len(refused) < len(answers):
        refused = [answer for answer in answers[:2] if not isinstance(answer, Locked)]
    return refused[-1] if refused else _NOT_WORTH_IT


def _near_first(trial: Trial, candidate: Candidate, others: Sequence[Candidate]) -> Sequence[Sequence[str]]:
    """Who may move where not every fork can have the step: itself, or with those next to it in the lock."""
    name, direct = candidate.name, [one.name for one in others]
    parents = parents_by_name(trial.base.lock)
    near = [one for one in direct if one in parents.get(name, ()) or name in parents.get(one, ())]
    return [[name], [name, *near]] if near else [[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """A lock that has the step, what was asked for it, and under which bounds."""

    locked: Locked
    names: Sequence[str]
    bounds: Specifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One package on its way over its major, under bounds for the others."""

    trial: Trial
    group: Group
    candidate: Candidate
    bounds: Specifiers
    others: tuple[Candidate, ...] = ()

    def ask(self, names: Sequence[str], loosened: Loosened) -> Answer:
        about = [self.candidate.name]
        return self.trial.what_if(names, loosened=loosened, bounds=self.bounds, about=about)

    def wholly(self, answers: list[Answer]) -> _Joined | None:
        """In every fork; ``answers`` takes what was answered."""
        candidate = self.candidate
        raised = candidate.loosened(candidate.free_range if candidate.is_everywhere else candidate.next_majors)
        bounds = {candidate.name: candidate.next_majors} if candidate.is_everywhere else {}
        step = replace(self, bounds={**self.bounds, **bounds})
        for loosened in (raised, {**free_all(self.others), **raised}):
            answer = step.ask([candidate.name], loosened)
            answers.append(answer)
            if isinstance(answer, Locked) and _is_worth_it(self.trial, candidate, answer):
                return step.joined(answer, [candidate.name], loosened)
        return None

    def partly(self, choices: Sequence[Sequence[str]]) -> _Joined | None:
        """In those forks that can have it."""
        alone = self.candidate.loosened(self.candidate.free_range)
        for names in choices:
            loosened = {**alone, **free_all(one for one in self.others if one.name in names)}
            found = self.ask(names, loosened)
            if (
                isinstance(found, Locked)
                and self.is_in_reach(found)
                and _is_worth_it(self.trial, self.candidate, found)
            ):
                return self.joined(found, names, loosened)
        return None

    def is_in_reach(self, answer: Locked) -> bool:
        """Whether it crosses wherever it can: left behind are older Pythons, or forks that were behind before."""
        candidate, before = self.candidate, self.trial.holdings
        after = self.trial.holdings_of(answer.lock)
        top = candidate.current[-1]
        left = [one for one in after.versions.get(candidate.name, ()) if one < top or is_same_major(one, top)]
        behind = after.forks_of(candidate.name, left)
        earlier = before.forks_of(candidate.name, [one for one in before.versions[candidate.name] if one != top])
        pythons = requires_python_of(behind & ~earlier)
        return self.crosses(answer) and (
            behind.is_disjoint(~earlier) or (pythons is not None and pythons[1] != UNBOUNDED)
        )

    def crosses(self, answer: Locked) -> bool:
        """Whether what would be required is over the major."""
        goals = self.candidate.goals_in(self.trial.holdings_of(answer.lock)).values()
        return any(not is_same_major(goal, self.candidate.current[-1]) for goal in goals)

    def joined(self, answer: Locked, names: Sequence[str], loosened: Loosened) -> _Joined:
        """The same with one version of each direct package that the step has split, where that can be had: the newest that
        comes of letting them move, or else the newest that all forks can have."""
        found = _Joined(locked=answer, names=names, bounds=self.bounds)
        split = self.split(found)
        if not split:
            return found
        step, wider = self, [*names, *split]
        for _ in range(_JOINING):
            again = step.ask(wider, loosened)
            if not isinstance(again, Locked) or not self.crosses(again):
                return found
            if self.count(again, split) < self.count(found.locked, split):
                found = _Joined(locked=again, names=wider, bounds=step.bounds)
            if self.count(again, split) == len(split):
                return found
            step = replace(step, bounds={**step.bounds, **self.lowest(again, split)})
        return found

    def split(self, found: _Joined) -> Sequence[str]:
        """The other direct packages of which the answer has more versions than the lock."""
        before, after = self.trial.current, self.trial.holdings_of(found.locked.lock).versions
        others = [name for name in self.trial.direct if name in after and name not in found.names]
        return [name for name in others if len(after[name]) > max(len(before.get(name, ())), 1)]

    def lowest(self, answer: Locked, names: Iterable[str]) -> Specifiers:
        """Nothing above what the fork that gets least has of them."""
        versions = self.trial.holdings_of(answer.lock).versions
        below = {name: SpecifierSet(f"<={versions[name][0].public}") for name in names if name in versions}
        return {name: bound & self.bounds.get(name, SpecifierSet()) for name, bound in below.items()}

    def count(self, answer: Locked, names: Iterable[str]) -> int:
        """How many versions of these packages a lock has."""
        versions = self.trial.holdings_of(answer.lock).versions
        return sum(len(versions.get(name, ())) for name in names)

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
            about=(self.candidate.name,),
            targets=targets,
            bounds=found.bounds,
            also=frozenset(found.names),
        )
        return Drafted(draft=draft, unanswered=failed)


def _companions(candidate: Candidate, others: Iterable[Candidate], holdings: Holdings) -> tuple[Candidate, ...]:
    """The other direct packages that the answer took out of what their requirements admit."""
    return tuple(one for one in others if one is not candidate and not one.is_admitted_in(holdings))


def free_all(candidates: Iterable[Candidate]) -> Loosened:
    """Every requirement that may be rewritten, loosened as far as the configuration lets it go.

    One that admits the newest is loose already: the range of one world would only narrow it in others.
    """
    freed: dict[tuple[str, SpecifierSet], SpecifierSet] = {}
    for candidate in candidates:
        loosened = candidate.loosened(candidate.free_range).items()
        freed.update((key, wide) for key, wide in loosened if not key[1].contains(candidate.latest, prereleases=True))
    return freed
