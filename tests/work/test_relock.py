"""``/lockbot relock``: whose branch is committed to, and what is said where none can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.forge import ForgeForbidden, Permission, PullRequest, Reaction
from bot.ports.judging import Relocked
from bot.ports.run import BranchName, FileChange, LockChange, LockChangeKind, Problem
from bot.report.relocking import RELOCK_TRAILER
from bot.work.commands.obeying import command_job
from tests.work.scene import MAIN, Scene
from tests.work.scene import said as all_said
from tests.work.test_commands import BAD, GOOD, give, order, words

TOPIC = BranchName("topic")
NEW = FileChange(path="uv.lock", text="alpha 2.0\n")
MADE = Relocked(
    files=(NEW,),
    changes=(LockChange(lockfile="uv.lock", package="alpha", kind=LockChangeKind.CHANGED, before="1", after="2.0"),),
    patch="--- a/uv.lock\n+++ b/uv.lock\n@@ -1 +1 @@\n-alpha 1.0\n+alpha 2.0\n",
)


@pytest.fixture
def scene() -> Scene:
    one = Scene()
    one.forge.permissions |= {"ada": Permission.WRITE}
    one.judge.relocked = MADE
    return one


def opened(scene: Scene, *, author: str = "ada") -> PullRequest:
    scene.forge.branches[TOPIC] = scene.forge.branches[MAIN]
    scene.forge.commit(TOPIC, {"pyproject.toml": "alpha>=2"}, author=author)
    return scene.forge.open_for(TOPIC, MAIN, author=author)


def opened_from_fork(scene: Scene, *, may_modify: bool) -> PullRequest:
    fork = scene.forge.forks.setdefault("eve/app", {})
    fork[TOPIC] = scene.forge.commit(BranchName("made elsewhere"), {"pyproject.toml": "alpha>=2"}, author="eve")
    return scene.forge.open_for(TOPIC, MAIN, author="eve", fork="eve/app", maintainer_can_modify=may_modify)


def said(scene: Scene, number: int) -> list[str]:
    return words(all_said(scene, number))


def relock(scene: Scene, pull_request: PullRequest, author: str = "ada") -> list[Reaction]:
    """The command, and how it was reacted to."""
    return give(scene, pull_request.number, "relock", author=author)[1]


def test_the_lock_is_committed_on_top_of_the_branch(scene: Scene) -> None:
    one = opened(scene)
    assert relock(scene, one) == GOOD
    head = scene.forge.get_pull_request(one.number).head
    commit = scene.forge.get_commit(head)
    assert commit.parents == (one.head,)
    assert scene.forge.find_file("uv.lock", head) == "alpha 2.0\n"
    assert commit.message == f"Update uv.lock to what the manifests say\n\n{RELOCK_TRAILER} {one.head}\n"
    (answer,) = said(scene, one.number)
    assert answer.startswith(f"Done, in {head}.")
    assert "| `alpha` | `1` | `2.0` |" in answer


def test_it_is_solved_as_the_pull_requests_author_may(scene: Scene) -> None:
    """Who gives the command may write; what is solved is the author's."""
    relock(scene, opened_from_fork(scene, may_modify=True))
    (asked,) = scene.judge.asked
    assert asked.is_stranger


def test_a_commit_to_dependabots_branch_lets_it_go_on(scene: Scene) -> None:
    one = replace(opened(scene, author="dependabot[bot]"), author_is_bot=True)
    scene.forge.pull_requests[one.number] = one
    relock(scene, one)
    assert "[dependabot skip]" in scene.forge.get_commit(scene.forge.get_pull_request(one.number).head).message


def test_where_every_lock_is_right_that_is_said(scene: Scene) -> None:
    scene.judge.relocked = Relocked()
    one = opened(scene)
    assert relock(scene, one) == GOOD
    assert scene.forge.get_pull_request(one.number).head == one.head
    assert said(scene, one.number)[0].startswith("Every lock here is what its manifest resolves to")


def test_where_no_lock_can_be_made_the_reason_is_said(scene: Scene) -> None:
    scene.judge.relocked = Relocked(problems=(Problem(path="uv.lock", message="@ada broke it"),))
    one = opened(scene)
    assert relock(scene, one) == BAD
    (answer,) = said(scene, one.number)
    assert answer.startswith("I could not make the lock again:\n\n* `uv.lock`: @\u200bada broke it")


def test_a_fork_is_committed_to_where_maintainers_may(scene: Scene) -> None:
    one = opened_from_fork(scene, may_modify=True)
    assert relock(scene, one) == GOOD
    head = scene.forge.forks["eve/app"][TOPIC]
    assert scene.forge.get_commit(head).parents == (one.head,)


def test_a_fork_that_lets_nobody_in_is_shown_the_patch(scene: Scene) -> None:
    one = opened_from_fork(scene, may_modify=False)
    assert relock(scene, one) == GOOD
    assert scene.forge.forks["eve/app"][TOPIC] == one.head
    (answer,) = said(scene, one.number)
    assert "does not let maintainers change it" in answer
    assert "```diff\n--- a/uv.lock" in answer
    assert len(answer) <= scene.forge.limits.body


def test_where_the_forge_refuses_the_patch_is_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_forge: object, _update: object) -> None:
        raise ForgeForbidden("topic is protected")

    monkeypatch.setattr(type(scene.forge), "push_commit", refuse)
    one = opened(scene)
    assert relock(scene, one) == GOOD
    assert said(scene, one.number)[0].startswith("I can't push to this branch: topic is protected.")


def test_a_patch_that_is_too_long_is_not_shown(scene: Scene) -> None:
    scene.judge.relocked = replace(MADE, patch="+x\n" * 30_000)
    one = opened_from_fork(scene, may_modify=False)
    relock(scene, one)
    (answer,) = said(scene, one.number)
    assert "it is too long to be shown here" in answer
    assert len(answer) < 2_000


def test_lockbots_own_is_rebased_instead(scene: Scene) -> None:
    one = opened(scene, author=scene.app.identity.login)
    assert relock(scene, one) == BAD
    assert "/lockbot rebase" in said(scene, one.number)[0]
    assert scene.judge.asked == []


def test_a_branch_that_moves_meanwhile_is_left(scene: Scene) -> None:
    one = opened(scene)
    judge = scene.judge

    class Moving:
        def judge(self, request: object) -> object:
            raise AssertionError(request)

        def relock(self, request: object) -> Relocked:
            scene.forge.commit(TOPIC, {"a": "b"}, author="ada")
            return judge.relocked

    scene.judge = Moving()  # type: ignore[assignment]
    assert relock(scene, one) == BAD
    assert said(scene, one.number)[0].startswith("The branch has moved meanwhile")


def test_a_command_that_was_cut_off_after_it_pushed_pushes_nothing_more(scene: Scene) -> None:
    """The head that was solved for is recorded; the commit on it is found to be there."""
    one = opened(scene)
    relock(scene, one)
    pushed = scene.forge.get_pull_request(one.number).head

    class Recorded:
        def run(self, name: str, kind: type, action: object) -> object:
            is_recorded = name.endswith("look at the head")
            return one.head if is_recorded else scene.steps.run(name, kind, action)  # type: ignore[arg-type]

    command_job(scene.ports, order(scene, one.number, "relock", author="ada"), Recorded(), "guid")  # type: ignore[arg-type]
    assert scene.forge.get_pull_request(one.number).head == pushed
    assert said(scene, one.number)[-1].startswith(f"Done, in {pushed}.")


@pytest.mark.parametrize(("author", "is_obeyed"), [("ada", True), ("eve", True), ("mallory", False)])
def test_writers_and_the_author_may(scene: Scene, author: str, is_obeyed: bool) -> None:
    one = opened_from_fork(scene, may_modify=True)
    relock(scene, one, author=author)
    assert (scene.forge.forks["eve/app"][TOPIC] != one.head) is is_obeyed
