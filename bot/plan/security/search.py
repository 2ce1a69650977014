"""The way of one affected package to a version that nothing is known of: the solver is asked, the smallest move first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.advisories.findings import Locked
from bot.lockfile.model import RegistryRequirement, Requirement
from bot.markers import TRUE, Marker
from bot.plan.available import find_usable
from bot.plan.candidates import Candidate
from bot.plan.loosening import Loosened, registry_sources
from bot.plan.policy import Group
from bot.plan.proposals.majors import free_all
from bot.plan.proposals.repository import Workload
from bot.plan.security.known import Known
from bot.plan.trial import Impossible, NoLock, Trial, Unanswered
from bot.resolver import lock
from bot.resolver.model.index import IndexPort

SECURITY = Group(key="security", name="security", is_security=True)

#: So many versions of one package are tried.
_TRIES = 12
#: So often something that a move brings along is shut out.
_ROUNDS = 4
#: So many questions may go without an answer (a search that took too long, an index that is down) before it is given up.
_PATIENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it is mended: in which proposal, by the lowest version that does it or the ``is_highest``, which has to be so
    old."""

    group: Group = SECURITY
    is_highest: bool = False
    age: timedelta | None = None


PLAIN = Manner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a unit has got to: bounds of this run by package (``forked`` in some forks alone), requirements that have to
    follow, packages that may move."""

    bounds: Mapping[str, SpecifierSet] = field(default_factory=dict)
    forked: tuple[Requirement, ...] = ()
    loosened: Loosened = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    names: frozenset[str] = frozenset()
    is_back: bool = False
    locked: lock.Locked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A version to try. ``is_back``: others may go back for it; ``is_wide``: the other requirements are let loose."""

    version: Version
    is_back: bool
    is_wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fork:
    """The ``place`` in the lock that holds an affected version, and what its ``others`` keep."""

    version: Version
    place: Marker
    others: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The way to a version of one package that is free of what is known."""

    workload: Workload
    known: Known
    index: IndexPort
    manner: Manner
    name: str
    step: Step

    def best(self) -> Step | NoLock:
        """The step with the smallest move, or why there is none."""
        rule = self.workload.trial.rules.get(self.name)
        if rule is not None and rule.is_still:
            return Impossible(reason=rule.told(self.name))
        free = self._free()
        apart = self._fork_by_fork(free)
        return apart if apart is not None else self._first(self._everywhere(free), self._try)

    def _first(self, ways: Iterable[_Way], take: Callable[[_Way], Step | NoLock]) -> Step | NoLock:
        """The first of the ways that leads to a lock; else why the first one does not."""
        refused: NoLock | None = None
        silent = 0
        for way in ways:
            answer = take(way)
            if isinstance(answer, Step):
                return self._lowered(answer) if way.is_wide else answer
            refused = refused or answer
            silent += isinstance(answer, Unanswered)
            if silent >= _PATIENCE:
                return answer
        return refused or Impossible(reason=self._why_none_is_free())

    def _everywhere(self, free: Sequence[Version]) -> Iterator[_Way]:
        """One version for the whole lock."""
        above = [one for one in free if one > self.current[-1]]
        below = [one for one in reversed(free) if one < self.current[0]]
        return self._ways(above, below)

    def _ways(self, above: Sequence[Version], below: Sequence[Version]) -> Iterator[_Way]:
        """The smallest move first: upwards, with others let loose, with others going back; then back itself."""
        up = (above[::-1] if self.manner.is_highest else above)[:_TRIES]
        down = below[:_TRIES]
        for versions, is_back, is_wide in (
            (up, False, False),
            (up, False, True),
            (up, True, True),
            (down, True, False),
            (down, True, True),
        ):
            yield from (_Way(version=one, is_back=is_back or self.step.is_back, is_wide=is_wide) for one in versions)

    @property
    def current(self) -> tuple[Version, ...]:
        return self.workload.trial.current[self.name]

    # --- forks ---

    def _fork_by_fork(self, free: Sequence[Version]) -> Step | None:
        """Where the lock holds several versions: each affected one by the smallest move of its own, the others stay.

        ``None``: the lock does not part them by markers, or it can't be had.
        """
        holdings = self.workload.trial.holdings
        places = {one: holdings.forks_of(self.name, [one]) for one in self.current}
        if len(places) < 2 or any(place is TRUE for place in places.values()):
            return None
        kept = {one: self._only_in(place, one) for one, place in places.items()}
        step = self.step
        for version in [one for one in self.current if self.known.findings(self.name, one)]:
            others = [row for one, row in kept.items() if one != version]
            ways = self._ways([one for one in free if one > version], [one for one in reversed(free) if one < version])
            fork = _Fork(version=version, place=places[version], others=tuple(others))
            found = replace(self, step=step)._first(ways, partial(self._try_in, fork))
            if not isinstance(found, Step):
                return None
            step, kept[version] = found, found.forked[-1]
        return step

    def _only_in(self, place: Marker, version: Version) -> Requirement:
        exactly = SpecifierSet(f"=={version.public}")
        return Requirement(name=self.name, marker=place, source=RegistryRequirement(specifier=exactly))

    def _try_in(self, fork: _Fork, way: _Way) -> Step | NoLock:
        """The same lock with this version in one of its forks."""
        own = [one for one in self.workload.candidates if one.name == self.name and fork.version in one.current]
        refused = self._refused(way, own)
        if refused is not None:
            return refused
        base = replace(self.step, forked=(*fork.others, self._only_in(fork.place, way.version)))
        # Which version each fork gets, the constraints say.
        return self._ask(self._stepped(way, own, SpecifierSet(), base))

    # --- versions ---

    def _free(self) -> Sequence[Version]:
        """The versions that nothing is known of and that the configuration admits, ascending."""
        rule = self.workload.trial.rules.get(self.name)
        bound = SpecifierSet() if rule is None or rule.bound is None else rule.bound
        found = self._unknown(self.workload.trial.permitted or self.index)
        return [one for one in found if bound.contains(one, prereleases=True)]

    def _unknown(self, index: IndexPort) -> Sequence[Version]:
        """The versions of an index that nothing is known of."""
        trial = self.workload.trial
        sources = registry_sources(trial.request).get(self.name, ())
        versions = find_usable(trial.request, index, self.name, sources, self.current)
        return [one for one in versions if not self.known.findings(self.name, one)]

    def _why_none_is_free(self) -> str:
        """The configuration's part in it, where it has one."""
        trial = self.workload.trial
        others = [one for one in self._unknown(self.index) if one not in self.current]
        if not others:
            return f"no version of {self.name} is free of it"
        rule = trial.rules.get(self.name)
        told = [
            *(trial.permitted.tell([self.name]) if trial.permitted else ()),
            *([rule.told(self.name)] if rule else []),
        ]
        return "; ".join(told) or f"no version of {self.name} that is free of it can be had"

    def _lowered(self, step: Step) -> Step:
        """The same where direct packages that had to move along go no further than they must."""
        for candidate in step.candidates:
            if candidate.name not in {*step.bounds, self.name} and candidate.is_everywhere:
                step = self._lowest(candidate, step)
        return step

    def _lowest(self, candidate: Candidate, step: Step) -> Step:
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
            if isinstance(answer, Step):
                step, high = answer, middle
            else:
                low = middle + 1
        return step

    def _trial(self, *, is_back: bool) -> Trial:
        return self.workload.trial.going_back() if is_back else self.workload.trial

    def _try(self, way: _Way) -> Step | NoLock:
        """The same lock with this version."""
        own = [one for one in self.workload.candidates if one.name == self.name]
        refused = self._refused(way, own)
        if refused is not None:
            return refused
        exactly = SpecifierSet(f"=={way.version}")
        base = replace(self.step, bounds={**self.step.bounds, self.name: exactly})
        return self._ask(self._stepped(way, own, exactly, base))

    def _refused(self, way: _Way, own: Sequence[Candidate]) -> Impossible | None:
        found = (one.not_rewritten(way.version) for one in own if not one.can_be_required(way.version))
        reason = next(found, None)
        return None if reason is None else Impossible(reason=reason)

    def _ask(self, step: Step) -> Step | NoLock:
        """The lock of a step; again without what it would bring along that is affected itself."""
        trial = self._trial(is_back=step.is_back)
        for _ in range(_ROUNDS):
            # Rules hold for all: nothing is asked for by name that one of them forbids.
            answer = trial.what_if(
                sorted(step.names), loosened=step.loosened, bounds=step.bounds, about=(), forked=step.forked
            )
            if not isinstance(answer, lock.Locked):
                return answer
            brought = _brought(trial, answer, self.known)
            if not brought:
                return replace(step, locked=answer)
            step = _without(step, brought)
        return Impossible(reason="with it comes what is affected itself")

    def _stepped(self, way: _Way, own: Sequence[Candidate], wanted: SpecifierSet, base: Step) -> Step:
        """``wanted`` stands in place of what shuts the version out."""
        loosened = {key: wanted for one in own if not one.admits(way.version) for key in one.loosened(wanted)}
        others = [one for one in self.workload.candidates if one.name != self.name] if way.is_wide else []
        return replace(
            base,
            loosened={**free_all(others), **self.step.loosened, **loosened},
            candidates=_joined(self.step.candidates, own, others),
            names=self.step.names | {self.name},
            is_back=way.is_back,
        )


def _brought(trial: Trial, answer: lock.Locked, known: Known) -> Sequence[Locked]:
    """What a lock has that the present one does not, and of which something is known."""
    new = [one for one in known.packages(answer.lock) if one.version not in trial.current.get(one.name, ())]
    known.learn(one.name for one in new)
    return [one for one in new if known.findings(one.name, one.version)]


def is_free(answer: lock.Locked, name: str, known: Known) -> bool:
    """Whether nothing is known of a package as a lock has it."""
    versions = [one.version for one in answer.lock.packages if one.name == name and one.version is not None]
    return not any(known.findings(name, one) for one in versions)


def _joined(*several: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """All of them, each once."""
    found: list[Candidate] = []
    for one in (one for candidates in several for one in candidates):
        if not any(one is other for other in found):
            found.append(one)
    return tuple(found)


def _without(step: Step, brought: Iterable[Locked]) -> Step:
    bounds = dict(step.bounds)
    for one in brought:
        bounds[one.name] = bounds.get(one.name, SpecifierSet()) & SpecifierSet(f"!={one.version}")
    return replace(step, bounds=bounds, names=step.names | {one.name for one in brought})
