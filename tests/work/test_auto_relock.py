"""``autoRelock``: whose pull requests are mended unasked, how often, and that two bots come to an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import CheckJob, RelockJob
from bot.ports.forge import Permission, PullRequest
from bot.ports.judging import CommitReport, LockVerdict, Relocked, Standing
from bot.ports.run import BranchName, FileChange, Sha
from bot.report.relocking import RELOCKED_MARK
from bot.work.heads.auto_relock import MOST_TIMES
from bot.work.heads.head_check import check_job, enter_check
from bot.work.heads.relocking import relock_job
from tests.work.scene import MAIN, REF, Scene, said

BOT = "dependabot[bot]"
TOPIC = BranchName("dependabot/uv/alpha-2.0")
STALE = CommitReport(verdicts=(LockVerdict(path="uv.lock", standing=Standing.STALE),), relocked_for=(BOT,))


@pytest.fixture
def scene() -> Scene:
    """Whose judge says that ``uv.lock`` is stale until lockbot has written it."""
    one = Scene()
    one.judge.report = STALE
    one.judge.relocked = Relocked(files=(FileChange(path="uv.lock", text="alpha 2.0\n"),))
    return one


def opened(scene: Scene, *, author: str = BOT, by: str | None = None) -> PullRequest:
    scene.forge.branches[TOPIC] = scene.forge.branches[MAIN]
    scene.forge.commit(TOPIC, {"pyproject.toml": "alpha>=2"}, author=by or author)
    one = replace(scene.forge.open_for(TOPIC, MAIN, author=author), author_is_bot=author.endswith("[bot]"))
    scene.forge.pull_requests[one.number] = one
    return one


def follow(scene: Scene, number: int) -> bool:
    """Check the head as it is, and whatever follows; whether it was locked again."""
    head = scene.forge.get_pull_request(number).head
    is_right = scene.forge.find_file("uv.lock", head) == "alpha 2.0\n"
    scene.judge.report = replace(STALE, verdicts=()) if is_right else scene.judge.report
    entered = enter_check(scene.ports, CheckJob(repository=REF, head=head, number=number))
    assert entered.job is not None
    _, follows = check_job(scene.ports, entered.job, scene.steps, "guid")
    scene.judge.report = replace(scene.judge.report, verdicts=STALE.verdicts)
    if follows is None:
        return False
    relock_job(scene.ports, follows, scene.steps)
    return True


def head_of(scene: Scene, number: int) -> Sha:
    return scene.forge.get_pull_request(number).head


def test_a_listed_accounts_stale_lock_is_mended(scene: Scene) -> None:
    one = opened(scene)
    assert follow(scene, one.number)
    head = scene.forge.get_commit(head_of(scene, one.number))
    assert (head.vouched, head.parents) == (scene.app.identity.login, (one.head,))
    assert "[dependabot skip]" in head.message
    (told,) = said(scene, one.number)
    assert RELOCKED_MARK in told
    assert not follow(scene, one.number), "the new head is lockbot's own, and right"


@pytest.mark.parametrize(
    ("relocked_for", "author", "by", "is_mended"),
    [
        ((), BOT, None, False),
        (("renovate[bot]",), BOT, None, False),
        (("Dependabot[bot]",), BOT, None, True),
        ((BOT,), BOT, "ada", False),
        ((BOT, "ada"), BOT, "ada", False),
        ((BOT,), "ada", None, False),
        ((BOT,), "ada", BOT, False),
        (("writers",), "ada", None, True),
        (("writers",), "eve", None, False),
        (("writers",), BOT, None, False),
        (("eve",), "eve", None, False),
        (("lockbot[bot]", "writers"), "lockbot[bot]", None, False),
    ],
)
def test_only_a_listed_author_whose_commit_the_head_is(
    scene: Scene, relocked_for: tuple[str, ...], author: str, by: str | None, is_mended: bool
) -> None:
    scene.forge.permissions |= {"ada": Permission.WRITE, "eve": Permission.READ}
    scene.judge.report = replace(STALE, relocked_for=relocked_for)
    assert follow(scene, opened(scene, author=author, by=by).number) is is_mended


def test_a_fork_is_never_mended(scene: Scene) -> None:
    one = replace(opened(scene), from_fork=True, head_repository="dependabot/app", maintainer_can_modify=True)
    scene.forge.pull_requests[one.number] = one
    assert not follow(scene, one.number)
    relock_job(scene.ports, RelockJob(repository=REF, number=one.number, head=one.head), scene.steps)
    assert head_of(scene, one.number) == one.head, "not even by a job that says so"


def test_what_is_not_proven_stale_is_left(scene: Scene) -> None:
    verdict = LockVerdict(path="uv.lock", standing=Standing.UNKNOWN)
    scene.judge.report = replace(STALE, verdicts=(verdict, replace(STALE.verdicts[0], is_touched=False)))
    assert not follow(scene, opened(scene).number)


def test_a_job_for_a_head_that_is_gone_changes_nothing(scene: Scene) -> None:
    one = opened(scene)
    newer = scene.forge.commit(TOPIC, {"a": "b"}, author=BOT)
    relock_job(scene.ports, RelockJob(repository=REF, number=one.number, head=one.head), scene.steps)
    assert head_of(scene, one.number) == newer
    assert said(scene, one.number) == []


# --- two bots -------------------------------------------------------------------------------------


def test_a_bot_that_commits_on_top_is_not_answered_again(scene: Scene) -> None:
    one = opened(scene)
    rounds = 0
    for _ in range(6):
        if not follow(scene, one.number):
            break
        rounds += 1
        scene.forge.commit(TOPIC, {"uv.lock": "alpha 1.5\n", f"{rounds}": "x"}, author=BOT)
    assert rounds == 1


def test_a_bot_that_puts_its_branch_back_is_not_answered_again(scene: Scene) -> None:
    one = opened(scene)
    rounds = 0
    for _ in range(6):
        if not follow(scene, one.number):
            break
        rounds += 1
        scene.forge.amend(TOPIC, {}, by=BOT)
        scene.forge.reset(TOPIC, one.head if rounds % 2 else head_of(scene, one.number))
    assert rounds == 1


def test_a_bot_that_makes_its_commit_anew_is_not_answered_again(scene: Scene) -> None:
    """The same content under another number, as after a forced push of what it had before."""
    one = opened(scene)
    rounds = 0
    for _ in range(6):
        if not follow(scene, one.number):
            break
        rounds += 1
        scene.forge.reset(TOPIC, scene.forge.branches[MAIN])
        scene.forge.commit(TOPIC, {"pyproject.toml": "alpha>=2"}, author=BOT)
    assert rounds == 1


def test_a_bot_that_rebases_on_a_base_that_moved_is_mended_again(scene: Scene) -> None:
    one = opened(scene)
    assert follow(scene, one.number)
    scene.forge.commit(MAIN, {"other.py": "x"}, author="octo")
    scene.forge.reset(TOPIC, scene.forge.branches[MAIN])
    scene.forge.commit(TOPIC, {"pyproject.toml": "alpha>=2"}, author=BOT)
    assert follow(scene, one.number)
    assert len(said(scene, one.number)) == 1, "one comment remembers all"


def test_a_mended_pull_request_that_was_merged_keeps_no_other_from_being_mended(scene: Scene) -> None:
    """Its commits lie below the next one's, where they say nothing of that."""
    first = opened(scene)
    assert follow(scene, first.number)
    scene.forge.reset(MAIN, head_of(scene, first.number))
    scene.forge.close(first.number, by="octo")
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.0\n"}, author="octo")
    other = BranchName("dependabot/uv/beta-2.0")
    scene.forge.branches[other] = scene.forge.branches[MAIN]
    scene.forge.commit(other, {"pyproject.toml": "beta>=2"}, author=BOT)
    one = replace(scene.forge.open_for(other, MAIN, author=BOT), author_is_bot=True)
    scene.forge.pull_requests[one.number] = one
    assert follow(scene, one.number)


def test_there_is_an_end_in_any_case(scene: Scene) -> None:
    one = opened(scene)
    rounds = 0
    for number in range(MOST_TIMES + 5):
        if not follow(scene, one.number):
            break
        rounds += 1
        scene.forge.reset(TOPIC, scene.forge.branches[MAIN])
        scene.forge.commit(TOPIC, {"pyproject.toml": "alpha>=2", "count": str(number)}, author=BOT)
    assert rounds == MOST_TIMES
