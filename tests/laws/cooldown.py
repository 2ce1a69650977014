"""Random repositories whose packages were uploaded at random times, under a random cooldown, and a judge of proposals.

The judge reads the locks of proposals and the rules as they were made up; it knows nothing of the planner.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.index.memory import MemoryIndex
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.solver import Solver
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.resolver.lowering import CommandSettings, lower_project
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.runs.local_repository import NOW, project

_NAMES = "abcdefgh"
_VERSIONS = ("1.0", "1.1", "1.1.1", "2.0", "2.3", "3.1")
_SPECIFIERS = ("==1.0", ">=1.0", ">=1.0,<2", "~=1.0", "<3", "", "!=1.1")
_SETTINGS = CommandSettings(now=NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``kinds`` empty: any step; ``days`` None takes the waiting back."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedWorld:
    tree: MemoryCommit
    index: MemoryIndex
    days: int | None
    rules: tuple[Rule, ...]

    def days_for(self, name: str, current: Sequence[str], version: str) -> int:
        """What a version has to be old, by the last rule that is about it."""
        kind = _kind(current, version)
        said = self.days
        for rule in self.rules:
            if (name in rule.names or "*" in rule.names) and (not rule.kinds or kind in rule.kinds):
                said = rule.days
        return said or 0


def _kind(current: Sequence[str], version: str) -> str | None:
    if not current:
        return None
    old, new = (list(map(int, f"{one}.0.0".split(".")[:3])) for one in (max(current, key=_numbers), version))
    return "major" if old[0] != new[0] else "minor" if old[1] != new[1] else "patch"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def make_dated_world(seed: int) -> DatedWorld:
    chance = random.Random(seed)
    # The first version of each is older than any cut-off, so that there always is a lock.
    uploaded = {(name, one): chance.uniform(0, 40) if one != "1.0" else 60.0 for name in _NAMES for one in _VERSIONS}
    requires = {
        (name, version): [
            f"{other}{chance.choice(('', '>=1.1', '<3', '>=2', '<2', '>=1.0,<3'))}"
            for other in chance.sample([one for one in _NAMES if one != name], chance.randint(0, 2))
        ]
        for name in _NAMES
        for version in _VERSIONS[1:]
    }
    # What is locked may be of any age, and stays.
    known = {name: chance.choice((("1.0",), ("1.0",), ("1.0", "1.1"), ("1.0", "2.0"))) for name in _NAMES}
    old, new = MemoryIndex(), MemoryIndex()
    for (name, version), age in uploaded.items():
        moment = (NOW - timedelta(days=age)).isoformat().replace("+00:00", "Z")
        needs = requires.get((name, version), [])
        new.add(name, version, requires_dist=needs, upload_time=moment, sdist=chance.random() < 0.3)
        if version in known[name]:
            old.add(name, version, requires_dist=needs, upload_time=moment)
    direct = chance.sample(_NAMES, chance.randint(2, 5))
    own = f'\n[tool.uv]\nexclude-newer = "{(NOW - timedelta(days=chance.randint(1, 20))).date()}T00:00:00Z"\n'
    manifest = project(*(f"{name}{chance.choice(_SPECIFIERS)}" for name in direct))
    rules = tuple(_make_rule(chance) for _ in range(chance.randint(0, 3)))
    days = chance.choice((None, 3, 7, 14, 30))
    files = {"pyproject.toml": manifest}
    locked = MemoryCommit({**files, "uv.lock": _relock(MemoryCommit(files), old)})
    policy = own if chance.random() < 0.25 else ""
    written = {
        **locked.files,
        "pyproject.toml": manifest + policy,
        ".lockbot.json": json.dumps(_config(days, rules)),
    }
    return DatedWorld(tree=MemoryCommit(written), index=new, days=days, rules=rules)


def _make_rule(chance: random.Random) -> Rule:
    return Rule(
        names=tuple(chance.sample(_NAMES, chance.randint(1, 4))) if chance.random() < 0.7 else ("*",),
        kinds=tuple(chance.sample(("major", "minor", "patch"), chance.randint(1, 2))) if chance.random() < 0.5 else (),
        days=chance.choice((None, 1, 5, 10, 21, 35)),
    )


def _config(days: int | None, rules: Sequence[Rule]) -> dict[str, object]:
    stated: list[dict[str, object]] = [
        {
            "matchPackageNames": list(rule.names),
            **({"matchUpdateTypes": list(rule.kinds)} if rule.kinds else {}),
            "minimumReleaseAge": None if rule.days is None else f"{rule.days} days",
        }
        for rule in rules
    ]
    return {**({"minimumReleaseAge": f"{days} days"} if days else {}), "packageRules": stated}


def _relock(tree: MemoryCommit, index: MemoryIndex) -> str:
    solve = Solver(index=index, settings=_SETTINGS)
    request = lower_project(tree, root=".", settings=_SETTINGS)
    return solve(request, tree=tree, folder=".", existing=None, existing_text=None).text


def run_world(world: DatedWorld) -> RunReport:
    request = RunRequest(root=Path("/"), base=Sha("0" * 40), base_branch=BranchName("main"), now=NOW, repository="r")
    return run_repository(request, Edges(open_commit=world.tree.open, index=world.index, keep=keep_nothing))


def find_faults(world: DatedWorld, report: RunReport) -> Iterator[str]:
    """What a proposal holds that is too young, and cut-offs that no file of the repository states."""
    before = tomllib.loads(world.tree.files["uv.lock"])
    held: dict[str, list[str]] = {}
    for package in before["package"]:
        held.setdefault(package["name"], []).append(package["version"])
    stated = tomllib.loads(world.tree.files["pyproject.toml"]).get("tool", {}).get("uv", {}).get("exclude-newer")
    for proposal in report.proposals:
        text = world.tree.with_proposal(proposal).files["uv.lock"]
        lock = tomllib.loads(text)
        options = lock.get("options", {})
        if options.get("exclude-newer") != stated or set(options) - {"exclude-newer"}:
            yield f"{proposal.branch}: [options] is {options}, and the manifest states {stated}"
        for package in lock["package"]:
            name, version = package["name"], package["version"]
            if package["source"].get("registry") and version not in held.get(name, []):
                yield from _too_young(world, proposal.branch, package, held.get(name, []))


def _too_young(world: DatedWorld, branch: str, package: dict[str, Any], current: Sequence[str]) -> Iterator[str]:
    days = world.days_for(package["name"], current, package["version"])
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    for file in files:
        moment = file["upload-time"]
        uploaded = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
        if uploaded.replace(tzinfo=UTC) + timedelta(days=days) > NOW:
            yield f"{branch}: {package['name']} {package['version']} of {uploaded} has not the age of {days} days"
