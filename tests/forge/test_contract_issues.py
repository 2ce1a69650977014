"""What every forge promises of issues and of people."""

from __future__ import annotations

import pytest

from bot.ports.forge import ForgeForbidden, ForgeNotFound, ForgeRejected, Issue, Permission, Reaction
from tests.forge.test_contract import open_pull
from tests.forge.worlds import World


def open_issue(world: World, title: str = "Dashboard") -> Issue:
    return world.forge.open_issue(title, "Body\n", ("dependencies",))


def test_an_issue_is_opened_and_found_again(world: World) -> None:
    opened = open_issue(world)
    assert (opened.title, opened.body, opened.is_open) == ("Dashboard", "Body\n", True)
    assert (opened.author, opened.labels) == (world.app.get_identity().login, ("dependencies",))
    assert world.forge.get_issue(opened.number) == opened
    assert world.forge.list_own_issues() == (opened,)


def test_own_issues_are_told_newest_first_and_those_of_others_not(world: World) -> None:
    first = open_issue(world, "First")
    world.open_issue("Of a person", login="ada")
    open_pull(world)
    second = open_issue(world, "Second")
    world.forge.edit_issue(first.number, is_open=False)
    assert [(one.number, one.is_open) for one in world.forge.list_own_issues()] == [
        (second.number, True),
        (first.number, False),
    ]


def test_an_issue_is_edited_piece_by_piece(world: World) -> None:
    number = open_issue(world).number
    world.forge.edit_issue(number)
    world.forge.edit_issue(number, title="Other")
    world.forge.edit_issue(number, body="New\n")
    world.forge.edit_issue(number, is_open=False)
    world.forge.edit_issue(number, is_open=False)
    found = world.forge.get_issue(number)
    assert (found.title, found.body, found.is_open) == ("Other", "New\n", False)
    world.forge.edit_issue(number, is_open=True)
    assert world.forge.get_issue(number).is_open


def test_a_pull_request_is_no_issue(world: World) -> None:
    number = open_pull(world).number
    with pytest.raises(ForgeNotFound):
        world.forge.get_issue(number)
    assert world.forge.list_own_issues() == ()


def test_an_issue_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(ForgeNotFound):
        world.forge.get_issue(99)


def test_where_issues_are_turned_off_none_is_opened(world: World) -> None:
    world.set_up(has_issues=False)
    assert not world.forge.get_repository().has_issues
    assert world.forge.list_own_issues() == ()
    with pytest.raises(ForgeRejected):
        open_issue(world)


def test_where_issues_are_not_granted_they_are_forbidden_and_nothing_else_is(world: World) -> None:
    world.withhold("issues")
    for forbidden in (lambda: open_issue(world), world.forge.list_own_issues):
        with pytest.raises(ForgeForbidden):
            forbidden()
    number = open_pull(world).number
    world.forge.comment(number, "Text")
    world.forge.add_labels(number, ("dependencies",))
    assert world.forge.list_lacking() == ("issues: write",)


def test_where_all_is_granted_nothing_lacks(world: World) -> None:
    assert world.forge.list_lacking() == ()


def test_on_an_issue_it_is_talked_as_on_a_pull_request(world: World) -> None:
    number = open_issue(world).number
    said = world.say(number, "/lockbot open-all", login="ada")
    world.forge.comment(number, "Done.")
    world.forge.react(said, Reaction.EYES)
    world.forge.add_labels(number, ("dependencies", "python"))
    assert [one.body for one in world.forge.list_comments(number)] == ["/lockbot open-all", "Done."]
    assert (world.reactions(said), world.forge.get_issue(number).labels) == (["eyes"], ("dependencies", "python"))


# --- people ---------------------------------------------------------------------------------------


def test_assignees_who_are_not_taken_are_named(world: World) -> None:
    world.let("ada", Permission.WRITE)
    number = open_pull(world).number
    assert world.forge.add_assignees(number, ()) == ()
    assert world.forge.add_assignees(number, ("ada", "stranger")) == ("stranger",)
    assert world.forge.add_assignees(number, ("ada",)) == ()
    assert world.forge.get_pull_request(number).assignees == ("ada",)


def test_an_issue_has_assignees_too(world: World) -> None:
    world.let("ada", Permission.READ)
    assert world.forge.add_assignees(open_issue(world).number, ("ada", "eve")) == ("eve",)


def test_no_more_than_ten_are_assigned(world: World) -> None:
    logins = tuple(f"user{number}" for number in range(12))
    for login in logins:
        world.let(login, Permission.WRITE)
    number = open_pull(world).number
    assert world.forge.add_assignees(number, logins) == logins[10:]


@pytest.mark.parametrize(
    ("logins", "teams", "refused"),
    [
        ((), (), ()),
        (("ada", "eve"), ("core",), ()),
        (("ada", "stranger", "eve"), ("core", "gone"), ("stranger", "team:gone")),
        (("stranger",), (), ("stranger",)),
        ((), ("gone",), ("team:gone",)),
    ],
)
def test_reviewers_who_are_refused_are_named_and_the_others_asked(
    world: World, logins: tuple[str, ...], teams: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    for login in ("ada", "eve"):
        world.let(login, Permission.WRITE)
    world.add_team("core")
    number = open_pull(world).number
    for _ in range(2):
        assert world.forge.request_reviewers(number, logins, teams) == refused
    asked = (*logins, *(f"team:{slug}" for slug in teams))
    assert world.forge.get_pull_request(number).reviewers == tuple(one for one in asked if one not in refused)


def test_nobody_reviews_a_pull_request_of_his_own(world: World) -> None:
    world.let("ada", Permission.WRITE)
    number = world.open_pull("topic", {"x.py": "x"}, login="ada").number
    assert world.forge.request_reviewers(number, ("ada",)) == ("ada",)
