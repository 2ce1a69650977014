"""The most that the packages of a group can move together: non-major and named groups.

Every requirement of the group is loosened, up to the major where the group says so, and what comes out is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import Lock
from bot.plan.candidates import Candidate, bounds_in
from bot.plan.changes import left_majors, moved_back
from bot.plan.loosening import Specifiers
from bot.plan.policy import Group, apart_group
from bot.plan.proposals.draft import Draft, Drafted, majors_kept, moves_of
from bot.plan.proposals.worth import is_worth_it
from bot.plan.rules import majors_of_forks
from bot.plan.trial import Answer, Trial, Unanswered, unanswered
from bot.plan.worlds.holdings import Holdings
from bot.resolver.lock import Locked

#: How many packages that stayed behind are asked for by name in one group.
CLIMB_LIMIT = 30
#: How many that would take others back are tried by themselves.
BACK_LIMIT = 10


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
        targets=moves_of(workable.kept, climb.holdings),
        bounds=climb.bounds,
    )
    apart = _going_back(trial, group, candidates, climb.holdings)
    return Drafted(
        draft=draft, reasons=climb.reasons, apart=apart, unanswered=(*workable.unanswered, *climb.unanswered)
    )


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
    return {**majors_kept(trial), **bounds_in(candidates, group)}


# --- steps of their own ---------------------------------------------------------------------------


def _going_back(trial: Trial, group: Group, candidates: Sequence[Candidate], best: Holdings) -> tuple[Draft, ...]:
    """Those that get to the group's version only where a fork leaves its older major, or where others go back, each as a
    draft of its own."""
    short = [one for one in candidates if _is_short(one, group, best) and one.can_be_required(one.groups[group])]
    drafts = (_leaving_for(trial, group, one) or _back_for(trial, group, one, best) for one in short[:BACK_LIMIT])
    return tuple(one for one in drafts if one is not None)


def _leaving_for(trial: Trial, group: Group, candidate: Candidate) -> Draft | None:
    """Nothing to ask where no fork is kept in an older major."""
    bounds = _raised(majors_kept(trial), candidate, group)
    if not majors_of_forks(bounds, trial.holdings):
        return None
    return _apart(trial.leaving_forks(), group, candidate, bounds, left_majors)


def _back_for(trial: Trial, group: Group, candidate: Candidate, best: Holdings) -> Draft | None:
    """Nothing to ask where some fork has got to the group's version."""
    if candidate.highest_in(best) >= candidate.groups[group]:
        return None
    bounds = _raised(majors_kept(trial), candidate, group)
    return _apart(trial.going_back(), group, candidate, bounds, moved_back)


def _apart(
    trial: Trial,
    group: Group,
    candidate: Candidate,
    bounds: Specifiers,
    price: Callable[[Lock, Lock], object],
) -> Draft | None:
    """The step by itself, where it has a ``price``."""
    answer = _ask_jointly(trial, group, [candidate], bounds, best_of=candidate)
    if not isinstance(answer, Locked) or not is_worth_it(trial, candidate, answer):
        return None
    if not price(trial.base.lock, answer.lock):
        return None
    return Draft(
        trial=trial,
        group=apart_group(group, candidate.name),
        candidates=(candidate,),
        about=(candidate.name,),
        targets=candidate.targets_in(trial.holdings_of(answer.lock)),
        bounds=bounds,
    )
