"""From what was found to units that are solved as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.detect.model import Detected, Listing
from bot.pipeline.edges import Edges, index_of, settings_for
from bot.pipeline.trouble import make_problem
from bot.plan.declined import leave_out
from bot.plan.make_unit import is_worth_planning, make_units
from bot.plan.proposals.repository import Workload, make_workload
from bot.plan.solver import Solver
from bot.plan.trial import make_trial
from bot.plan.unit import Unit
from bot.ports.run import (
    Problem,
    RunRequest,
)
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import IndexPort
from bot.wall import KeepError, to_problem


def make_workloads(
    request: RunRequest, edges: Edges, tree: Listing, detected: Detected, config: RepoConfig
) -> Iterator[Workload | Problem]:
    """Lock every unit as it stands; one that can't be becomes a problem."""
    index, settings = index_of(edges), settings_for(request, edges, config)
    solver = Solver(index=index, settings=settings)
    for unit in _without_covered(list(_units(tree, detected, settings, index, config, edges.keep))):
        if isinstance(unit, Problem):
            yield unit
            continue
        edges.progress("lock", unit.name)
        try:
            workload = make_workload(make_trial(unit, tree, solver, config), index, config)
            yield replace(workload, candidates=leave_out(workload.candidates, request.declined))
        except Exception as error:  # noqa: BLE001 - the wall
            yield to_problem(error, unit.path, edges.keep, heading=_heading(unit))


def _without_covered(found: Sequence[Unit | Problem]) -> Iterator[Unit | Problem]:
    """Without the units that keep no lock while another one keeps a lock of all their requirements."""
    locked = {row for one in found if isinstance(one, Unit) and one.lock_path for row in one.declarations}
    for one in found:
        if isinstance(one, Problem) or one.lock_path is not None or not locked.issuperset(one.declarations):
            yield one


def _heading(unit: Unit) -> str:
    """A build system keeps no lock, and shares its file with a unit that does."""
    return "can't be locked as it stands: " if unit.name == unit.path else "its build requirements can't be solved: "


def _units(
    tree: Listing,
    detected: Detected,
    settings: CommandSettings,
    index: IndexPort,
    config: RepoConfig,
    keep: KeepError,
) -> Iterator[Unit | Problem]:
    for found in detected.units:
        try:
            units = [
                unit for unit in make_units(tree, detected, found, settings, index) if is_worth_planning(unit, config)
            ]
        except Exception as error:  # noqa: BLE001 - the wall
            yield to_problem(error, found.lock or found.manifests[0], keep)
            continue
        yield from units


def list_unread(workload: Workload) -> Iterator[Problem]:
    """Dependencies of which nothing but what the lock says is known."""
    for name, reason in sorted(workload.trial.sources.believed.items()):
        yield make_problem(f"{name} can't be read and stays as it is locked: {reason}", workload.trial.unit.path)


def list_warnings(made: Workload) -> Iterator[Problem]:
    for one in (*made.trial.request.warnings, *made.trial.request.of_machine):
        yield make_problem(one.problem, one.path, one.line, one.hint)
