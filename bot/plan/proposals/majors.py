"""The step of one package over its major: by itself, or with the direct packages that must come along.

The next major at least is asked for; where that fails, the other direct requirements may move with it, so that what must
move together does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet

from bot.lockfile.graph import parents_by_name
from bot.markers import UNBOUNDED, requires_python_of
from bot.plan.candidates import Candidate
from bot.plan.loosening import Loosened, Specifiers
from bot.plan.policy import Group, is_same_major
from bot.plan.proposals.draft import Draft, Drafted
from bot.plan.proposals.worth import is_held_by_floors, is_worth_it
from bot.plan.trial import Answer, Impossible, NoLock, Trial, Unanswered, unanswered
from bot.plan.worlds.holdings import Holdings
from bot.resolver.lock import Locked

#: So often one version is looked for of what a major step splits.
_JOINING = 2

_NOT_WORTH_IT = Impossible(reason="another direct package would go back as far as this one forward")


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
            if isinstance(answer, Locked) and is_worth_it(self.trial, candidate, answer):
                return step.joined(answer, [candidate.name], loosened)
        return None

    def partly(self, choices: Sequence[Sequence[str]]) -> _Joined | None:
        """In those forks that can have it."""
        alone = self.candidate.loosened(self.candidate.free_range)
        for names in choices:
            loosened = {**alone, **free_all(one for one in self.others if one.name in names)}
            found = self.ask(names, loosened)
            if isinstance(found, Locked) and self.is_in_reach(found) and is_worth_it(self.trial, self.candidate, found):
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


def _said_of(candidate: Candidate, answer: NoLock) -> Mapping[str, str]:
    """The reason, unless it names other packages' bounds: then it is asked for again without them."""
    is_plain = isinstance(answer, Unanswered) or not {*answer.asked} - {candidate.name}
    return {candidate.name: answer.reason} if is_plain else {}
