"""What gets lost on a bad day, in a whole server: messages, tokens, the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.events.jobs import Job, SweepJob, SyncJob
from bot.jobs.opening import open_database
from bot.report.head_check import HEAD_CHECK
from tests.github.model import Pull, Repository
from tests.github.wire import Reply
from tests.runs.conftest import Stage, own_stage
from tests.runs.server import eventually


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stage]:
    with own_stage(tmp_path) as one:
        yield one


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def database_of(stage: Stage) -> Path:
    return stage.server.folder / "data" / "lockbot.sqlite"


def let_the_hour_come(stage: Stage, name: str) -> None:
    """What the clock would put on the queue."""
    queue = open_database(f"sqlite:///{database_of(stage)}").open_queue(Now())
    jobs: tuple[tuple[str, Job], ...] = (("sync", SyncJob()), ("sweep", SweepJob()))
    for word, job in jobs:
        queue.store(f"{word}:{name}", (job,))
    queue.close()
    stage.server.settle()


def lose(stage: Stage, act: Callable[[], object]) -> None:
    """Nobody hears what is done."""
    stage.hub.drain()
    url, stage.hub.webhook_url = stage.hub.webhook_url, None
    act()
    stage.hub.drain()
    stage.hub.webhook_url = url


def test_every_lost_message_is_found_within_the_hour(stage: Stage) -> None:
    repository, other = stage.add_repository(), stage.add_repository()
    pull, closed = stage.install(repository), stage.install(other)
    unheard = stage.add_repository()

    def act() -> None:
        stage.hub.push(repository, {"README.md": "more"})
        stage.hub.comment(repository, pull.number, "/lockbot rebase", login="octo")
        stage.hub.close(other, closed.number, login="octo")
        stage.hub.install(unheard)

    lose(stage, act)
    let_the_hour_come(stage, "1")
    assert repository.git.read_commit(pull.head_sha).parents == (repository.git.branch("main"),)
    (comment,) = stage.hub.comments_on(repository, pull.number)[:1]
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]
    assert other.git.branch(closed.head) is None
    assert len(unheard.pulls) == 1
    solved = len(stage.server.rows("run"))
    let_the_hour_come(stage, "2")
    assert len(stage.server.rows("run")) == solved


def list_head_checks(repository: Repository, sha: str) -> list[str]:
    return [one.status for one in repository.checks.values() if (one.head_sha, one.name) == (sha, HEAD_CHECK)]


def test_heads_that_nobody_told_of_have_their_check_within_the_hour(stage: Stage) -> None:
    repository, silent = stage.add_repository(), stage.add_repository()
    own = stage.install(repository)
    stage.install(silent)
    del stage.hub.installations[stage.hub.installation_of(silent)].permissions["checks"]
    opened: list[Pull] = []

    def act() -> None:
        for one in (repository, silent):
            one.git.update_ref("refs/heads/topic", one.git.branch("main") or "")
            stage.hub.push(one, {"pins.toml": "alpha==1.0\nbeta==1.1\n"}, branch="topic", login="octo")
            opened.append(stage.hub.open_pull(one, "topic", login="octo"))
        fork = stage.hub.fork(repository, "ada")
        fork.git.update_ref("refs/heads/words", fork.git.branch("main") or "")
        stage.hub.push(fork, {"README.md": "by hand\n"}, branch="words", login="ada")
        opened.append(stage.hub.open_pull(repository, "words", login="ada", fork=fork))
        stage.hub.push(repository, {"README.md": "by hand\n"}, branch=own.head, login="octo")

    lose(stage, act)
    let_the_hour_come(stage, "3")
    theirs, unseen, forked = opened
    heads = [theirs.head_sha, forked.head_sha, own.head_sha]
    # The message of what was done a moment ago may still come.
    assert [list_head_checks(repository, one) for one in heads] == [[], [], []]
    stage.hub.pass_time(timedelta(minutes=10))
    let_the_hour_come(stage, "4")
    assert [list_head_checks(repository, one) for one in heads] == [["completed"]] * 3
    assert list_head_checks(silent, unseen.head_sha) == []
    asked = len(stage.hub.seen)
    let_the_hour_come(stage, "5")
    assert [list_head_checks(repository, one) for one in heads] == [["completed"]] * 3
    written = [one for one in stage.hub.seen[asked:] if one.method != "GET" and "/repos/" in one.path]
    assert [f"{one.method} {one.path}" for one in written if "access_tokens" not in one.path] == []


def again(stage: Stage, repository: Repository) -> list[int]:
    """A second run of the whole repository; the status of each reading request that it made."""
    asked = len(stage.hub.seen)
    installation = stage.hub.installations[stage.hub.installation_of(repository)]
    stage.hub.emit(
        "installation_repositories",
        {
            "action": "added",
            "installation": {"id": installation.id, "account": {"login": "octo", "id": 1, "type": "User"}},
            "repositories_added": [{"id": repository.id, "full_name": repository.full_name, "name": repository.name}],
            "repositories_removed": [],
        },
    )
    stage.server.settle()
    api = [one for one in stage.hub.seen[asked:] if one.path.startswith(f"/api/v3/repos/{repository.full_name}")]
    return [one.status for one in api if one.method == "GET"]


def test_a_second_run_of_an_unchanged_repository_costs_next_to_nothing(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.install(repository)
    installation = stage.hub.installations[stage.hub.installation_of(repository)]
    first = again(stage, repository)
    used = installation.used["core"]
    second = again(stage, repository)
    # The look at the repository is GraphQL's; what is read beside it has not changed.
    assert len(second) == len(first) <= 4
    assert set(second) == {304}
    assert installation.used["core"] - used <= 3


def test_a_run_whose_clone_fails_is_made_again_and_told_to_nobody(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hub.fail_next(r"GET .*/info/refs$", Reply(status=500, raw=b"oops"))
    pull: Pull = stage.install(repository)
    assert pull.title == "Update alpha"
    assert repository.base_checks == []
    refused = [row for row in stage.server.notes() if row["outcome"] == "refused"]
    assert [row for row in refused if str(repository.id) in str(row["job"])] == []


@pytest.mark.crash
def test_a_database_deleted_under_a_running_server_is_begun_anew(own: Stage) -> None:
    stage = own
    repository, other = stage.add_repository(), stage.add_repository()
    stage.install(repository)
    workers = stage.server.worker_ids()
    for one in database_of(stage).parent.glob("lockbot.sqlite*"):
        one.unlink()
    eventually(lambda: stage.server.worker_ids() not in ([], workers), "the worker is started again")
    assert stage.server.get("/readyz")[0] == 200
    assert stage.install(other).title == "Update alpha"
    assert len(repository.pulls) == 1
    assert {one.statuses[-1] for one in stage.hub.deliveries if one.statuses} == {202}
