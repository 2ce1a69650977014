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

from bot.manifest.edit import SpecifierEdit
from bot.plan.candidates import Candidate
from bot.plan.changes import moved_back
from bot.plan.loosening import Specifiers, next_major
from bot.plan.policy import Group, apart_group, update_kind
from bot.plan.trial import Answer, Impossible, NoLock, Trial, Unanswered, unanswered
from bot.plan.unit import LockedVersions, locked_versions
from bot.ports.run import UpdateKind
from bot.resolver.lock import Locked

#: How many packages that stayed behind are asked for by name in one group.
CLIMB_LIMIT = 30
#: How many that would take others back are tried by themselves.
BACK_LIMIT = 10

_NOT_WORTH_IT = Impossible(reason="another direct package would go back as far as this one forward")
_SIZES = {UpdateKind.PATCH: 0, UpdateKind.MINOR: 1, UpdateKind.MAJOR: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one unit contributes to a group: the packages that may move, where to, and the specifiers for that.

    ``along`` are indirect packages that may move for their sake. ``about`` names those of them that the group is about,
    others follow. ``bounds`` hold for the solve that makes the
    lock. ``everything``: lock maintenance, where ``kept`` stay as locked; ``told`` are the reasons.
    """

    trial: Trial
    group: Group
    candidates: tuple[Candidate, ...] = ()
    along: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    targets: Mapping[str, Version]
    bounds: Specifiers
    everything: bool = False
    kept: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def edits(self) -> tuple[SpecifierEdit, ...]:
        """The specifiers to write for the targets."""
        return tuple(edit for candidate in self.candidates for edit in self._edits_of(candidate))

    def _edits_of(self, candidate: Candidate) -> Iterable[SpecifierEdit]:
        target = self.targets.get(candidate.name)
        texts = None if target is None else candidate.changed_texts(target)
        return [SpecifierEdit(declaration=row, specifier=text) for row, text in (texts or {}).items()]

    def reaching(self, locked: Locked) -> Draft:
        """The same draft with what a lock really holds as its targets."""
        return replace(self, targets=_moved(self.candidates, locked_versions(locked.lock)))

    def without(self, name: str) -> Draft:
        """The same draft with one package staying as it is."""
        return replace(
            self,
            candidates=tuple(one for one in self.candidates if one.name != name),
            targets={key: version for key, version in self.targets.items() if key != name},
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
        return Drafted(apart=_going_back(trial, group, candidates, {}), unanswered=workable.unanswered)
    climb = _climb(trial, group, workable.kept, workable.locked)
    draft = Draft(
        trial=trial,
        group=group,
        candidates=tuple(workable.kept),
        along=climb.along,
        about=tuple(one.name for one in workable.kept),
        targets=_moved(workable.kept, climb.versions),
        bounds=climb.bounds,
    )
    apart = _going_back(trial, group, candidates, climb.versions)
    return Drafted(
        draft=draft, reasons=climb.reasons, apart=apart, unanswered=(*workable.unanswered, *climb.unanswered)
    )


def draft_major(trial: Trial, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Drafted:
    """The step of one package over its major, with the direct packages that must come along."""
    wanted = candidate.groups[group]
    if not candidate.admits(wanted):
        if not candidate.can_be_required(wanted):
            return Drafted(reasons={candidate.name: candidate.not_rewritten()})
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
    """``versions`` are the best lock's, for which the packages ``along`` were let loose too."""

    versions: LockedVersions
    along: tuple[str, ...] = ()
    bounds: Specifiers
    reasons: Mapping[str, str]
    unanswered: tuple[Unanswered, ...]


def _climb(trial: Trial, group: Group, kept: Sequence[Candidate], locked: Locked) -> _Climb:
    """Ask for the wanted version of each package that stayed below it.

    A search keeps what the lock has wherever that fits, also where it keeps a direct package back; asked for by name,
    the direct package wins, unless another one of the group would lose.
    """
    bounds = _bounds(trial, kept, group)
    versions = locked_versions(locked.lock)
    reasons: dict[str, str] = {}
    failed: list[Unanswered] = []
    short = [candidate for candidate in kept if candidate.goal_in(versions) < candidate.groups[group]]
    for candidate in [one for one in short if not one.excludes(one.groups[group])][:CLIMB_LIMIT]:
        raised = bounds | {candidate.name: candidate.range_at_best(group)}
        answer = _ask_jointly(trial, group, kept, raised)
        if not isinstance(answer, Locked):
            # What the group alone can't have is explained later, with everything let loose.
            reasons |= {candidate.name: answer.reason} if isinstance(answer, Unanswered) else {}
            failed += unanswered(answer)
            continue
        risen = locked_versions(answer.lock)
        losers = [other for other in kept if other.goal_in(risen) < other.goal_in(versions)]
        if losers:
            reasons[candidate.name] = _trade(losers, versions, risen)
        else:
            bounds, versions = raised, risen
    climb = _Climb(versions=versions, bounds=bounds, reasons=reasons, unanswered=tuple(failed))
    return _with_dependencies(trial, group, kept, climb)


def _with_dependencies(trial: Trial, group: Group, kept: Sequence[Candidate], climb: _Climb) -> _Climb:
    """What is still short may be held by the locked versions of what it requires: once more, with those let loose."""
    short = [one for one in kept if one.goal_in(climb.versions) < one.groups[group]]
    along = tuple(sorted({name for one in short for name in trial.required_by(one.name)}))
    if not along:
        return climb
    answer = _ask_jointly(trial, group, kept, climb.bounds, along)
    if not isinstance(answer, Locked):
        return climb
    risen = locked_versions(answer.lock)
    has_lost = any(one.goal_in(risen) < one.goal_in(climb.versions) for one in kept)
    has_won = any(one.goal_in(risen) > one.goal_in(climb.versions) for one in short)
    return replace(climb, versions=risen, along=along) if has_won and not has_lost else climb


def _said_of(candidate: Candidate, answer: NoLock) -> Mapping[str, str]:
    """The reason, unless it names other packages' bounds: then it is asked for again without them."""
    is_plain = isinstance(answer, Unanswered) or not {*answer.asked} - {candidate.name}
    return {candidate.name: answer.reason} if is_plain else {}


def _trade(losers: Sequence[Candidate], before: LockedVersions, after: LockedVersions) -> str:
    listed = ", ".join(f"{one.name} {one.goal_in(after)} instead of {one.goal_in(before)}" for one in losers)
    return f"it can be had only with {listed}"


def _ask_jointly(
    trial: Trial, group: Group, candidates: Sequence[Candidate], bounds: Specifiers, along: Sequence[str] = ()
) -> Answer:
    """Let them move, with loosened specifiers for who could not get to the group's version otherwise."""
    loosened = {
        candidate.name: candidate.range_in(group)
        for candidate in candidates
        if not candidate.admits(candidate.groups[group]) and candidate.can_be_required(candidate.groups[group])
    }
    names = [candidate.name for candidate in candidates]
    return trial.what_if([*names, *along], loosened=loosened, bounds=bounds, about=names)


def _bounds(trial: Trial, candidates: Iterable[Candidate], group: Group) -> dict[str, SpecifierSet]:
    """The group's own bounds; every other direct package stays inside its major."""
    return {**_majors_kept(trial), **{candidate.name: candidate.range_in(group) for candidate in candidates}}


def _majors_kept(trial: Trial) -> dict[str, SpecifierSet]:
    return {name: SpecifierSet(f"<{next_major(versions[-1])}") for name, versions in trial.direct.items()}


def _moved(candidates: Iterable[Candidate], versions: LockedVersions) -> Mapping[str, Version]:
    goals = [(candidate, candidate.goal_in(versions)) for candidate in candidates]
    return {candidate.name: goal for candidate, goal in goals if goal > candidate.current[-1]}


# --- steps that take something back ---------------------------------------------------------------


def _going_back(
    trial: Trial, group: Group, candidates: Sequence[Candidate], versions: LockedVersions
) -> tuple[Draft, ...]:
    """Those that get to the group's version only where others go back, each as a draft of its own."""
    short = [one for one in candidates if versions.get(one.name, one.current)[-1] < one.groups[group]]
    drafts = (_back_for(trial, group, one) for one in short[:BACK_LIMIT])
    return tuple(one for one in drafts if one is not None)


def _back_for(trial: Trial, group: Group, candidate: Candidate) -> Draft | None:
    back = trial.going_back()
    bounds = {**_majors_kept(trial), candidate.name: candidate.range_at_best(group)}
    answer = _ask_jointly(back, group, [candidate], bounds)
    if not isinstance(answer, Locked) or not _is_worth_it(back, candidate, answer):
        return None
    if not moved_back(trial.base.lock, answer.lock):
        return None
    return Draft(
        trial=back,
        group=apart_group(group, candidate.name),
        candidates=(candidate,),
        about=(candidate.name,),
        targets={candidate.name: candidate.goal_in(locked_versions(answer.lock))},
        bounds=bounds,
    )


def _is_worth_it(trial: Trial, candidate: Candidate, answer: Answer) -> bool:
    """Whether it is a lock in which no direct package loses as much as this one gains: what undid that would come next."""
    if not isinstance(answer, Locked):
        return False
    gain = _SIZES[update_kind(candidate.current[-1], candidate.highest_in(locked_versions(answer.lock)))]
    lost = [one for one in moved_back(trial.base.lock, answer.lock) if one.name in trial.direct]
    return all(_SIZES[update_kind(one.before[-1], one.after[-1])] < gain for one in lost)


def is_held_by_floors(answer: Answer, candidate: Candidate, trial: Trial) -> bool:
    """Whether the bound of another package's present version takes part in the contradiction."""
    return isinstance(answer, Impossible) and bool({*answer.asked} & {*trial.floors} - {candidate.name})


# --- major steps ----------------------------------------------------------------------------------


def _inside(trial: Trial, group: Group, candidate: Candidate) -> Drafted:
    """A major that the requirements admit already: the lock alone moves, if it does by itself."""
    answer = trial.what_if([candidate.name], loosened={}, bounds={})
    if not isinstance(answer, Locked):
        return Drafted(unanswered=unanswered(answer))
    top, current = candidate.highest_in(locked_versions(answer.lock)), candidate.current[-1]
    if (top.epoch, top.major) == (current.epoch, current.major):
        return Drafted()
    draft = Draft(
        trial=trial,
        group=group,
        candidates=(candidate,),
        about=(candidate.name,),
        targets={candidate.name: top},
        bounds={},
    )
    return Drafted(draft=draft)


def _over_its_major(trial: Trial, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Drafted:
    """By itself if that has a lock, else with what must follow; last of all where something goes back."""
    bounds = {other.name: other.free_range for other in others if not other.may_cross}
    bounds[candidate.name] = candidate.next_majors
    asked = _ask_for_major(trial, candidate, others, bounds)
    answer, failed = asked.answers[-1], unanswered(*asked.answers)
    if not isinstance(answer, Locked):
        return Drafted(reasons=_said_of(candidate, answer), unanswered=failed)
    trial, versions = asked.trial, locked_versions(answer.lock)
    moved = (candidate, *_companions(candidate, others, versions))
    targets = {one.name: one.goal_in(versions) for one in moved}
    if not all(one.can_be_required(targets[one.name]) for one in moved):
        reason = "its requirement, or one that must follow, is not rewritten"
        return Drafted(reasons={candidate.name: reason}, unanswered=failed)
    draft = Draft(trial=trial, group=group, candidates=moved, about=(candidate.name,), targets=targets, bounds=bounds)
    return Drafted(draft=draft, unanswered=failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was answered in turn, the last of it in ``trial``."""

    trial: Trial
    answers: tuple[Answer, ...]


def _ask_for_major(trial: Trial, candidate: Candidate, others: Sequence[Candidate], bounds: Specifiers) -> _Asked:
    freed = free_all(others)
    alone = {name: specifier for name, specifier in freed.items() if name == candidate.name}
    answers: list[Answer] = []
    for one in (trial, trial.going_back()):
        for loosened in (alone, freed):
            answers.append(one.what_if([candidate.name], loosened=loosened, bounds=bounds))
            if _is_worth_it(one, candidate, answers[-1]):
                return _Asked(trial=one, answers=tuple(answers))
        if not is_held_by_floors(answers[-1], candidate, trial):
            break
    refused = [one for one in answers[:2] if not isinstance(one, Locked)]
    return _Asked(trial=trial, answers=tuple(refused) or (_NOT_WORTH_IT,))


def _companions(candidate: Candidate, others: Iterable[Candidate], versions: LockedVersions) -> tuple[Candidate, ...]:
    """The other direct packages that the answer took out of what their requirements admit."""
    return tuple(one for one in others if one is not candidate and not one.admits(one.highest_in(versions)))


def free_all(candidates: Iterable[Candidate]) -> Specifiers:
    """Every requirement that may be rewritten, loosened as far as the configuration lets it go."""
    return {candidate.name: candidate.free_range for candidate in candidates if not candidate.is_fixed}
