"""Lock maintenance: everything moves but what rules keep, and what can't be had; that stays as locked, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet

from bot.errors import BuildRequiredError
from bot.lockfile.model import Lock
from bot.plan.candidates import Candidate
from bot.plan.loosening import Specifiers
from bot.plan.policy import Group
from bot.plan.rules import as_locked
from bot.plan.search import Draft, Drafted
from bot.plan.trial import Answer, Impossible, NoLock, Trial, Unanswered, to_be_built
from bot.plan.worlds.holdings import locked_versions
from bot.resolver.lock import Locked

#: How often something more is kept as locked before maintenance is given up.
_ROUNDS = 12


def draft_maintenance(trial: Trial, group: Group, candidates: Sequence[Candidate]) -> Drafted:
    """The most that can be refreshed: what stands in the way stays as it is locked, and so does what hangs on it."""
    bounds = _bounds(candidates)
    kept: dict[str, str] = {}
    for left in reversed(range(_ROUNDS)):
        answer = refresh(trial, bounds, kept, {})
        if isinstance(answer, Locked):
            return Drafted(draft=_draft(trial, group, bounds, kept, answer.lock))
        more = _to_keep(trial, answer, kept) if left else {}
        if not more:
            return _failed(trial, answer)
        kept = {**kept, **more}
    raise AssertionError("the last round returns")


def refresh(trial: Trial, bounds: Specifiers, kept: Iterable[str], texts: Mapping[str, str]) -> Answer:
    """The lock where everything moves but ``kept`` and what rules keep where it is, beside other files' new ``texts``."""
    still = [name for name, rule in trial.rules.items() if rule.is_still]
    return trial.refreshed(bounds, sorted({*still, *kept}), texts)


def _draft(trial: Trial, group: Group, bounds: Specifiers, kept: Mapping[str, str], lock: Lock) -> Draft:
    return Draft(
        trial=trial,
        group=group,
        targets={},
        bounds=bounds,
        everything=True,
        kept=tuple(kept),
        told={**_yanked(trial, lock), **_needed_by_believed(trial), **kept},
    )


def _needed_by_believed(trial: Trial) -> Mapping[str, str]:
    """What the lock's word holds, of which there is something newer."""
    return {
        name: f"{believed} needs it, and it can't be read which other versions would do"
        for believed in sorted(trial.sources.guessed)
        for name in sorted(set(_dependencies(trial.base.lock, believed)) & set(trial.current))
        if trial.newest(name) > trial.current[name][-1]
    }


def _yanked(trial: Trial, lock: Lock) -> Mapping[str, str]:
    """What even maintenance leaves on a version that was taken back."""
    after = locked_versions(lock)
    return trial.withdrawn({name: versions for name, versions in trial.current.items() if after.get(name) == versions})


def _failed(trial: Trial, answer: NoLock) -> Drafted:
    """What is no longer to be had says more than what follows from that."""
    if isinstance(answer, Unanswered):
        return Drafted(unanswered=(answer,))
    gone = _withdrawn(trial, answer.packages)
    return Drafted(failure=", ".join(f"{why} ({name})" for name, why in gone.items()) or answer.reason)


def _withdrawn(trial: Trial, names: Iterable[str]) -> Mapping[str, str]:
    return trial.withdrawn({name: trial.current[name] for name in names if name in trial.current})


def _bounds(candidates: Iterable[Candidate]) -> Specifiers:
    """Who was declined or may not cross its major does not do so here either."""
    return {
        one.name: as_locked(one.current) if one.is_declined else _range(one) for one in candidates if one.is_everywhere
    }


def _range(candidate: Candidate) -> SpecifierSet:
    """Inside its major where a major step is a proposal of its own."""
    is_apart = any(group.is_major for group in candidate.groups)
    return candidate.range_inside if is_apart else candidate.free_range


def _to_keep(trial: Trial, answer: Answer, kept: Mapping[str, str]) -> Mapping[str, str]:
    """What to keep as locked so that the others can move; nothing where the answer blames no locked package."""
    if not isinstance(answer, Impossible):
        return {}
    if answer.build is not None:
        return _beside_a_build(trial.base.lock, answer.build, kept)
    blamed = [name for name in answer.packages if name in trial.current and name not in kept]
    return _withdrawn(trial, blamed) or dict.fromkeys(blamed, "others hold it")


def _beside_a_build(lock: Lock, error: BuildRequiredError, kept: Mapping[str, str]) -> Mapping[str, str]:
    """The package itself, else what it depends on, else who needs it."""
    locked = {package.name for package in lock.packages}
    what = f"{error.package} {error.version or ''}".rstrip()
    if error.package in locked and error.package not in kept:
        return {error.package: to_be_built(error)}
    beside = sorted({*_dependencies(lock, error.package)} - {*kept})
    if error.package in locked and beside:
        return dict.fromkeys(beside, f"{what} needs it, and only a build could tell which other versions would do")
    askers = (one.partition(" ")[0] for one in reversed(error.needed_by))
    asker = next((name for name in askers if name in locked and name not in kept), None)
    return {} if asker is None else {asker: f"a newer one needs {what}, which would have to be built: {error.why}"}


def _dependencies(lock: Lock, name: str) -> Iterator[str]:
    for package in lock.packages:
        if package.name == name:
            for edges in (package.dependencies, *package.optional_dependencies.values()):
                yield from (edge.name for edge in edges)
