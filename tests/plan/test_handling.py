"""What the configuration says of a proposal's pull request: who is asked, whether it is merged, when it is rebuilt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from packaging.requirements import Requirement

from bot.manifest.model import Declaration, DepType
from bot.plan.policy import Group, decide_group, join_groups, maintenance_group
from bot.ports.handling import Handling, Limits, MergeStrategy, Merging, People, RebaseWhen, joined
from bot.ports.run import UpdateKind
from bot.repoconfig.load import ConfigError, load_config, parse_config
from bot.repoconfig.matching import find_limits


def group(name: str, kind: UpdateKind = UpdateKind.MINOR, **options: object) -> Group:
    text = json.dumps(options)
    row = Declaration(
        path="pyproject.toml",
        table=DepType.DEPENDENCIES,
        index=0,
        text=name,
        requirement=Requirement(name),
        line=1,
        keys=("x", 0),
    )
    found = decide_group(parse_config(text, ".lockbot.json"), name, [row], kind)
    assert isinstance(found, Group)
    return found


RULE: dict[str, Any] = {"matchPackageNames": ["django"]}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Handling()),
        ({"assignees": ["@ada"], "reviewers": "team:web"}, People(assignees=("ada",), reviewers=("team:web",))),
        ({"assigneesFromCodeOwners": True}, People(owners_assigned=True)),
        ({"reviewersFromCodeOwners": True, "assignAutomerge": True}, People(owners_review=True, when_merging=True)),
        ({"reviewers": ["a"], "additionalReviewers": ["b", "a"]}, People(reviewers=("a", "b"))),
        ({"automerge": True}, Merging(wanted=True)),
        ({"automerge": True, "platformAutomerge": False}, Merging(wanted=True, on_platform=False)),
        ({"automergeStrategy": "squash"}, Merging(strategy=MergeStrategy.SQUASH)),
        ({"automergeSchedule": "before 4am"}, Merging(schedule=("before 4am",))),
        ({"automergeSchedule": ["at any time", "before 4am"]}, Merging()),
        ({"ignoreTests": True}, Merging(ignores_tests=True)),
        ({"dependencyDashboardApproval": True}, Handling(needs_approval=True)),
        ({"prCreation": "approval"}, Handling(needs_approval=True)),
        ({"prPriority": -3}, Handling(priority=-3)),
        ({"rebaseWhen": "never"}, Handling(rebase_when=RebaseWhen.NEVER)),
        ({"prBodyNotes": "Look."}, ("Look.",)),
    ],
)
def test_an_option_is_said_for_all_for_some_and_for_lock_maintenance(said: dict[str, Any], expected: object) -> None:
    in_general = group("django", **said)
    by_rule = group("django", packageRules=[RULE | said])
    elsewhere = group("flask", packageRules=[RULE | said])
    refreshing = maintenance_group(parse_config(json.dumps({"lockFileMaintenance": said}), "x"))
    assert refreshing is not None
    for one in (in_general, by_rule, refreshing):
        assert expected in (one.handling, one.handling.people, one.handling.merging, one.notes)
    assert (elsewhere.handling, elsewhere.notes) == (Handling(), ())


def test_an_update_type_is_merged_by_itself() -> None:
    options: dict[str, Any] = {"patch": {"automerge": True}, "minor": {"automerge": True}}
    found = [group("django", kind, **options).handling.merging.wanted for kind in UpdateKind if kind != UpdateKind.LOCK]
    assert dict(zip((one for one in UpdateKind if one != UpdateKind.LOCK), found, strict=True)) == {
        UpdateKind.MAJOR: False,
        UpdateKind.MINOR: True,
        UpdateKind.PATCH: True,
        UpdateKind.PIN: False,
    }


def test_null_takes_people_away() -> None:
    taken = {"assignees": None, "reviewers": None}
    assert not group("django", assignees="ada", reviewers="ada", packageRules=[RULE | taken]).handling.people.are_any


def test_of_what_is_proposed_together_everybody_is_asked_and_it_is_merged_if_all_may_be() -> None:
    one = Handling(people=People(assignees=("ada",), reviewers=("x",)), merging=Merging(wanted=True))
    other = Handling(people=People(assignees=("eve", "ada"), owners_review=True), needs_approval=True, priority=2)
    both = joined(one, other)
    assert both.people == People(assignees=("ada", "eve"), reviewers=("x",), owners_review=True)
    assert (both.merging.wanted, joined(other, one).merging.wanted, both.needs_approval, both.priority) == (
        False, False, True, 2,
    )  # fmt: skip
    careful = Handling(merging=Merging(wanted=True, on_platform=False, schedule=("before 4am",)))
    assert joined(one, careful).merging == careful.merging


def test_a_group_has_what_its_members_have() -> None:
    one, other = group("a", labels=["x"], prBodyNotes=["n"]), group("b", labels=["y"], draftPR=True, prBodyNotes=["m"])
    both = join_groups(one, other)
    assert (both.labels, both.draft, both.notes) == (("x", "y"), True, ("n", "m"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Limits(open=5, hourly=0)),
        ({"prConcurrentLimit": 0}, Limits(open=0)),
        ({"prConcurrentLimit": 0, "branchConcurrentLimit": 3}, Limits(open=3)),
        ({"prConcurrentLimit": 9, "branchConcurrentLimit": 3, "prHourlyLimit": 2}, Limits(open=3, hourly=2)),
        ({"branchConcurrentLimit": 0}, Limits(open=5)),
    ],
)
def test_of_two_limits_the_lower_holds(said: dict[str, Any], expected: Limits) -> None:
    assert find_limits(parse_config(json.dumps(said), "x")) == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"assignees": "team:web"}, "is a team; only accounts can be assigned"),
        ({"reviewers": "two words"}, "is no account"),
        ({"prConcurrentLimit": "5"}, "integer"),
        ({"prConcurrentLimit": -1}, "greater than or equal to 0"),
        ({"rebaseWhen": "sometimes"}, "'auto', 'behind-base-branch'"),
        ({"automergeType": "push"}, "'pr'"),
        ({"baseBranchPatterns": "/(/"}, "regular expression"),
    ],
)
def test_what_can_not_be_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(json.dumps(said), "x")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("said", "read", "words"),
    [
        ({"automergeType": "branch"}, {"automergeType": "pr"}, "'branch' is taken as 'pr'"),
        ({"automergeType": "pr-comment"}, {"automergeType": "pr"}, "'pr-comment' is taken as 'pr'"),
        ({"prCreation": "not-pending"}, {"prCreation": "immediate"}, "'not-pending' is taken as 'immediate'"),
        ({"prCreation": "status-success"}, {"prCreation": "immediate"}, "'status-success' is taken"),
        ({"prBodyNotes": ["{{depName}}", "a"]}, {"prBodyNotes": ["a"]}, "a note with a template is left out"),
        ({"internalChecksFilter": "strict"}, {}, "has no effect in lockbot"),
        ({"filterUnavailableUsers": True}, {}, "has no effect in lockbot"),
        ({"commitHourlyLimit": 2}, {}, "has no effect in lockbot"),
        ({"useBaseBranchConfig": "merge"}, {}, "has no effect in lockbot"),
    ],
)
def test_what_renovate_has_beside_it_comes_over_with_a_warning(
    said: dict[str, Any], read: dict[str, Any], words: str
) -> None:
    loaded = load_config(json.dumps(said), "x")
    assert loaded.config == parse_config(json.dumps(read), "x")
    assert [words in one.message for one in loaded.warnings] == [True]
