"""A pipeline that raises what nobody expected: people are told in one sentence, and the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runs.conftest import Stage, own_stage
from tests.runs.server import eventually

SECRET = "hush-hush-of-the-operator"


@pytest.fixture(scope="module")
def failing_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server of this module's own: no other's log may tell of what nobody expected."""
    with own_stage(tmp_path_factory.mktemp("failing")) as one:
        yield one


@pytest.fixture
def stage(failing_stage: Stage) -> Iterator[Stage]:
    yield failing_stage
    failing_stage.release()


def test_a_run_that_fails_is_told_and_counted_and_blocks_nothing(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.break_pipeline(SECRET)
    stage.server.settle()
    failed, rows = stage.server.jobs()["failed"], len(stage.server.rows("job failed"))
    steps = len(stage.server.rows("step failed"))
    installation = stage.hub.install(repository)
    (check,) = eventually(lambda: list(repository.checks.values()), "a check run")
    stage.server.settle()
    assert (check.head_sha, check.conclusion) == (repository.git.branch("main"), "neutral")
    assert SECRET not in check.summary
    assert "Traceback" not in check.summary
    reference = check.summary.split("`")[1]
    assert [row["reference"] for row in stage.server.rows("job failed")[rows:]] == [reference]
    assert [row["job"] for row in stage.server.rows("step failed")[steps:]] == [reference]
    assert stage.server.jobs()["failed"] == failed + 1
    stage.say_latest(alpha="2.0")
    stage.hub.uninstall(installation)
    assert stage.install(repository).title == "Update alpha"


def test_a_command_that_fails_is_answered(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.break_pipeline(SECRET)
    comment = stage.command(repository, pull, "octo")
    (answer,) = stage.answers(repository, pull)
    assert "failed unexpectedly" in answer
    assert SECRET not in answer
    assert [content for _, content in comment.reactions] == ["eyes", "confused"]


@pytest.mark.crash
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
