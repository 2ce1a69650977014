"""What keeps one package of a unit from one version, and what would let it go there. The solver is asked; it is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.edit import specifier_of
from bot.manifest.model import Declaration
from bot.plan.loosening import Loosened, range_from
from bot.plan.proposals.majors import free_all
from bot.plan.proposals.repository import Workload
from bot.plan.trial import Answer, Impossible
from bot.plan.unit import declarations_by_name
from bot.plan.worlds.holdings import locked_versions
from bot.resolver.lock import Locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``own``: the requirements of the project itself that shut the version out; ``reason``: the solver's derivation

    without them (``None`` where nothing else holds it), ``by`` the line of it that names the holder. ``moves``: what
    else moves, and where to, where nothing else holds it.
    """

    own: tuple[Declaration, ...] = ()
    reason: str | None = None
    by: str | None = None
    moves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """What would have to be required instead (package -> version), ``None`` where that doesn't help either."""

    companions: Mapping[str, Version] | None


def find_hold(workload: Workload, name: str, version: Version) -> Hold:
    """What keeps a package of the lock from a version that there is."""
    own = _closed(workload, name, version)
    answer = _ask(workload, name, version, _lifted(workload, name) if own else {})
    if isinstance(answer, Locked):
        return Hold(own=own, moves=_moves(workload, name, answer))
    reason = answer.reason
    by = find_holder(reason, name) if isinstance(answer, Impossible) else reason.partition("\n")[0]
    return Hold(own=own, reason=reason, by=by)


def _moves(workload: Workload, name: str, answer: Locked) -> Mapping[str, str]:
    before, after = workload.trial.current, locked_versions(answer.lock)
    moved = [one for one in after if one in before and one != name and after[one] != before[one]]
    return {one: ", ".join(map(str, after[one])) for one in moved}


def find_way_out(workload: Workload, name: str, version: Version) -> WayOut:
    """Whether the version can be had when every other direct requirement may move, and which of them have to."""
    answer = _ask(workload, name, version, {**free_all(workload.candidates), **_lifted(workload, name)})
    if not isinstance(answer, Locked):
        return WayOut(companions=None)
    holdings = workload.trial.holdings_of(answer.lock)
    others = [one for one in workload.candidates if one.name != name and not one.is_admitted_in(holdings)]
    return WayOut(companions={one.name: one.highest_in(holdings) for one in others})


def find_holder(reason: str, name: str) -> str | None:
    """The line of a derivation that bounds the package, in the words that it has there; lockbot's own bounds are none."""
    lines = [line.strip().removeprefix("- ") for line in reason.splitlines()]
    bounding = re.compile(rf"\brequires {re.escape(name)}(?:\[[^\]]*\])? ?[<>=~!]")
    pythons = re.compile(rf"^{re.escape(name)} \S+ needs Python")
    asked = re.compile(r"was asked for")
    for line in lines:
        if (bounding.search(line) or pythons.search(line)) and not asked.search(line):
            return line
    others = [
        line for line in lines if " requires " in line and not line.startswith(f"{name} ") and not asked.search(line)
    ]
    # What the project states of other packages is seldom the culprit, and has its place behind it.
    ordered = sorted(others, key=lambda line: line.endswith(")"))
    return next(iter(ordered), lines[-1] or None)


def _closed(workload: Workload, name: str, version: Version) -> tuple[Declaration, ...]:
    rows = declarations_by_name(workload.trial.unit.declarations).get(name, ())
    return tuple(row for row in rows if not row.requirement.specifier.contains(version, prereleases=True))


def _lifted(workload: Workload, name: str) -> Loosened:
    rows = declarations_by_name(workload.trial.unit.declarations).get(name, ())
    current = workload.trial.current.get(name)
    if not rows or not current:
        return {}
    wide = range_from(current[0], [row.requirement.specifier for row in rows])
    return {(name, row.requirement.specifier): wide for row in rows}


def _ask(workload: Workload, name: str, version: Version, loosened: Loosened) -> Answer:
    bounds = {name: SpecifierSet(f"=={version.public}")}
    return workload.trial.what_if([name], loosened=loosened, bounds=bounds)


def spoken_requirement(row: Declaration) -> str:
    """``name<2 (file:line)``, as it is written."""
    return f"{row.requirement.name}{specifier_of(row.text)} ({row.path}:{row.line})"


def spoken_requirements(rows: Sequence[Declaration]) -> str:
    return ", ".join(dict.fromkeys(map(spoken_requirement, rows)))
