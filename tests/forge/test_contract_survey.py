"""What every forge promises of the look at a repository."""

from __future__ import annotations

import pytest

from bot.ports.forge import ForgeUnavailable, OwnPullRequest
from bot.ports.run import BranchName
from tests.forge.test_contract import open_pull
from tests.forge.test_contract_issues import open_issue
from tests.forge.worlds import GitHubWorld, World
from tests.github.wire import Reply


def test_a_survey_says_what_the_single_questions_say(world: World) -> None:
    world.set_up(allows_auto_merge=True)
    one, issue = open_pull(world), open_issue(world)
    world.open_pull("topic", {"a": "b"}, login="ada")
    world.open_from_fork({"c": "d"}, login="eve", lets_in=True)
    found = world.forge.survey(issue.number)
    assert found.repository == world.forge.get_repository()
    assert found.base == world.forge.find_branch(BranchName("main"))
    assert found.issue == world.forge.get_issue(issue.number)
    assert found.own == (
        OwnPullRequest(number=one.number, branch=one.head_branch, base=one.base_branch, body=one.body),
    )


def test_what_was_closed_is_not_among_the_open_ones(world: World) -> None:
    world.close(open_pull(world).number, login="ada")
    assert world.forge.survey().own == ()


def test_an_issue_that_is_not_there_is_none(world: World) -> None:
    assert world.forge.survey(99).issue is None
    assert world.forge.survey(open_pull(world).number).issue is None
    assert world.forge.survey(99).may_read_issues


def test_without_the_permission_for_issues_the_rest_is_told(world: World) -> None:
    number = open_issue(world).number
    world.withhold("issues")
    found = world.forge.survey(number)
    assert (found.issue, found.may_read_issues) == (None, False)
    assert found.base is not None


def test_more_than_a_page_is_told(github_world: GitHubWorld) -> None:
    one = open_pull(github_world)
    pulls = github_world.repository.pulls
    for number in range(1000, 1000 + 250):
        pulls[number] = type(pulls[one.number])(**{**vars(pulls[one.number]), "number": number, "id": number})
    assert len(github_world.forge.survey().own) == 251


def test_half_an_answer_is_none(github_world: GitHubWorld) -> None:
    """A failure of GitHub's own beside data is not taken for a missing permission."""
    broken = {"data": {"repository": None}, "errors": [{"message": "Something went wrong", "path": ["repository"]}]}
    github_world.hub.fail_next("/graphql", Reply(body=broken))
    with pytest.raises(ForgeUnavailable):
        github_world.forge.survey()
