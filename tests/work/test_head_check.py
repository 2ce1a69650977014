"""The check run on heads of pull requests: who gets which, and that it is red only where something is proven wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.events.jobs import CheckJob
from bot.ports.forge import (
    Check,
    CheckConclusion,
    ForgeUnavailable,
    Permission,
    PullRequest,
)
from bot.ports.judging import CommitReport, LockVerdict, StaleFile, Standing
from bot.ports.run import BranchName, ConfigState, Problem, RunTooLong, Sha
from bot.work.heads.head_check import check_job, enter_check, give_up_check
from tests.work.scene import MAIN, REF, Scene, opened, propose

TOPIC = BranchName("topic")
LOCK = {"uv.lock": "alpha 2.0\n"}
STALE = LockVerdict(path="uv.lock", standing=Standing.STALE, reason="alpha moved", command="uv lock")
RIGHT = LockVerdict(path="uv.lock", standing=Standing.RIGHT)
UNKNOWN = LockVerdict(path="uv.lock", standing=Standing.UNKNOWN, reason="the index is down")


@dataclass
class Bench:
    """A repository in which ada may write and eve may not."""

    scene: Scene = field(default_factory=Scene)

    def __post_init__(self) -> None:
        self.forge = self.scene.forge
        self.forge.permissions |= {"ada": Permission.WRITE, "eve": Permission.READ}

    def open(self, files: dict[str, str | None] | None = None, *, author: str = "ada") -> PullRequest:
        self.forge.branches[TOPIC] = self.forge.branches[MAIN]
        self.forge.commit(TOPIC, LOCK if files is None else files, author=author)
        return self.forge.open_for(TOPIC, MAIN, author=author)

    def check(self, pull_request: PullRequest, **fields: object) -> Check | None:
        """Both parts of a check, and what is written then."""
        self.job = CheckJob(repository=REF, head=pull_request.head, number=pull_request.number)
        entered = enter_check(self.scene.ports, replace(self.job, **fields))  # type: ignore[arg-type]
        if entered.job is not None:
            check_job(self.scene.ports, entered.job, self.scene.steps, "guid")
        return self.find(pull_request.head)

    def find(self, head: Sha) -> Check | None:
        return next(iter(self.forge.list_checks(head, "lockbot")), None)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("report", "conclusion", "title"),
    [
        (CommitReport(verdicts=(RIGHT,)), "success", "uv.lock is what its requirements resolve to"),
        (CommitReport(), "success", "Nothing that keeps a lock is changed"),
        (CommitReport(verdicts=(STALE,)), "failure", "uv.lock is out of date"),
        (CommitReport(verdicts=(RIGHT, STALE, replace(STALE, path="a"))), "failure", "2 files are out of date"),
        (CommitReport(verdicts=(UNKNOWN,)), "neutral", "uv.lock is not known to be right"),
        (
            CommitReport(verdicts=(RIGHT, replace(STALE, path="a", is_touched=False))),
            "success",
            "uv.lock is what its requirements resolve to",
        ),
        (
            CommitReport(verdicts=(RIGHT,), stale_files=(StaleFile(path="requirements.txt"),)),
            "neutral",
            "requirements.txt is behind the lock",
        ),
        (
            CommitReport(config=ConfigState(path=".lockbot.json", problems=(Problem(message="no"),))),
            "failure",
            ".lockbot.json can't be used",
        ),
        (CommitReport(config=ConfigState(path=".lockbot.json")), "success", "Nothing that keeps a lock is changed"),
        (CommitReport(problems=(Problem(message="no"),)), "neutral", "Not everything could be looked at"),
        (CommitReport(ended="there are too many"), "neutral", "Not everything could be looked at"),
        (CommitReport(enabled=False), "skipped", "lockbot is switched off here"),
    ],
)
def test_it_is_red_where_something_is_proven_wrong(
    bench: Bench, report: CommitReport, conclusion: str, title: str
) -> None:
    bench.scene.judge.report = report
    check = bench.check(bench.open())
    assert check is not None
    assert (check.conclusion, check.title) == (CheckConclusion(conclusion), title)


def test_a_head_that_touches_nothing_is_skipped_without_solving(bench: Bench) -> None:
    check = bench.check(bench.open({"readme.md": "x"}))
    assert check is not None
    assert check.conclusion is CheckConclusion.SKIPPED
    assert bench.scene.judge.asked == []


@pytest.mark.parametrize("path", ["pyproject.toml", "a/uv.lock", "s.py.lock", ".lockbot.json", "requirements.txt"])
def test_a_head_that_touches_such_a_file_is_judged(bench: Bench, path: str) -> None:
    bench.check(bench.open({path: "x"}))
    assert len(bench.scene.judge.asked) == 1


def test_until_it_is_judged_it_runs(bench: Bench) -> None:
    one = bench.open()
    enter_check(bench.scene.ports, CheckJob(repository=REF, head=one.head, number=one.number))
    check = bench.find(one.head)
    assert check is not None
    assert check.is_running


def test_a_newer_head_makes_an_older_check_needless(bench: Bench) -> None:
    old = bench.open()
    bench.forge.commit(TOPIC, {"uv.lock": "alpha 3.0\n"}, author="ada")
    assert bench.check(old) is None
    assert bench.scene.judge.asked == []


def test_a_head_that_is_superseded_between_the_lanes_is_dropped(bench: Bench) -> None:
    old = bench.open()
    entered = enter_check(bench.scene.ports, CheckJob(repository=REF, head=old.head, number=old.number))
    assert entered.job is not None
    bench.forge.commit(TOPIC, {"uv.lock": "alpha 3.0\n"}, author="ada")
    done, follows = check_job(bench.scene.ports, entered.job, bench.scene.steps, "guid")
    assert (done.note, follows, bench.scene.judge.asked) == ("superseded by a newer head", None, [])


def test_a_good_run_replaces_a_bad_one_on_the_same_commit(bench: Bench) -> None:
    one = bench.open()
    bench.scene.judge.report = CommitReport(verdicts=(STALE,))
    bench.check(one)
    bench.scene.judge.report = CommitReport(verdicts=(RIGHT,))
    check = bench.check(one)
    assert check is not None
    assert check.conclusion is CheckConclusion.SUCCESS


def test_a_re_run_finds_the_pull_request_by_its_head(bench: Bench) -> None:
    one = bench.open()
    bench.scene.judge.report = CommitReport(verdicts=(RIGHT,))
    check = bench.check(one, number=None)
    assert check is not None
    assert check.conclusion is CheckConclusion.SUCCESS


def test_a_re_run_of_a_commit_that_no_pull_request_has_uses_no_credentials(bench: Bench) -> None:
    """It may have been a fork's."""
    one = bench.open()
    bench.forge.close(one.number, by="ada")
    bench.scene.judge.report = CommitReport(verdicts=(RIGHT,))
    check = bench.check(one, number=None)
    (asked,) = bench.scene.judge.asked
    assert (asked.is_stranger, asked.touched) == (True, frozenset({"uv.lock"}))
    assert check is not None
    assert check.conclusion is CheckConclusion.SUCCESS


def test_what_a_merge_queue_makes_is_judged_against_its_base(bench: Bench) -> None:
    base = bench.forge.branches[MAIN]
    queued = BranchName("gh-readonly-queue/main/pr-1")
    bench.forge.branches[queued] = base
    head = bench.forge.commit(queued, LOCK, author="ada")
    bench.scene.judge.report = CommitReport(verdicts=(RIGHT,))
    entered = enter_check(bench.scene.ports, CheckJob(repository=REF, head=head, base=base))
    assert entered.job is not None
    check_job(bench.scene.ports, entered.job, bench.scene.steps, "guid")
    check = bench.find(head)
    assert check is not None
    assert check.conclusion is CheckConclusion.SUCCESS
    assert "After the merge" not in check.summary, "nobody reads it there"


# --- whose it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "fork", "is_bot", "is_stranger"),
    [
        ("ada", None, False, False),
        ("eve", None, False, True),
        ("ada", "ada/app", False, True),
        ("dependabot[bot]", None, True, False),
        ("someone[bot]", "someone/app", True, True),
        ("lockbot[bot]", None, True, False),
    ],
)
def test_forks_and_people_without_write_access_are_strangers(
    bench: Bench, author: str, fork: str | None, is_bot: bool, is_stranger: bool
) -> None:
    one = replace(bench.open(author=author), from_fork=fork is not None, author_is_bot=is_bot, head_repository=fork)
    bench.forge.pull_requests[one.number] = one
    check = bench.check(one)
    (asked,) = bench.scene.judge.asked
    assert asked.is_stranger is is_stranger
    assert check is not None
    assert ("Without credentials of indexes" in check.summary) is is_stranger
    assert len(bench.scene.asked) == (0 if is_stranger else 1), "nothing is planned for a stranger"


def test_lockbots_own_commits_were_solved_when_they_were_made(bench: Bench) -> None:
    """They have the check, as it may be required, at the price of four requests; what people put on top is judged."""
    one = opened(bench.scene)
    bench.scene.asked.clear()
    check = bench.check(one)
    assert check is not None
    assert (check.conclusion, check.title) == (CheckConclusion.SUCCESS, "Solved by lockbot")
    assert (bench.scene.judge.asked, bench.scene.asked) == ([], [])
    bench.forge.commit(one.head_branch, {"uv.lock": "alpha 9.0\n"}, author="ada")
    bench.check(bench.forge.get_pull_request(one.number))
    assert len(bench.scene.judge.asked) == 1


def test_strangers_come_last(bench: Bench) -> None:
    one = bench.open(author="eve")
    entered = enter_check(bench.scene.ports, CheckJob(repository=REF, head=one.head, number=one.number))
    assert entered.job is not None
    assert entered.job.is_stranger


# --- policy ---------------------------------------------------------------------------------------


def test_policy_is_that_of_the_default_branch(bench: Bench) -> None:
    bench.forge.commit(MAIN, {".lockbot.json": '{"labels": ["base"]}'}, author="octo")
    bench.check(bench.open({".lockbot.json": '{"labels": ["theirs"]}'}))
    (asked,) = bench.scene.judge.asked
    assert asked.policy is not None
    assert asked.policy.text == '{"labels": ["base"]}'


def test_a_plan_is_made_by_the_policy_of_the_default_branch(bench: Bench) -> None:
    bench.forge.commit(MAIN, {".lockbot.json": '{"labels": ["base"]}'}, author="octo")
    bench.scene.proposals = (propose(),)
    check = bench.check(bench.open())
    (asked,) = bench.scene.asked
    assert asked.config is not None
    assert asked.config.text == '{"labels": ["base"]}'
    assert check is not None
    assert "### After the merge\n\nlockbot would propose:\n\n* Update alpha to 2.0" in check.summary


def test_without_a_configuration_a_plan_does_not_read_that_of_the_commit(bench: Bench) -> None:
    """One that the pull request does not change, because its branch is none of the default one's."""
    bench.check(bench.open())
    (asked,) = bench.scene.asked
    assert asked.config is not None
    assert asked.config.text == "{}"


def test_a_valid_configuration_is_previewed(bench: Bench) -> None:
    bench.scene.judge.report = CommitReport(config=ConfigState(path=".lockbot.json"))
    bench.scene.proposals = (propose(),)
    check = bench.check(bench.open({".lockbot.json": "{}"}))
    (asked,) = bench.scene.asked
    assert asked.config is None, "the run reads it from the commit"
    assert check is not None
    assert "### After the merge, with this configuration" in check.summary
    assert "It is obeyed once it is on the default branch, not before." in check.summary


def test_a_broken_configuration_is_not_previewed(bench: Bench) -> None:
    broken = ConfigState(path=".lockbot.json", problems=(Problem(message="no", path=".lockbot.json", line=3),))
    bench.scene.judge.report = CommitReport(config=broken)
    bench.check(bench.open({".lockbot.json": "{"}))
    (asked,) = bench.scene.asked
    assert asked.config is not None
    report, _ = bench.forge.checks[-1]
    assert report.problems == broken.problems, "they stand beside their lines"


def test_a_plan_that_takes_too_long_is_left_to_the_merge(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(_request: object) -> object:
        raise RunTooLong("20 seconds")

    monkeypatch.setattr(bench.scene, "run", too_long)
    bench.scene.judge.report = CommitReport(verdicts=(RIGHT,))
    check = bench.check(bench.open())
    assert check is not None
    assert check.conclusion is CheckConclusion.SUCCESS
    assert "takes longer than a check may" in check.summary


# --- trouble --------------------------------------------------------------------------------------


def test_an_unexpected_failure_is_no_fault_of_the_pull_requests(bench: Bench) -> None:
    bench.scene.judge.fails = ZeroDivisionError("a path of this machine")
    one = bench.open()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        bench.check(one)
    check = bench.find(one.head)
    assert check is not None
    assert check.conclusion is CheckConclusion.NEUTRAL
    assert "guid" in check.summary
    assert "machine" not in check.summary


def test_what_may_pass_leaves_the_check_running(bench: Bench) -> None:
    bench.scene.judge.fails = ForgeUnavailable("the clone failed")
    one = bench.open()
    with pytest.raises(ForgeUnavailable):
        bench.check(one)
    check = bench.find(one.head)
    assert check is not None
    assert check.is_running
    give_up_check(bench.scene.ports, bench.job, "GitHub is away")
    check = bench.find(one.head)
    assert check is not None
    assert check.conclusion is CheckConclusion.NEUTRAL
