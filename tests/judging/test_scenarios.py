"""Scenarios of judging: what is said of a pull request's commit, and what locking it again makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bot.ports.judging import CommitReport, Relocked, Standing
from tests.judging.scenario import Case, found_relock, found_verdict, read_case

FOLDER = Path(__file__).parent / "scenarios"
CASES = {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in sorted(FOLDER.rglob("*.toml"))}


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return read_case(request.param)


def test_a_commit_is_judged_as_the_scenario_says(case: Case) -> None:
    report = case.judge()
    assert found_verdict(report, case.verdict) == dict(case.verdict)
    kind = TypeAdapter(CommitReport)
    assert kind.validate_json(kind.dump_json(report)) == report, "a worker keeps it as JSON"


def test_what_was_locked_again_is_right(case: Case) -> None:
    if case.relock is None:
        return
    done = case.make_lock()
    assert found_relock(done, case.relock) == dict(case.relock)
    kind = TypeAdapter(Relocked)
    assert kind.validate_json(kind.dump_json(done)) == done, "a worker keeps it as JSON"
    if not done.problems:
        after = case.with_files(done)
        report = after.judge()
        assert {one.standing for one in report.verdicts} <= {Standing.RIGHT}
        assert report.stale_files == ()
        assert after.make_lock().files == (), "there is nothing left to do"
