"""What an answer of the solver is worth: whether the price is too high, and what holds a package where there is none."""

from __future__ import annotations

from bot.plan.candidates import Candidate
from bot.plan.changes import moved_back
from bot.plan.policy import update_kind
from bot.plan.trial import Answer, Impossible, Trial
from bot.ports.run import UpdateKind
from bot.resolver.lock import Locked

_SIZES = {UpdateKind.PATCH: 0, UpdateKind.MINOR: 1, UpdateKind.MAJOR: 2}


def is_worth_it(trial: Trial, candidate: Candidate, answer: Answer) -> bool:
    """Whether it is a lock in which no direct package loses as much as this one gains: what undid that would come next."""
    if not isinstance(answer, Locked):
        return False
    gain = _SIZES[update_kind(candidate.current[-1], candidate.highest_in(trial.holdings_of(answer.lock)))]
    lost = [one for one in moved_back(trial.base.lock, answer.lock) if one.name in trial.direct]
    return all(_SIZES[update_kind(one.before[-1], one.after[-1])] < gain for one in lost)


def is_held_by_floors(answer: Answer, candidate: Candidate, trial: Trial) -> bool:
    """Whether the bound of another package's present version takes part in the contradiction."""
    return isinstance(answer, Impossible) and bool({*answer.asked} & {*trial.floors} - {candidate.name})
