"""Where others act under lockbot's name (a repository's workflows, the person whose token it is), the name proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.forge.memory import MemoryForgeApp
from bot.orders import Order
from bot.ports.forge import AppIdentity, BranchUpdate, Permission, PullRequest, PullRequestState
from bot.ports.run import FileChange, Sha
from bot.work.commands.obeying import receive_command
from bot.work.publishing.body_block import find_block
from bot.work.publishing.merging import find_obstacle
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, act, one_outcome, opened, propose, propose_group, run, said
from tests.work.test_commands import give, order
from tests.work.test_merging import check, state

WORKFLOWS = AppIdentity(slug="github-actions", login="github-actions[bot]", is_shared=True)
PERSON = AppIdentity(slug="ada", login="ada", is_shared=True)


@pytest.fixture(params=[WORKFLOWS, PERSON], ids=["workflows", "person"])
def scene(request: pytest.FixtureRequest) -> Scene:
    scene = Scene(app=MemoryForgeApp(identity=request.param))
    scene.forge.permissions["ada"] = Permission.WRITE
    return scene


def move_base(scene: Scene, version: str = "1.1") -> Sha:
    return scene.forge.commit(MAIN, {"uv.lock": f"alpha {version}\n"}, author="octo")


def by_the_same_name(scene: Scene, text: str = "else") -> Sha:
    """Another workflow, or the person on GitHub's pages: the forge vouches for the same account."""
    base = scene.forge.branches[MAIN]
    files = (FileChange(path="else.txt", text=text),)
    head = scene.forge.branches.get(BRANCH)
    return scene.forge.push_branch(
        BranchUpdate(branch=BRANCH, base=base, expected=head, message="Else\n", files=files)
    ).head


def current(scene: Scene, pull: PullRequest) -> PullRequest:
    return scene.forge.pull_requests[pull.number]


# --- whose branch ---------------------------------------------------------------------------------


def test_its_commits_say_so_themselves(scene: Scene) -> None:
    opened(scene)
    message = scene.forge.get_commit(scene.forge.branches[BRANCH]).message
    assert message.splitlines() == ["Update", "", f"Lockbot-Branch: {BRANCH}"]
    move_base(scene)
    run(scene)
    assert f"Lockbot-Branch: {BRANCH}" in scene.forge.get_commit(scene.forge.branches[BRANCH]).message


def test_an_apps_own_commits_say_nothing_more() -> None:
    scene = Scene()
    opened(scene)
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).message == "Update\n"


def test_a_branch_of_the_same_name_and_account_is_not_taken(scene: Scene) -> None:
    head = by_the_same_name(scene)
    scene.proposals = (propose(),)
    assert one_outcome(scene) is Outcome.FOREIGN
    assert scene.forge.branches[BRANCH] == head


def test_an_app_of_its_own_takes_what_the_forge_vouches_for() -> None:
    scene = Scene()
    by_the_same_name(scene)
    scene.proposals = (propose(),)
    assert one_outcome(scene) is Outcome.OPENED


def test_a_run_that_was_killed_before_its_pull_request_goes_on(scene: Scene) -> None:
    pull = opened(scene)
    del scene.forge.pull_requests[pull.number]
    assert one_outcome(scene) is Outcome.OPENED


def test_commits_of_the_same_account_on_an_open_pull_request_are_left_alone(scene: Scene) -> None:
    pull = opened(scene)
    theirs = by_the_same_name(scene)
    move_base(scene)
    assert [one_outcome(scene) for _ in range(2)] == [Outcome.EDITED] * 2
    assert scene.forge.branches[BRANCH] == theirs
    (words,) = said(scene, pull.number)
    assert "has moved this branch" in words


def amend(scene: Scene) -> Sha:
    """The message stays, with the line that says whose it was."""
    return scene.forge.amend(BRANCH, {"fix.py": "by hand"}, by="bob")


def commit(scene: Scene) -> Sha:
    return scene.forge.commit(BRANCH, {"fix.py": "by hand"}, author="bob")


@pytest.mark.parametrize("moved", [amend, commit, by_the_same_name])
def test_what_was_moved_before_there_was_a_pull_request_is_nobodys_but_theirs(
    scene: Scene, moved: Callable[[Scene], Sha]
) -> None:
    pull = opened(scene)
    del scene.forge.pull_requests[pull.number]
    theirs = moved(scene)
    assert one_outcome(scene) is Outcome.FOREIGN
    assert scene.forge.branches[BRANCH] == theirs


# --- whose pull request ---------------------------------------------------------------------------


def test_a_pull_request_of_the_same_account_without_the_block_is_not_ours(scene: Scene) -> None:
    scene.forge.branches[BRANCH] = scene.forge.commit(BRANCH, {"else.txt": "1"}, author="bob")
    other = scene.forge.open_for(BRANCH, MAIN, author=scene.app.identity.login)
    before = current(scene, other)
    scene.proposals = (propose(),)
    assert one_outcome(scene) is Outcome.FOREIGN
    scene.proposals = ()
    run(scene, Scope.TURN)
    assert current(scene, other) == before
    assert said(scene, other.number) == []


def test_limits_count_ours_alone(scene: Scene) -> None:
    for number in range(6):
        name = type(BRANCH)(f"topic-{number}")
        scene.forge.branches[name] = scene.forge.commit(name, {"else.txt": "1"}, author="bob")
        scene.forge.open_for(name, MAIN, author=scene.app.identity.login)
    scene.proposals = (propose(),)
    assert act(scene) == [(BRANCH, Outcome.OPENED)]


def test_closing_counts_whoever_it_was_and_retiring_does_not(scene: Scene) -> None:
    scene.proposals = (propose_group(alpha="1.1"),)
    run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.close(pull.number, by=scene.app.identity.login)
    del scene.forge.branches[BRANCH]
    assert one_outcome(scene) is Outcome.SNOOZED
    scene.proposals = (propose_group(alpha="1.2"),)
    run(scene, Scope.TURN)
    (again,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.proposals = ()
    run(scene)
    assert current(scene, again).state is PullRequestState.CLOSED
    block = find_block(current(scene, again).body)
    assert block is not None
    assert block.retired
    scene.proposals = (propose_group(alpha="1.2"),)
    assert one_outcome(scene) is Outcome.OPENED


# --- words ----------------------------------------------------------------------------------------


def test_the_shared_name_addresses_nobody(scene: Scene) -> None:
    pull = opened(scene)
    job = order(scene, pull.number, "rebase")
    named = replace(job, orders=(Order(word="rebase", handle=scene.app.identity.slug),))
    done = receive_command(scene.ports, named)
    assert done is not None
    assert done.note == "nothing of this App's"
    assert give(scene, pull.number, "help")[0].note == "help"


def test_checks_of_other_workflows_vouch_and_lockbots_own_do_not() -> None:
    tests = state(check(creator="github-actions"))
    own = state(check("lockbot", creator="github-actions"), check("lockbot problems", creator="github-actions"))
    assert find_obstacle(tests, WORKFLOWS, ignores_tests=False) is None
    assert find_obstacle(own, WORKFLOWS, ignores_tests=False) is not None
    assert find_obstacle(state(check(creator="")), WORKFLOWS, ignores_tests=False) is not None
