"""A project in memory with a lock, an index and advisories, and what mending it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from bot.advisories.exceptions import Ignored
from bot.advisories.findings import Locked, find_findings, packages_of
from bot.advisories.model import Advisory
from bot.advisories.osv import parse_advisory
from bot.advisories.port import AdvisoryFailure
from bot.detect.repository import detect
from bot.index.memory import MemoryIndex, build_memory_index
from bot.lockfile.model import Lock
from bot.plan.make_unit import make_units
from bot.plan.proposals.repository import Workload, make_workload
from bot.plan.security.fix import Fixes, plan_fixes
from bot.plan.security.known import Known as KnownOf
from bot.plan.solver import Solver
from bot.plan.trial import make_trial
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.resolver.lowering import CommandSettings, lower_project
from tests.advisories.service import Known
from tests.kept_errors import keep_nothing
from tests.resolver.trees import MemoryTree
from tests.runs.local_repository import NOW, project

Releases = Mapping[str, Mapping[str, list[str]]]
PUBLIC = ("https://pypi.org/simple",)


class Records:
    """The port over a table of records; ``asked`` are the names that left the process."""

    def __init__(self, *known: Known, is_down: bool = False) -> None:
        self._known, self._is_down = known, is_down
        self.asked: list[str] = []

    def list_ids(self, packages: Sequence[Locked], /) -> Mapping[Locked, Mapping[str, str]]:
        found = self.find(packages)
        return {one: {record.id: record.modified for record in rows} for one, rows in found.items() if rows}

    def find(self, packages: Sequence[Locked], /) -> Mapping[Locked, Sequence[Advisory]]:
        return {one: self._about(one.name, str(one.version)) for one in packages}

    def find_all(self, names: Sequence[str], /) -> Mapping[str, Sequence[Advisory]]:
        return {name: self._about(name, None) for name in names}

    def _about(self, name: str, version: str | None) -> Sequence[Advisory]:
        if self._is_down:
            raise AdvisoryFailure("advisories can't be read from osv.test: it is down")
        self.asked.append(name)
        return [parse_advisory(one.record()) for one in self._known if one.is_about(name, version)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """``before`` and ``after`` are the locks; ``after`` is ``None`` where nothing is mended."""

    fixes: Fixes
    before: Lock
    after: Lock | None
    texts: Mapping[str, str]
    asked: frozenset[str]

    def versions(self) -> Mapping[str, str]:
        """What moved, with the versions that each package has now."""
        old, new = versions_of(self.before), versions_of(self.after or self.before)
        return {name: new.get(name, "-") for name in sorted({*old, *new}) if old.get(name) != new.get(name)}


def mend(
    requires: Sequence[str],
    locked: Mapping[str, str],
    releases: Releases,
    *known: Known,
    ignored: Ignored | None = None,
    config: RepoConfig = DEFAULT_CONFIG,
) -> Mending:
    """``locked``: the versions that the lock holds (the index of that time has no others)."""
    old = {name: {locked[name]: rows[locked[name]]} for name, rows in releases.items() if name in locked}
    files = {"pyproject.toml": project(*requires)}
    settings = CommandSettings(now=NOW)
    tree = MemoryTree(files)
    first = Solver(index=build_memory_index(old), settings=settings)
    made = first(
        lower_project(tree, root=".", settings=settings), tree=tree, folder=".", existing=None, existing_text=None
    )
    texts = {**files, "uv.lock": made.text}
    return mend_lock(texts, releases, *known, ignored=ignored or Ignored(), config=config)


def mend_lock(
    files: Mapping[str, str],
    releases: Releases,
    *known: Known,
    ignored: Ignored,
    config: RepoConfig = DEFAULT_CONFIG,
) -> Mending:
    tree, index, records = MemoryTree(files), build_memory_index(releases), Records(*known)
    workload = _workload(tree, index, config)
    unit = workload.trial.unit
    assert unit.lock is not None
    packages = packages_of(unit.lock, PUBLIC).packages
    findings = [one for one in find_findings(packages, records.find(packages)) if not ignored.covers(one)]
    about = KnownOf(service=records, ignored=ignored, public=PUBLIC)
    fixes = plan_fixes(tree, [workload], {workload.name: findings}, {workload.name: about}, index)
    done = fixes.finished
    return Mending(
        fixes=fixes,
        before=unit.lock,
        after=None if done is None else done.results[0].after,
        texts={} if done is None else done.texts,
        asked=frozenset(records.asked),
    )


def _workload(tree: MemoryTree, index: MemoryIndex, config: RepoConfig) -> Workload:
    settings = CommandSettings(now=NOW)
    detected = detect(tree, keep_nothing)
    (found,) = detected.units
    unit = next(iter(make_units(tree, detected, found, settings, index)))
    trial = make_trial(unit, tree, Solver(index=index, settings=settings), config)
    return make_workload(trial, index, config)


def versions_of(lock: Lock) -> Mapping[str, str]:
    """What a lock holds from an index."""
    found: dict[str, list[Version]] = {}
    for package in lock.packages:
        if package.name != "app" and package.version is not None:
            found.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(map(str, sorted(versions))) for name, versions in found.items()}
