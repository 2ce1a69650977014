"""What every forge promises of things done to several branches and pull requests at once."""

from __future__ import annotations

import pytest

from bot.ports.forge import BranchMove, BranchUpdate, ForgeConflict, ForgeRejected, PullRequestEdit, PushOutcome
from bot.ports.run import BranchName, FileChange, Sha
from tests.forge.test_contract import open_pull
from tests.forge.worlds import GitHubWorld, World
from tests.github.wire import Reply

ONE, OTHER, MAIN = BranchName("lockbot/one"), BranchName("lockbot/other"), BranchName("main")


def update(world: World, branch: BranchName, text: str, expected: Sha | None) -> BranchUpdate:
    base = world.forge.find_branch(MAIN)
    assert base is not None
    files = (FileChange(path="a.txt", text=text),)
    return BranchUpdate(branch=branch, base=base, expected=expected, message=f"{text}\n", files=files)


def begin(world: World) -> dict[BranchName, Sha]:
    return {one: world.forge.push_branch(update(world, one, "first\n", None)).head for one in (ONE, OTHER)}


def move_on(world: World, branch: BranchName, head: Sha) -> BranchMove:
    written = world.forge.write_commit(update(world, branch, f"{branch}\n", head))
    return BranchMove(branch=branch, expected=head, head=written.head)


def test_a_commit_is_written_and_nothing_moves(world: World) -> None:
    heads = begin(world)
    written = world.forge.write_commit(update(world, ONE, "second\n", heads[ONE]))
    assert written.outcome is PushOutcome.UPDATED
    assert world.files(written.head)["a.txt"] == "second\n"
    assert world.forge.find_branch(ONE) == heads[ONE]


def test_a_commit_that_is_there_is_not_written_again(world: World) -> None:
    heads = begin(world)
    written = world.forge.write_commit(update(world, ONE, "first\n", heads[ONE]))
    assert (written.outcome, written.head) == (PushOutcome.UNCHANGED, heads[ONE])


def test_branches_move_together(world: World) -> None:
    moves = [move_on(world, branch, head) for branch, head in begin(world).items()]
    world.forge.move_branches(moves)
    assert [world.forge.find_branch(one.branch) for one in moves] == [one.head for one in moves]
    world.forge.move_branches([])


def test_where_one_lease_is_lost_none_moves(world: World) -> None:
    heads = begin(world)
    moves = [move_on(world, branch, head) for branch, head in heads.items()]
    theirs = world.commit(OTHER, {"b.txt": "by hand\n"})
    with pytest.raises(ForgeConflict):
        world.forge.move_branches(moves)
    assert (world.forge.find_branch(ONE), world.forge.find_branch(OTHER)) == (heads[ONE], theirs)


def test_texts_are_edited_together(world: World) -> None:
    first, second = open_pull(world), world.open_pull("topic", {"x": "y"}, login="ada")
    edits = [PullRequestEdit(number=first.number, title="New"), PullRequestEdit(number=second.number, body="Text")]
    world.forge.edit_pull_requests(edits)
    now = [world.forge.get_pull_request(one.number) for one in (first, second)]
    assert [(one.title, one.body) for one in now] == [("New", first.body), (second.title, "Text")]
    world.forge.edit_pull_requests([])


def test_more_edits_than_one_request_takes(github_world: GitHubWorld) -> None:
    numbers = [github_world.open_pull(f"topic-{count}", {"x": f"{count}"}, login="ada").number for count in range(12)]
    github_world.forge.edit_pull_requests([PullRequestEdit(number=one, title=f"Title {one}") for one in numbers])
    titles = [github_world.repository.pulls[one].title for one in numbers]
    assert titles == [f"Title {one}" for one in numbers]


def test_an_edit_that_github_refuses_is_no_success(github_world: GitHubWorld) -> None:
    first, second = open_pull(github_world), github_world.open_pull("topic", {"x": "y"}, login="ada")
    edits = [PullRequestEdit(number=first.number, body="x" * 70_000), PullRequestEdit(number=second.number, body="y")]
    with pytest.raises(ForgeRejected):
        github_world.forge.edit_pull_requests(edits)
    assert github_world.repository.pulls[second.number].body == "y", "what can be done is done"


def test_a_move_that_github_refuses_for_another_reason_is_not_a_lost_lease(github_world: GitHubWorld) -> None:
    moves = [move_on(github_world, branch, head) for branch, head in begin(github_world).items()]
    errors = [{"message": "Repository rule violations found", "type": "UNPROCESSABLE", "path": ["updateRefs"]}]
    github_world.hub.fail_next("updateRefs", Reply(body={"data": {"updateRefs": None}, "errors": errors}))
    with pytest.raises(ForgeRejected, match="rule violations"):
        github_world.forge.move_branches(moves)
