"""Processes killed in the middle of a run: it is finished afterwards, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.conftest import Stage, own_stage
from tests.runs.server import eventually

pytestmark = pytest.mark.crash


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with own_stage(tmp_path) as one:
        yield one


def test_a_killed_worker_is_started_again_and_finishes_with_one_pull_request(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hold()
    stage.hub.install(repository)
    stage.wait_until_held()
    (worker,) = stage.server.worker_ids()
    stage.hold()
    os.kill(worker, signal.SIGKILL)
    stage.wait_until_held()
    assert stage.server.worker_ids() != [worker]
    assert repository.pulls == {}
    stage.release()
    stage.server.settle()
    assert [one.title for one in repository.pulls.values()] == ["Update alpha"]
    assert "lockbot_worker_restarts_total 1.0" in stage.server.get("/metrics")[1]


@pytest.mark.parametrize(
    "last",
    [
        r"POST .*/git/trees",
        r"POST .*/git/commits",
        r"POST /api/graphql updateRefs",
        r"POST .*/pulls$",
        r"POST .*/labels",
        r"PATCH .*/pulls/1",
        r"POST .*/issues$",
    ],
)
def test_a_worker_killed_between_two_requests_leaves_one_pull_request(stage: Stage, last: str) -> None:
    repository = stage.add_repository()
    (worker,) = eventually(stage.server.worker_ids, "the worker is there")
    stage.hub.after(last, lambda: os.kill(worker, signal.SIGKILL))
    stage.hub.install(repository)
    eventually(lambda: stage.server.worker_ids() not in ([], [worker]), "the worker is started again")
    stage.server.settle()
    (pull,) = repository.pulls.values()
    assert (pull.state, pull.labels) == ("open", ["dependencies", "python"])
    assert len(repository.issues) == 1
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==1.0\n"}


@pytest.mark.parametrize(
    "last",
    [
        r"POST .*/git/commits",
        # The body tells of the commit that the branch is about to get, then the branch moves, then the text follows.
        r"PATCH .*/pulls/1",
        r"POST /api/graphql updateRefs",
        r"GET .*/pulls/1",
    ],
)
def test_a_worker_killed_while_it_refreshes_a_branch_freezes_nothing(stage: Stage, last: str) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    (worker,) = eventually(stage.server.worker_ids, "the worker is there")
    stage.hub.after(last, lambda: os.kill(worker, signal.SIGKILL))
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.5\n"})
    eventually(lambda: stage.server.worker_ids() not in ([], [worker]), "the worker is started again")
    stage.server.settle()
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==1.5\n"}
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.6\n"})
    stage.server.settle()
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==1.6\n"}
    assert repository.git.read_commit(pull.head_sha).parents == (base,)
    assert stage.answers(repository, pull) == []


@pytest.mark.parametrize(
    "last",
    [
        r"POST .*/git/commits",
        # Both bodies tell of the commits that the branches are about to get, then both move, then both texts follow.
        r"POST /api/graphql updatePullRequest",
        r"POST /api/graphql updateRefs",
        r"GET .*/pulls$",
    ],
)
def test_a_worker_killed_while_it_refreshes_several_branches_freezes_none(stage: Stage, last: str) -> None:
    repository = stage.add_repository()
    stage.say_latest(apart=True, alpha="2.0", beta="2.0")
    stage.install(repository)
    (worker,) = eventually(stage.server.worker_ids, "the worker is there")
    stage.hub.after(last, lambda: os.kill(worker, signal.SIGKILL))
    for pins in ("alpha==1.4\nbeta==1.4\n", "alpha==1.5\nbeta==1.5\n"):
        base = stage.hub.push(repository, {"pins.toml": pins})
        stage.server.settle()
    assert stage.server.worker_ids() != [worker]
    first, second = sorted(repository.open_pulls(), key=lambda one: one.head)
    assert repository.git.files(first.head_sha)["pins.toml"] == "alpha==2.0\nbeta==1.5\n"
    assert repository.git.files(second.head_sha)["pins.toml"] == "alpha==1.5\nbeta==2.0\n"
    for one in (first, second):
        assert repository.git.read_commit(one.head_sha).parents == (base,)
        assert one.head_sha in one.body
        assert stage.answers(repository, one) == []


@pytest.mark.parametrize("lost", [r"updatePullRequest", r"updateRefs", r"POST .*/git/trees"])
def test_an_answer_that_is_lost_while_several_are_refreshed_freezes_none(stage: Stage, lost: str) -> None:
    repository = stage.add_repository()
    stage.say_latest(apart=True, alpha="2.0", beta="2.0")
    stage.install(repository)
    stage.hub.lose_next(lost)
    stage.hub.push(repository, {"pins.toml": "alpha==1.5\nbeta==1.5\n"})
    stage.server.settle()
    first, second = sorted(repository.open_pulls(), key=lambda one: one.head)
    assert repository.git.files(first.head_sha)["pins.toml"] == "alpha==2.0\nbeta==1.5\n"
    assert repository.git.files(second.head_sha)["pins.toml"] == "alpha==1.5\nbeta==2.0\n"
    assert stage.answers(repository, first) == stage.answers(repository, second) == []


def test_a_killed_server_takes_its_workers_with_it_and_resumes(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hold()
    stage.hub.install(repository)
    stage.wait_until_held()
    (worker,) = stage.server.worker_ids()
    stage.server.kill()
    stage.release()
    eventually(lambda: not _is_alive(worker), "the worker has ended")
    stage.server.start()
    eventually(lambda: repository.pulls, "the run is finished")
    stage.server.settle()
    assert [one.title for one in repository.pulls.values()] == ["Update alpha"]


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_webhooks_are_kept_while_no_worker_runs(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.server.stop()
    stage.server.workers = 0
    stage.server.start()
    stage.hub.install(repository)
    stage.hub.drain()
    assert 'lockbot_jobs{state="waiting"} 0.0' not in stage.server.get("/metrics")[1]
    stage.server.stop()
    stage.server.workers = 1
    stage.server.start()
    stage.server.settle()
    assert len(repository.pulls) == 1


def test_a_server_that_stops_in_the_middle_of_a_run_tells_of_no_failure(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hold()
    stage.hub.install(repository)
    stage.wait_until_held()
    stage.server.begin_stop()
    eventually(lambda: stage.server.rows("worker ends"), "the worker is about to end")
    stage.release()
    stage.server.stop()
    assert repository.checks == {}
    stage.server.start()
    stage.server.settle()
    assert (len(repository.pulls), repository.checks) == (1, {})
