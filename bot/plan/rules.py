"""What the configuration keeps where it is, as bounds for the solver: they hold in every proposal, lock maintenance too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import Lock, RegistryRequirement, Requirement
from bot.markers import TRUE
from bot.plan.loosening import Specifiers, next_major
from bot.plan.policy import Decision, Rejected, decide_group, decide_indirect, is_same_major, update_kind
from bot.plan.standings import Standings
from bot.plan.unit import declarations_by_name
from bot.plan.worlds.holdings import Holdings, locked_versions
from bot.ports.run import UpdateKind
from bot.repoconfig.model import RepoConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a package may be, and the clause that says why. ``is_still``: only where it is; ``bound`` None: not versioned.

    ``lower``: where it may be in the forks that hold a lower version than the highest.
    """

    bound: SpecifierSet | None
    reason: str
    is_still: bool = False
    lower: tuple[tuple[Version, SpecifierSet], ...] = ()

    def told(self, name: str) -> str:
        """The rule as a clause about the package."""
        where = "stays as it is" if self.is_still else f"is kept {self.bound}"
        return f"{name} {where}: {self.reason}"


_Decide = Callable[[UpdateKind], Decision | None]


def find_rules(lock: Lock, config: RepoConfig, standings: Standings) -> Mapping[str, Rule]:
    """The rule of every locked package that the configuration does not let go anywhere."""
    declared, versions = declarations_by_name(standings.unit.declarations), locked_versions(lock)
    found: dict[str, Rule] = {}
    for name in dict.fromkeys(package.name for package in lock.packages):
        rows, standing = declared.get(name), standings.of(name)
        decide: _Decide = (
            partial(decide_group, config, name, rows, standing=standing)
            if rows
            else partial(decide_indirect, config, name, standing=standing)
        )
        locked = versions.get(name, ())
        rule = _rule(locked, decide)
        if rule is not None:
            found[name] = replace(rule, lower=tuple(_lower(locked[:-1], decide)))
    return found


def _lower(versions: Sequence[Version], decide: _Decide) -> Iterator[tuple[Version, SpecifierSet]]:
    for version in versions:
        rule = _rule((version,), decide)
        if rule is not None and rule.bound is not None:
            yield version, rule.bound


def fork_bounds(rules: Mapping[str, Rule], holdings: Holdings) -> tuple[Requirement, ...]:
    """What the rules say of forks that hold a lower version than the highest, which bounds their package everywhere."""
    found = (
        (name, bound, holdings.forks_of(name, [version]))
        for name, rule in rules.items()
        for version, bound in rule.lower
        if bound != rule.bound
    )
    return tuple(
        Requirement(name=name, marker=marker, source=RegistryRequirement(specifier=bound))
        for name, bound, marker in found
        if marker is not TRUE
    )


def majors_of_forks(bounds: Specifiers, holdings: Holdings) -> tuple[Requirement, ...]:
    """Of packages that stay in their major, the forks that are in an older one stay in theirs."""
    staying = [
        (name, versions)
        for name in bounds
        if len(versions := holdings.versions.get(name, ())) > 1 and _keeps_major(bounds[name], versions[-1])
    ]
    ends = [
        (name, next_major(one), holdings.forks_of(name, [one]))
        for name, versions in staying
        for one in versions[:-1]
        if not is_same_major(one, versions[-1])
    ]
    return tuple(
        Requirement(name=name, marker=marker, source=RegistryRequirement(specifier=SpecifierSet(f"<{end}")))
        for name, end, marker in ends
        if end is not None and marker is not TRUE
    )


def _keeps_major(bound: SpecifierSet, version: Version) -> bool:
    end = next_major(version)
    return end is not None and not bound.contains(Version(end), prereleases=True)


def as_locked(versions: Sequence[Version]) -> SpecifierSet:
    """The bound that keeps a package at its locked versions."""
    low, high = versions[0].public, versions[-1].public
    return SpecifierSet(f"=={low}" if low == high else f">={low},<={high}")


def _rule(versions: Sequence[Version], decide: _Decide) -> Rule | None:
    patch = decide(UpdateKind.PATCH)
    if isinstance(patch, Rejected):
        return Rule(bound=as_locked(versions) if versions else None, reason=patch.reason, is_still=True)
    for limit in _limits(versions[-1]) if versions else ():
        decision = decide(update_kind(versions[-1], Version(limit)))
        if isinstance(decision, Rejected):
            return Rule(bound=SpecifierSet(f"<{limit}"), reason=decision.reason)
    return None


def _limits(top: Version) -> Iterator[str]:
    epoch = f"{top.epoch}!" if top.epoch else ""
    yield f"{epoch}{top.major}.{top.minor + 1}"
    yield from filter(None, (next_major(top),))
