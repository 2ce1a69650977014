"""Checks on people's pull requests, through the server as a process: signed webhooks in, check runs out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import Hub
from tests.github.model import CheckRun, Pull, Repository
from tests.github.wire import Reply
from tests.runs.conftest import HUSH, Stage, make_stage
from tests.runs.server import PATIENCE, eventually

RIGHT = {"pins.toml": "alpha==1.0\n", "uv.lock": "alpha==1.0\n"}
BOT = "dependabot[bot]"


@pytest.fixture(scope="module")
def checking_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """With a worker for checks beside the one for everything else."""
    folder = tmp_path_factory.mktemp("checks")
    with Hub(folder / "hub") as hub:
        one = make_stage(folder, hub)
        one.server.checkers = 1
        one.server.start()
        try:
            yield one
        finally:
            one.release()
            code = one.server.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        failures = [line for line in one.server.log().splitlines() if "Traceback" in line]
        assert [line for line in failures if not any(name in line for name in one.meant)] == []


@pytest.fixture
def stage(checking_stage: Stage) -> Iterator[Stage]:
    checking_stage.say_latest()
    yield checking_stage
    checking_stage.release()


def repository_of(stage: Stage) -> Repository:
    """Installed, with nothing to propose."""
    repository = stage.hub.add_repository(f"octo/app-{next(stage.names)}", RIGHT)
    stage.hub.add_collaborator(repository, "ada", "write")
    stage.hub.install(repository)
    stage.server.settle()
    return repository


def open_pull(
    stage: Stage,
    repository: Repository,
    files: dict[str, str | None],
    *,
    login: str = "ada",
    branch: str = "topic",
    fork: Repository | None = None,
) -> Pull:
    home = fork or repository
    main = repository.git.branch("main")
    assert main is not None
    home.git.update_ref(f"refs/heads/{branch}", main)
    stage.hub.push(home, files, branch=branch, login=login, quiet=True)
    pull = stage.hub.open_pull(repository, branch, login=login, fork=fork)
    stage.server.settle()
    return pull


def checks(repository: Repository, sha: str) -> list[CheckRun]:
    """Those of a commit, the newest first: GitHub shows that one."""
    found = [one for one in repository.checks.values() if (one.head_sha, one.name) == (sha, "lockbot")]
    return sorted(found, key=lambda one: -one.id)


def check(repository: Repository, sha: str) -> tuple[str | None, str]:
    one = checks(repository, sha)[0]
    assert one.status == "completed"
    return one.conclusion, one.title


def test_a_stale_lock_is_red_until_it_is_mended(stage: Stage) -> None:
    repository = repository_of(stage)
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"})
    (one,) = checks(repository, pull.head_sha)
    assert (one.conclusion, one.title) == ("failure", "uv.lock is out of date")
    assert "it does not say what pins" in one.summary
    assert "comment `/lockbot relock`" in one.summary
    assert "### After the merge" in one.summary
    stage.hub.push(repository, {"uv.lock": "alpha==2.0\n"}, branch="topic", login="ada")
    stage.server.settle()
    assert check(repository, pull.head_sha) == ("success", "uv.lock is what its requirements resolve to")
    assert check(repository, one.head_sha)[0] == "failure", "the commit before says what it said"


def test_every_head_gets_one(stage: Stage) -> None:
    repository = repository_of(stage)
    pull = open_pull(stage, repository, {"readme.md": "x"})
    assert check(repository, pull.head_sha)[0] == "skipped"
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.0\n"}, branch="topic", login="ada")
    stage.server.settle()
    assert check(repository, pull.head_sha)[0] == "failure"


def test_what_a_merge_queue_makes_gets_one(stage: Stage) -> None:
    repository = repository_of(stage)
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n", "uv.lock": "alpha==2.0\n"})
    untouched = open_pull(stage, repository, {"readme.md": "x"}, branch="other")
    for number, conclusion in ((pull.number, "success"), (untouched.number, "skipped")):
        queued = stage.hub.queue(repository, number)
        stage.server.settle()
        assert check(repository, queued)[0] == conclusion


def test_a_check_is_finished_while_a_run_of_the_same_repository_goes_on(stage: Stage) -> None:
    repository = repository_of(stage)
    stage.hold()
    stage.hub.push(repository, {".lockbot.json": "{}"})
    stage.wait_until_held()
    pull = open_topic(stage, repository, "topic", {"pins.toml": "alpha==2.0\n"})
    wait_until_red(repository, pull.head_sha, patience=30)
    stage.release()
    stage.server.settle()


def test_re_run_acts_and_a_good_one_replaces_a_bad_one(stage: Stage) -> None:
    repository = repository_of(stage)
    world = stage.server.folder / "world.json"
    world.write_text(f'{{"latest": {{}}, "judge broken": "{HUSH}"}}')
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n", "uv.lock": "alpha==2.0\n"})
    (one,) = checks(repository, pull.head_sha)
    assert (one.conclusion, one.title) == ("neutral", "lockbot could not finish this check")
    assert HUSH not in one.summary
    (failed,) = [row for row in stage.server.rows("job failed") if str(row["reference"]) in one.summary]
    stage.meant |= {HUSH, str(failed["reference"])}
    stage.say_latest()
    stage.hub.rerun_check(repository, one, login="ada")
    stage.server.settle()
    assert check(repository, pull.head_sha)[0] == "success"
    stage.hub.rerun_all(repository, pull.head_sha, login="ada")
    stage.server.settle()
    assert check(repository, pull.head_sha)[0] == "success"


def test_a_forks_head_is_checked_as_a_strangers(stage: Stage) -> None:
    repository = repository_of(stage)
    fork = stage.hub.fork(repository, "eve")
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login="eve", fork=fork)
    (one,) = checks(repository, pull.head_sha)
    assert one.conclusion == "failure"
    assert "Without credentials of indexes" in one.summary
    assert "After the merge" not in one.summary
    stage.hub.rerun_check(repository, one, login="ada")
    stage.server.settle()
    again, _ = checks(repository, pull.head_sha)
    assert "Without credentials of indexes" in again.summary, "found by its head, and a stranger's still"


# --- autoRelock -----------------------------------------------------------------------------------


def relock_for(stage: Stage, *accounts: str) -> None:
    listed = ", ".join(f'"{one}"' for one in accounts)
    (stage.server.folder / "world.json").write_text(f'{{"latest": {{}}, "relocked_for": [{listed}]}}')


def test_a_listed_bots_pull_request_is_mended_once(stage: Stage) -> None:
    repository = repository_of(stage)
    relock_for(stage, BOT)
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login=BOT)
    stage.server.settle()
    commit = repository.git.read_commit(pull.head_sha)
    (below,) = commit.parents
    assert repository.git.files(pull.head_sha)["uv.lock"] == "alpha==2.0\n"
    assert pull.head_sha in repository.verified
    assert "[dependabot skip]" in commit.message
    assert check(repository, below)[0] == "failure"
    assert check(repository, pull.head_sha)[0] == "success"
    (told,) = stage.answers(repository, pull)
    assert told.startswith("The lock did not say what the manifests of this pull request say")


def test_an_account_that_is_not_listed_is_left_alone(stage: Stage) -> None:
    repository = repository_of(stage)
    relock_for(stage, "renovate[bot]")
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login=BOT)
    head = pull.head_sha
    stage.server.settle()
    assert pull.head_sha == head
    assert stage.answers(repository, pull) == []


@pytest.mark.parametrize("is_forced", [False, True])
def test_two_bots_that_relock_each_other_end_after_one_round(stage: Stage, is_forced: bool) -> None:
    """The other one puts the lock back as soon as anybody changes it: on top, or by a forced push of what it had."""
    repository = repository_of(stage)
    relock_for(stage, BOT)
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login=BOT)
    stage.server.settle()
    own = {login.name for login in (repository.git.read_commit(pull.head_sha).author,)}
    assert own == {stage.hub.app.bot.login}
    for number in range(3):
        if is_forced:
            (theirs,) = repository.git.read_commit(pull.head_sha).parents if number == 0 else (pull.head_sha,)
            stage.hub.force_push(repository, "topic", theirs, login=BOT)
        else:
            stage.hub.push(repository, {"uv.lock": f"alpha==1.{number}\n"}, branch="topic", login=BOT)
        head = pull.head_sha
        stage.server.settle()
        assert pull.head_sha == head, "not answered again"


# --- GitHub's bad days ----------------------------------------------------------------------------


def test_a_check_run_that_github_fails_to_take_is_written_all_the_same(stage: Stage) -> None:
    repository = repository_of(stage)
    stage.hub.fail_next(f"/repos/{repository.full_name}/check-runs", Reply(status=502, raw=b"Bad Gateway"))
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"})
    wait_until_red(repository, pull.head_sha)


def test_without_the_permission_nothing_else_is_lost(stage: Stage) -> None:
    repository = stage.hub.add_repository(f"octo/app-{next(stage.names)}", {**RIGHT, "pins.toml": "alpha==1.0\n"})
    stage.say_latest(alpha="3.0")
    stage.hub.install(repository, without="checks")
    stage.server.settle()
    assert [one.title for one in repository.open_pulls()] == ["Update alpha"]
    open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login="octo")
    assert repository.checks == {}


@pytest.mark.crash
def test_a_checker_that_is_killed_is_replaced_and_the_check_is_finished(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        stage = make_stage(tmp_path, hub)
        stage.server.checkers = 1
        stage.server.start()
        try:
            repository = repository_of(stage)
            for number in range(3):
                pull = open_topic(stage, repository, f"topic-{number}", {"pins.toml": f"alpha==2.{number}\n"})
                for worker in stage.server.worker_ids():
                    os.kill(worker, signal.SIGKILL)
                wait_until_red(repository, pull.head_sha)
        finally:
            stage.server.stop()


def open_topic(stage: Stage, repository: Repository, branch: str, files: dict[str, str | None]) -> Pull:
    """Nothing is waited for."""
    main = repository.git.branch("main")
    assert main is not None
    repository.git.update_ref(f"refs/heads/{branch}", main)
    stage.hub.push(repository, files, branch=branch, login="ada", quiet=True)
    return stage.hub.open_pull(repository, branch, login="ada")


def wait_until_red(repository: Repository, sha: str, *, patience: float = PATIENCE) -> None:
    eventually(
        lambda: [one for one in checks(repository, sha) if one.conclusion == "failure"],
        "the check is finished",
        patience=patience,
    )


# --- /lockbot relock ------------------------------------------------------------------------------


def test_a_person_has_the_lock_of_her_pull_request_made_again(stage: Stage) -> None:
    repository = repository_of(stage)
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"})
    before = pull.head_sha
    comment = stage.command(repository, pull, "ada", "/lockbot relock")
    assert repository.git.read_commit(pull.head_sha).parents == (before,)
    assert repository.git.files(pull.head_sha)["uv.lock"] == "alpha==2.0\n"
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]
    assert check(repository, pull.head_sha)[0] == "success", "the new head was checked, and is right"


@pytest.mark.parametrize("may_modify", [True, False])
def test_a_fork_is_pushed_to_where_its_author_lets_maintainers(stage: Stage, may_modify: bool) -> None:
    repository = repository_of(stage)
    fork = stage.hub.fork(repository, "eve")
    pull = open_pull(stage, repository, {"pins.toml": "alpha==2.0\n"}, login="eve", fork=fork)
    pull.maintainer_can_modify = may_modify
    before = pull.head_sha
    stage.command(repository, pull, "eve", "/lockbot relock")
    assert (pull.head_sha != before) is may_modify
    (answer,) = stage.answers(repository, pull)
    assert ("Here is what I would have committed" in answer) is not may_modify
    stage.command(repository, pull, "mallory", "/lockbot relock")
    assert any("can give me" in one for one in stage.answers(repository, pull)), "strangers are told, once"
