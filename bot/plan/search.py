"""How far a group of packages can go together: the solver is asked with loosened requirements, and believed.

Two questions. *Jointly* (non-major and named groups): loosen every requirement of the group, up to the major where it
says so, and take what comes out. *A major step*: ask for the next major at least; where that fails, let the other
direct requirements move with it, so that what must move together does. Truth is always the solver's answer; the
specifiers that are written follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.edit import SpecifierEdit, specifier_of
from bot.plan.candidates import Candidate, changed_texts
from bot.plan.loosening import Windows, floor_window, next_major
from bot.plan.policy import Group
from bot.plan.trial import Bench, Impossible
from bot.plan.unit import locked_versions
from bot.resolver.lock import Locked

#: How many packages that stayed behind are asked for by name in one group.
CLIMB_LIMIT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one unit contributes to a group: the packages that may move, where to, and the specifiers for that.

    ``bounds`` hold for the solve that makes the lock. ``everything``: lock maintenance.
    """

    bench: Bench
    group: Group
    candidates: tuple[Candidate, ...] = ()
    targets: Mapping[str, Version]
    bounds: Windows
    everything: bool = False

    @property
    def edits(self) -> tuple[SpecifierEdit, ...]:
        """The specifiers to write for the targets."""
        return tuple(edit for candidate in self.candidates for edit in self._edits_of(candidate))

    def _edits_of(self, candidate: Candidate) -> Iterable[SpecifierEdit]:
        target = self.targets.get(candidate.name)
        texts = None if target is None else changed_texts(candidate, target)
        return [SpecifierEdit(declaration=row, specifier=text) for row, text in (texts or {}).items()]

    def reaching(self, locked: Locked) -> Draft:
        """The same draft with what a lock really holds as its targets."""
        return replace(self, targets=_moved(self.candidates, locked))

    def without(self, name: str) -> Draft:
        """The same draft with one package staying as it is."""
        return replace(
            self,
            candidates=tuple(one for one in self.candidates if one.name != name),
            targets={key: version for key, version in self.targets.items() if key != name},
            bounds={**self.bounds, name: _caps(self.bench)[name]},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A step that has no lock, with the solver's reason."""

    candidate: Candidate
    reason: str


def draft_jointly(
    bench: Bench, group: Group, candidates: Sequence[Candidate]
) -> tuple[Draft | None, Mapping[str, str]]:
    """The most that these packages can move together, ``None`` when nothing moves; and why others stay, by name."""
    kept, locked = _workable(bench, group, list(candidates), [])
    if locked is None:
        return None, {}
    climb = _climb(bench, group, kept, locked)
    targets = _moved(kept, climb.locked)
    return Draft(bench=bench, group=group, candidates=tuple(kept), targets=targets, bounds=climb.bounds), climb.reasons


def draft_major(bench: Bench, group: Group, candidate: Candidate, others: Sequence[Candidate]) -> Draft | Blocked:
    """The step of one package over its major, with the direct packages that must come along."""
    wanted = candidate.groups[group]
    if candidate.admits(wanted):
        draft = _inside(bench, group, candidate)
        if draft is not None:
            return draft
    elif _is_stuck(candidate, wanted):
        return Blocked(candidate=candidate, reason=_not_rewritten(candidate))
    bounds = {other.name: _loose(other) for other in others if not other.may_cross}
    bounds[candidate.name] = _step(candidate)
    loosened = {other.name: _loose(other) for other in others if not other.is_fixed}
    alone = {name: window for name, window in loosened.items() if name == candidate.name}
    answer = bench.what_if([candidate.name], windows=alone, bounds=bounds)
    if isinstance(answer, Impossible):
        answer = bench.what_if([candidate.name], windows=loosened, bounds=bounds)
    if isinstance(answer, Impossible):
        return Blocked(candidate=candidate, reason=answer.reason)
    moved = (candidate, *_companions(candidate, others, answer))
    targets = {one.name: _goal(one, answer) for one in moved}
    if any(changed_texts(one, targets[one.name]) is None for one in moved):
        return Blocked(candidate=candidate, reason="its requirement, or one that must follow, is not rewritten")
    return Draft(bench=bench, group=group, candidates=moved, targets=targets, bounds=bounds)


def draft_maintenance(bench: Bench, group: Group) -> Draft:
    return Draft(bench=bench, group=group, targets={}, bounds={}, everything=True)


def explain_held_back(bench: Bench, candidate: Candidate, others: Sequence[Candidate]) -> str:
    """Why the newest version is out of reach even when every other direct requirement may move."""
    if _is_stuck(candidate, candidate.latest):
        return _not_rewritten(candidate)
    windows = {other.name: _loose(other) for other in others if not other.is_fixed}
    bounds = {candidate.name: SpecifierSet(f"=={candidate.latest.public}")}
    answer = bench.what_if([candidate.name], windows=windows, bounds=bounds)
    if isinstance(answer, Impossible):
        return answer.reason
    return "it can be had, but not together with the newest versions of other packages"


# --- joint steps ----------------------------------------------------------------------------------


def _workable(
    bench: Bench, group: Group, wanted: list[Candidate], accepted: list[Candidate]
) -> tuple[list[Candidate], Locked | None]:
    """The packages that can be let loose together. Normally all; after a failure, halves are tried in turn."""
    together = accepted + wanted
    answer = bench.what_if(
        [candidate.name for candidate in together],
        windows=_windows(together, group),
        bounds=_bounds(bench, together, group),
    )
    if not isinstance(answer, Impossible):
        return together, answer
    if len(wanted) <= 1:
        return accepted, None
    middle = len(wanted) // 2
    first, locked = _workable(bench, group, wanted[:middle], accepted)
    second, more = _workable(bench, group, wanted[middle:], first)
    return second, more or locked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    locked: Locked
    bounds: Windows
    reasons: Mapping[str, str]


def _climb(bench: Bench, group: Group, kept: Sequence[Candidate], locked: Locked) -> _Climb:
    """Ask for the wanted version of each package that stayed below it.

    A search keeps what the lock has wherever that fits, also where it keeps a direct package back; asked for by name,
    the direct package wins, unless another one of the group would lose.
    """
    names = [candidate.name for candidate in kept]
    windows = _windows(kept, group)
    bounds = _bounds(bench, kept, group)
    reasons: dict[str, str] = {}
    short = [candidate for candidate in kept if _goal(candidate, locked) < candidate.groups[group]]
    for candidate in short[:CLIMB_LIMIT]:
        wanted = candidate.groups[group]
        raised = bounds | {candidate.name: _bound_from(wanted, candidate, group)}
        answer = bench.what_if(names, windows=windows, bounds=raised)
        if isinstance(answer, Impossible):
            reasons[candidate.name] = answer.reason
            continue
        losers = [other for other in kept if _goal(other, answer) < _goal(other, locked)]
        if losers:
            reasons[candidate.name] = _trade(losers, locked, answer)
        else:
            bounds, locked = raised, answer
    return _Climb(locked=locked, bounds=bounds, reasons=reasons)


def _trade(losers: Sequence[Candidate], locked: Locked, answer: Locked) -> str:
    listed = ", ".join(f"{one.name} {_goal(one, answer)} instead of {_goal(one, locked)}" for one in losers)
    return f"it can be had only with {listed}"


def _windows(candidates: Iterable[Candidate], group: Group) -> Windows:
    """Loosened specifiers for who could not get to the wanted version otherwise."""
    return {
        candidate.name: _bound(candidate, group)
        for candidate in candidates
        if not candidate.admits(candidate.groups[group]) and not _is_stuck(candidate, candidate.groups[group])
    }


def _bounds(bench: Bench, candidates: Iterable[Candidate], group: Group) -> dict[str, SpecifierSet]:
    """The group's own bounds; every other direct package stays inside its major."""
    return {**_caps(bench), **{candidate.name: _bound(candidate, group) for candidate in candidates}}


def _caps(bench: Bench) -> dict[str, SpecifierSet]:
    current = bench.current
    return {name: floor_window(current[name][0], (), next_major(current[name][-1])) for name in bench.floors}


def _bound(candidate: Candidate, group: Group) -> SpecifierSet:
    """Never back, and not over the major unless the group takes it there."""
    return _bound_from(candidate.current[0], candidate, group)


def _bound_from(floor: Version, candidate: Candidate, group: Group) -> SpecifierSet:
    wanted = candidate.groups[group]
    top = candidate.current[-1]
    stays = (wanted.epoch, wanted.major) == (top.epoch, top.major)
    return floor_window(floor, candidate.specifiers, next_major(top) if stays else None)


def _moved(candidates: Iterable[Candidate], locked: Locked) -> Mapping[str, Version]:
    goals = {candidate.name: _goal(candidate, locked) for candidate in candidates}
    return {one.name: goals[one.name] for one in candidates if goals[one.name] > one.current[-1]}


def _goal(candidate: Candidate, locked: Locked) -> Version:
    """The version to write specifiers for: the highest, unless they would shut out what another fork is locked to."""
    versions = locked_versions(locked.lock).get(candidate.name, candidate.current)
    texts = changed_texts(candidate, versions[-1])
    if texts is None or len(versions) == 1:
        return versions[-1]
    written = [SpecifierSet(texts.get(row, specifier_of(row.text))) for row in candidate.declarations]
    fits = all(one.contains(version, prereleases=True) for one in written for version in versions)
    return versions[-1] if fits else versions[0]


def _is_stuck(candidate: Candidate, version: Version) -> bool:
    """Whether its requirements can't be made to admit the version."""
    return changed_texts(candidate, version) is None


# --- major steps ----------------------------------------------------------------------------------


def _inside(bench: Bench, group: Group, candidate: Candidate) -> Draft | None:
    """A major that the requirements admit already: the lock alone moves, if it does by itself."""
    answer = bench.what_if([candidate.name], windows={}, bounds={})
    if isinstance(answer, Impossible):
        return None
    top = _top(candidate, answer)
    if (top.epoch, top.major) == (candidate.current[-1].epoch, candidate.current[-1].major):
        return None
    return Draft(bench=bench, group=group, candidates=(candidate,), targets={candidate.name: top}, bounds={})


def _not_rewritten(candidate: Candidate) -> str:
    return f"its requirement ({_spoken(candidate)}) does not admit it and is not rewritten"


def _companions(candidate: Candidate, others: Iterable[Candidate], locked: Locked) -> tuple[Candidate, ...]:
    """The other direct packages that the answer took out of what their requirements admit."""
    return tuple(other for other in others if other is not candidate and not other.admits(_top(other, locked)))


def _step(candidate: Candidate) -> SpecifierSet:
    floor = Version(next_major(candidate.current[-1]))
    return floor_window(floor, candidate.specifiers)


def _loose(candidate: Candidate) -> SpecifierSet:
    below = None if candidate.may_cross else next_major(candidate.current[-1])
    return floor_window(candidate.current[0], candidate.specifiers, below)


def _top(candidate: Candidate, locked: Locked) -> Version:
    versions = locked_versions(locked.lock).get(candidate.name)
    return versions[-1] if versions else candidate.current[-1]


def _spoken(candidate: Candidate) -> str:
    return ", ".join(sorted({str(row.requirement.specifier) or "any version" for row in candidate.declarations}))
