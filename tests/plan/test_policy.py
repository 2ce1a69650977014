"""What the configuration says about an update."""

from __future__ import annotations

import json

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bot.manifest.model import Declaration, DepType
from bot.manifest.ranges import RangeStrategy
from bot.plan.policy import Group, Rejected, choose_strategy, decide_group, keep_declarations, slug, update_kind
from bot.ports.run import UpdateKind
from bot.repoconfig.load import parse_config
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig


def declaration(
    text: str = "django>=4", table: DepType = DepType.DEPENDENCIES, path: str = "pyproject.toml"
) -> Declaration:
    return Declaration(path=path, table=table, index=0, text=text, requirement=Requirement(text), line=1, keys=("x", 0))


def config(**options: object) -> RepoConfig:
    return parse_config(json.dumps(options), ".lockbot.json")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("1.2.3", "2.0", "major"),
        ("1.2.3", "1!1.2.3", "major"),
        ("0.1", "0.2", "minor"),
        ("1.2", "1.3.1", "minor"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2", "1.2.0.post1", "patch"),
        ("2024.1", "2025.1", "minor"),
        ("2024.1", "2024.2", "minor"),
        ("2024.7.1", "2024.7.4", "patch"),
        ("1.9", "2024.1", "major"),
        ("2024.1", "1!2025.1", "major"),
    ],
)
def test_how_far_a_package_moves(old: str, new: str, kind: str) -> None:
    assert update_kind(Version(old), Version(new)) == kind


RULE = {"matchPackageNames": ["django*"], "groupName": "The Django"}
GROUPS = [
    (config(), "minor", "non-major"),
    (config(), "patch", "non-major"),
    (config(), "major", "major-django"),
    (config(separateMinorPatch=True), "patch", "patch"),
    (config(separateMajorMinor=False), "major", "all"),
    (config(separateMajorMinor=False), "minor", "all"),
    (config(packageRules=[RULE]), "minor", "the-django"),
    (config(packageRules=[RULE]), "major", "major-the-django"),
    (config(packageRules=[RULE], separateMajorMinor=False), "major", "the-django"),
    (config(packageRules=[{**RULE, "matchUpdateTypes": ["major"]}]), "minor", "non-major"),
    (config(packageRules=[{**RULE, "matchFileNames": ["docs/**"]}]), "minor", "non-major"),
    (config(packageRules=[{**RULE, "matchDepTypes": ["dependency-groups"]}]), "minor", "non-major"),
    (config(packageRules=[RULE, {"matchPackageNames": ["*"], "groupName": "later"}]), "minor", "later"),
    (config(packageRules=[{"matchPackageNames": ["django"], "enabled": False}]), "minor", None),
    (
        config(
            packageRules=[
                {"matchPackageNames": ["*"], "enabled": False},
                {"matchPackageNames": ["d*"], "enabled": True},
            ]
        ),
        "minor",
        "non-major",
    ),
]


@pytest.mark.parametrize(("options", "kind", "key"), GROUPS)
def test_the_group_of_an_update(options: RepoConfig, kind: str, key: str | None) -> None:
    decision = decide_group(options, "django", [declaration()], UpdateKind(kind))
    if key is None:
        assert isinstance(decision, Rejected)
    else:
        assert isinstance(decision, Group)
        assert decision.key == key


def test_only_a_major_of_its_own_is_single() -> None:
    for kind, single in ((UpdateKind.MAJOR, "django"), (UpdateKind.MINOR, None)):
        decision = decide_group(DEFAULT_CONFIG, "django", [declaration()], kind)
        assert isinstance(decision, Group)
        assert decision.single == single


STRATEGIES = [
    (config(), DepType.DEPENDENCIES, False, "replace"),
    (config(), DepType.DEPENDENCIES, True, "widen"),
    (config(), DepType.OPTIONAL, True, "widen"),
    (config(), DepType.BUILD, True, "widen"),
    (config(), DepType.GROUP, True, "replace"),
    (config(), DepType.CONSTRAINT, True, "replace"),
    (config(), DepType.SCRIPT, False, "replace"),
    (config(rangeStrategy="bump"), DepType.DEPENDENCIES, True, "bump"),
    (config(packageRules=[{"matchPackageNames": ["django"], "rangeStrategy": "pin"}]), DepType.GROUP, True, "pin"),
    (config(packageRules=[{"matchPackageNames": ["other"], "rangeStrategy": "pin"}]), DepType.GROUP, True, "replace"),
]


@pytest.mark.parametrize(("options", "table", "is_library", "strategy"), STRATEGIES)
def test_the_range_strategy_of_a_requirement(
    options: RepoConfig, table: DepType, is_library: bool, strategy: str
) -> None:
    assert choose_strategy(options, declaration(table=table), is_library=is_library) is RangeStrategy(strategy)


def test_what_is_ignored_is_not_kept() -> None:
    rows = [declaration("Django>=4"), declaration("flask"), declaration("flask", path="docs/pyproject.toml")]
    kept = keep_declarations(config(ignoreDeps=["django"], ignorePaths=["docs"]), rows)
    assert kept == (rows[1],)


@pytest.mark.parametrize(("text", "expected"), [("The Django!", "the-django"), ("é", "group"), ("a/b..c", "a-b-c")])
def test_the_end_of_a_branch_name(text: str, expected: str) -> None:
    assert slug(text) == expected
