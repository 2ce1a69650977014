"""What a search gives: packages that may move, where to, and the specifiers to write for that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet

from bot.lockfile.model import Requirement
from bot.manifest.edit import SpecifierEdit
from bot.plan.candidates import Candidate, Targets
from bot.plan.loosening import Specifiers, next_major
from bot.plan.policy import Group, is_same_major
from bot.plan.trial import Trial, Unanswered
from bot.plan.worlds.holdings import Holdings, name_of
from bot.resolver.lock import Locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one unit contributes to a group: the packages that may move, where to, and the specifiers for that.

    ``about`` names those of them that the group is about, others follow; ``also`` others that have to be let loose for
    it. ``bounds`` hold for the solve that makes the lock, ``forked`` in some of its forks. ``everything``: lock
    maintenance, where ``kept`` stay as locked; ``told`` are the reasons.
    """

    trial: Trial
    group: Group
    candidates: tuple[Candidate, ...] = ()
    about: tuple[str, ...] = ()
    targets: Targets
    bounds: Specifiers
    forked: tuple[Requirement, ...] = ()
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
        return replace(self, targets=moves_of(self.candidates, self.trial.holdings_of(locked.lock)))

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
            bounds={**self.bounds, name: majors_kept(self.trial)[name]},
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


def majors_kept(trial: Trial) -> dict[str, SpecifierSet]:
    """Every direct package inside the major that it is locked in."""
    ends = {name: next_major(versions[-1]) for name, versions in trial.direct.items()}
    return {name: SpecifierSet(f"<{end}" if end else "") for name, end in ends.items()}


def moves_of(candidates: Iterable[Candidate], holdings: Holdings) -> Targets:
    """The targets of what lies above what is locked."""
    return {row: target for candidate in candidates for row, target in candidate.moves_in(holdings).items()}
