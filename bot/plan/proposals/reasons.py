"""Why a version is not reached: what the solver says once everything else may move, or what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.plan.candidates import Candidate
from bot.plan.loosening import Specifiers
from bot.plan.policy import update_kind
from bot.plan.proposals.majors import free_all
from bot.plan.proposals.worth import is_held_by_floors
from bot.plan.trial import Answer, Impossible, Trial, Unanswered, unanswered
from bot.plan.worlds.holdings import Holdings, LockedVersions
from bot.ports.run import UpdateKind
from bot.resolver.lock import Locked

#: So many packages are named as the price.
_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    reason: str
    unanswered: tuple[Unanswered, ...] = ()


def explain_held_back(
    trial: Trial, candidate: Candidate, latest: Version, others: Sequence[Candidate], reached: Mapping[str, Version]
) -> Explained:
    """Why ``latest`` is in no proposal: what shuts it out though every other direct requirement may move, or its price.

    ``reached`` are the highest versions that proposals give each package.
    """
    if candidate.excludes(latest) or not candidate.can_be_required(latest):
        return Explained(reason=candidate.not_rewritten(latest))
    wanted = {candidate.name: SpecifierSet(f"=={latest.public}")}
    answer = _ask(trial, candidate, others, wanted)
    if is_held_by_floors(answer, candidate, trial):
        answer = _ask(trial.going_back(), candidate, others, wanted)
    if not isinstance(answer, Locked):
        reason = "\n".join([answer.reason, *_half_way(trial, candidate, latest, others, reached)])
        return Explained(reason=reason, unanswered=unanswered(answer))
    holdings = trial.holdings_of(answer.lock)
    versions = holdings.versions
    price = list(_price(trial, candidate, others, holdings, reached))
    price = price or list(_dearer(trial, candidate, others, versions, reached, wanted))
    if not price:
        return Explained(reason="it can be had, but not together with the other updates of its proposal")
    return Explained(reason=f"it can be had only with {_listed(price)}")


def _half_way(
    trial: Trial, candidate: Candidate, latest: Version, others: Sequence[Candidate], reached: Mapping[str, Version]
) -> Iterator[str]:
    """What an older one that no proposal reaches either would cost: the newest may be shut out for a reason of its own."""
    best = max(reached.get(candidate.name, candidate.current[-1]), candidate.current[-1])
    bounds = {candidate.name: SpecifierSet(f">{best.public},<{latest.public}")}
    answer = _ask(trial, candidate, others, bounds) if candidate.is_everywhere else None
    if isinstance(answer, Locked):
        holdings = trial.holdings_of(answer.lock)
        price = list(_price(trial, candidate, others, holdings, reached))
        if price:
            yield f"{candidate.name} {holdings.versions[candidate.name][-1]} can be had only with {_listed(price)}"


def _listed(price: Sequence[str]) -> str:
    more = f" and {len(price) - _NAMED} more" if len(price) > _NAMED else ""
    return f"{', '.join(price[:_NAMED])}{more}"


def _ask(trial: Trial, candidate: Candidate, others: Sequence[Candidate], bounds: Specifiers) -> Answer:
    """Where the package has other worlds, its own requirements alone say which version."""
    loosened = dict(free_all(others))
    wanted = bounds.get(candidate.name)
    if wanted is not None and not candidate.is_everywhere:
        bounds = {name: bound for name, bound in bounds.items() if name != candidate.name}
        loosened.update(candidate.loosened(wanted))
    return trial.what_if([candidate.name], loosened=loosened, bounds=bounds)


def _price(
    trial: Trial,
    candidate: Candidate,
    others: Sequence[Candidate],
    holdings: Holdings,
    reached: Mapping[str, Version],
) -> Iterator[str]:
    """What goes back, and which direct packages have to cross their major, or leave what their requirement admits."""
    moved = {one.name for one in others if not one.is_admitted_in(holdings)}
    for name, found in sorted(holdings.versions.items(), key=lambda row: (row[0] not in trial.direct, row[0])):
        if name == candidate.name or name not in trial.current:
            continue
        before = trial.current[name][-1]
        if found[-1] < before:
            yield f"{name} {found[-1]} instead of {before}"
        elif name in trial.direct and update_kind(before, found[-1]) is UpdateKind.MAJOR:
            yield f"the major step of {name} from {before} to {found[-1]}"
        elif name in moved:
            where = ", which another proposal brings" if reached.get(name, before) >= found[-1] else ""
            yield f"{name} {found[-1]} instead of {before}{where}"


def _dearer(
    trial: Trial,
    candidate: Candidate,
    others: Sequence[Candidate],
    versions: LockedVersions,
    reached: Mapping[str, Version],
    wanted: Specifiers,
) -> Iterator[str]:
    """What could not go where proposals take it: those whose bounds contradict the version when all are to be there."""
    best = {name: SpecifierSet(f">={reached[name].public}") for name in trial.direct if name in reached}
    answer = _ask(trial, candidate, others, {**best, **wanted})
    for name in answer.asked if isinstance(answer, Impossible) else ():
        if name != candidate.name and name in reached and name in versions and versions[name][-1] < reached[name]:
            yield f"{name} {versions[name][-1]} instead of {reached[name]}"
