"""What the configuration says about an update."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bot.manifest.model import Declaration, DepType
from bot.manifest.ranges import RangeStrategy
from bot.plan.policy import (
    Group,
    Rejected,
    Standing,
    choose,
    choose_strategy,
    decide_group,
    is_ignored_path,
    keep_declarations,
    maintenance_group,
    slug,
    update_kind,
)
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


REGEX: dict[str, object] = {"matchPackageNames": ["/^dj/", "!/x$/"], "groupName": "found"}
MATCHED: list[tuple[dict[str, object], str]] = [
    (REGEX, "found"),
    ({"matchPackageNames": ["/JANGO/i"], "groupName": "found"}, "found"),
    ({"matchPackageNames": ["/^x/"], "groupName": "found"}, "non-major"),
    ({"matchDepNames": ["d*o"], "groupName": "found"}, "found"),
    ({"matchManagers": ["pep621"], "groupName": "found"}, "found"),
    ({"matchManagers": ["pep723"], "groupName": "found"}, "non-major"),
    ({"matchManagers": ["!pep723"], "groupName": "found"}, "found"),
    ({"matchFileNames": ["/^pyp/"], "groupName": "found"}, "found"),
    ({"matchDepTypes": ["/^project/"], "groupName": "found"}, "found"),
    ({"matchDepTypes": ["!project.dependencies"], "groupName": "found"}, "non-major"),
    ({"matchCurrentVersion": ">=4,<5", "groupName": "found"}, "found"),
    ({"matchCurrentVersion": "<4", "groupName": "found"}, "non-major"),
    ({"matchCurrentVersion": "/^4\\./", "groupName": "found"}, "found"),
    ({"matchCurrentVersion": "!/^0/", "groupName": "found"}, "found"),
    ({"matchCurrentVersion": "!/^4/", "groupName": "found"}, "non-major"),
    ({"matchCurrentAge": "> 1 year", "groupName": "found"}, "found"),
    ({"matchCurrentAge": "<= 2 weeks", "groupName": "found"}, "non-major"),
    ({"matchPackageNames": ["django"], "groupName": "Long name", "groupSlug": "short"}, "short"),
    ({"matchPackageNames": ["django"], "schedule": "monthly"}, "non-major-monthly"),
    ({"matchPackageNames": ["django"], "groupName": "a", "schedule": "monthly"}, "a"),
]


@pytest.mark.parametrize(("rule", "key"), MATCHED)
def test_what_a_rule_matches_by(rule: dict[str, object], key: str) -> None:
    standing = Standing(current=Version("4.2"), age=timedelta(days=400))
    decision = decide_group(config(packageRules=[rule]), "django", [declaration()], UpdateKind.MINOR, standing)
    assert isinstance(decision, Group)
    assert decision.key == key


@pytest.mark.parametrize("rule", [{"matchCurrentVersion": "<9"}, {"matchCurrentAge": "< 9 years"}])
def test_a_rule_that_asks_for_what_is_not_known_does_not_match(rule: dict[str, object]) -> None:
    options = config(packageRules=[{**rule, "enabled": False}])
    assert isinstance(decide_group(options, "django", [declaration()], UpdateKind.MINOR), Group)


def test_each_major_is_a_group_where_the_configuration_says_so() -> None:
    options = config(separateMultipleMajor=True)
    keys = [
        decision.key
        for major in (5, 6)
        if isinstance(
            decision := decide_group(options, "django", [declaration()], UpdateKind.MAJOR, major=major), Group
        )
    ]
    assert keys == ["major-django-5", "major-django-6"]
    named = decide_group(
        config(separateMultipleMajor=True, packageRules=[RULE]), "django", [declaration()], UpdateKind.MAJOR, major=5
    )
    assert isinstance(named, Group)
    assert named.key == "major-5-the-django"


def test_labels_are_those_of_the_last_rule_and_the_added_ones_of_all() -> None:
    options = config(
        addLabels=["all"],
        packageRules=[
            {"matchPackageNames": ["*"], "labels": ["a"], "addLabels": ["b"]},
            {"matchPackageNames": ["django"], "labels": ["c"], "addLabels": ["d", "b"]},
        ],
    )
    decision = decide_group(options, "django", [declaration()], UpdateKind.MINOR)
    assert isinstance(decision, Group)
    assert decision.labels == ("c", "all", "b", "d")


def test_a_rule_makes_drafts_and_another_does_not() -> None:
    rules = [{"matchUpdateTypes": ["major"], "draftPR": True}, {"matchPackageNames": ["flask"], "draftPR": False}]
    decisions = [
        decide_group(config(packageRules=rules), name, [declaration(name)], kind)
        for name, kind in (("django", UpdateKind.MAJOR), ("django", UpdateKind.MINOR), ("flask", UpdateKind.MAJOR))
    ]
    assert [isinstance(one, Group) and one.draft for one in decisions] == [True, False, False]


def test_null_takes_back_what_an_earlier_rule_said() -> None:
    rules = [
        {"matchPackageNames": ["*"], "groupName": "everything", "minimumReleaseAge": "3 days"},
        {"matchPackageNames": ["django"], "groupName": None, "minimumReleaseAge": None},
    ]
    choice = choose(config(minimumReleaseAge="9 days", packageRules=rules), "django", [declaration()], UpdateKind.MINOR)
    assert (choice.group_name, choice.minimum_age) == (None, None)


def test_included_paths_are_all_that_is_looked_at() -> None:
    options = config(includePaths=["services/**"], ignorePaths=["services/old/**"])
    paths = ["services/a/pyproject.toml", "services/old/pyproject.toml", "pyproject.toml"]
    assert [is_ignored_path(options, path) for path in paths] == [False, True, True]


MAINTENANCE = [
    ({}, True, ("dependencies",), None),
    ({"lockFileMaintenance": {"enabled": False}}, False, (), None),
    ({"lockFileMaintenance": {"schedule": "monthly", "addLabels": ["lock"]}}, True, ("dependencies", "lock"), ("monthly",)),
    ({"packageRules": [{"matchUpdateTypes": ["lockFileMaintenance"], "labels": ["x"]}]}, True, ("x",), None),
    ({"packageRules": [{"matchUpdateTypes": ["lockFileMaintenance"], "enabled": False}]}, False, (), None),
    ({"packageRules": [{"matchManagers": ["pep621"], "addLabels": ["py"]}]}, True, ("dependencies", "py"), None),
    ({"packageRules": [{"matchPackageNames": ["*"], "enabled": False}]}, True, ("dependencies",), None),
    ({"packageRules": [{"matchPackageNames": ["a"], "matchUpdateTypes": ["lockFileMaintenance"], "enabled": False}]},
     True, ("dependencies",), None),
]  # fmt: skip


@pytest.mark.parametrize(("options", "is_made", "labels", "schedule"), MAINTENANCE)
def test_lock_maintenance_as_its_block_and_rules_have_it(
    options: dict[str, object], is_made: bool, labels: tuple[str, ...], schedule: tuple[str, ...] | None
) -> None:
    group = maintenance_group(config(**options))
    assert (group is not None) is is_made
    if group is not None:
        assert (group.labels, group.schedule) == (labels, schedule)
