"""What a run tells on the dashboard, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import (
    BranchName,
    ConfigState,
    DetectedFile,
    DetectedPackage,
    HeldBack,
    LeftAlone,
    Problem,
    Sha,
    UpdateKind,
)
from bot.work.dashboard.facts import Findings, digest, measure, remember, tell
from bot.work.dashboard.state import DashboardState, want_opened
from bot.work.publishing.outcome import Outcome, Published
from tests.work.dashboard.findings import BROKEN, DAY, DETECTED, OTHER, findings, not_open, opened
from tests.work.scene import BRANCH, MAIN, propose

EMPTY = DashboardState()


def pull(number: int = 7, branch: BranchName = OTHER, title: str = "A title of a person's") -> PullRequest:
    return PullRequest(
        number=number,
        state=PullRequestState.OPEN,
        title=title,
        body="",
        author="lockbot[bot]",
        head_branch=branch,
        head=Sha("c" * 40),
        base_branch=MAIN,
    )


def done(outcome: Outcome, number: int | None = None, reason: str = "") -> Published:
    return Published(branch=OTHER, outcome=outcome, number=number, reason=reason)


def after(*runs: Findings) -> DashboardState:
    state = EMPTY
    for one in runs:
        state = remember(state, one)
    return state


# --- open -----------------------------------------------------------------------------------------


def test_what_was_opened_is_told_by_its_proposal_and_what_was_open_by_its_own_title() -> None:
    given = replace(findings(opened(BRANCH, 3), done(Outcome.UNCHANGED, 7)), pulls=(pull(7),))
    rows = tell(given, EMPTY).open
    assert [(one.number, one.branch, one.title, one.mover) for one in rows] == [
        (3, BRANCH, "Update alpha to 2.0", ""),
        (7, OTHER, "A title of a person's", ""),
    ]


def test_one_that_somebody_moved_is_told_so() -> None:
    given = replace(findings(done(Outcome.EDITED, 7, "octo")), pulls=(pull(7),))
    assert [one.mover for one in tell(given, EMPTY).open] == ["octo"]


def test_one_that_is_open_with_nothing_proposed_is_told_and_one_that_was_closed_is_not() -> None:
    left, gone = BranchName("lockbot/left"), BranchName("lockbot/gone")
    retired = Published(branch=gone, outcome=Outcome.RETIRED, number=9)
    given = replace(findings(), published=(retired,), pulls=(pull(8, left), pull(9, gone)))
    assert [one.branch for one in tell(given, EMPTY).open] == [left]


# --- waiting and closed ---------------------------------------------------------------------------


def test_what_is_not_open_waits_for_its_schedule() -> None:
    own = replace(propose(branch=BRANCH), schedule=("before 4am",))
    given = findings(not_open(), not_open(BRANCH), proposals=(own,), config=ConfigState(timezone="Europe/Berlin"))
    assert [(one.branch, one.why) for one in tell(given, EMPTY).waiting] == [
        (BRANCH, "it is opened at a turn of its schedule (before 4am; Europe/Berlin)"),
        (OTHER, "it is opened at the weekly turn, early on Monday (Europe/Berlin)"),
    ]


def test_what_a_person_closed_is_told_with_its_number() -> None:
    given = findings(done(Outcome.SNOOZED, 7))
    assert [(one.branch, one.number) for one in tell(given, after(given)).closed] == [(OTHER, 7)]


def test_what_was_open_and_is_not_any_more_was_closed() -> None:
    """A run that opens nothing does not look back."""
    runs = (findings(opened()), findings(not_open()), findings(not_open()))
    facts = tell(runs[2], after(*runs))
    assert ([one.number for one in facts.closed], facts.waiting) == ([7], ())


def test_what_goes_beyond_what_was_closed_waits() -> None:
    newer = findings(not_open(), proposals=(propose("3.0", OTHER),))
    facts = tell(newer, after(findings(opened()), newer))
    assert (facts.closed, len(facts.waiting)) == ((), 1)


def test_lock_maintenance_is_always_about_the_same() -> None:
    one, other = (replace(propose(version), group=LOCK_MAINTENANCE) for version in ("2.0", "3.0"))
    assert digest(one) == digest(other)
    assert digest(propose("2.0")) != digest(propose("3.0"))


def test_what_is_told_of_as_open_is_remembered() -> None:
    assert after(findings(opened())).tells_of_open
    assert after(replace(findings(), pulls=(pull(),))).tells_of_open
    assert not after(findings(opened()), findings(not_open())).tells_of_open
    assert not after(findings(done(Outcome.SNOOZED, 7))).tells_of_open


def test_a_branch_that_is_proposed_no_more_is_forgotten() -> None:
    assert after(findings(opened()), findings()).pulls == ()


# --- what people want opened ----------------------------------------------------------------------


def test_what_is_open_is_wanted_no_more() -> None:
    state = want_opened(EMPTY, (OTHER, BRANCH))
    assert remember(state, findings(opened(), not_open(BRANCH))).opened == (BRANCH,)


def test_a_wish_for_what_is_proposed_no_more_goes_unless_something_is_wrong() -> None:
    state = want_opened(EMPTY, (OTHER,))
    assert remember(state, findings()).opened == ()
    assert remember(state, findings(problems=(Problem(message="the index is down"),))).opened == (OTHER,)


def test_a_run_that_looked_at_nothing_changes_no_memory() -> None:
    state = want_opened(after(findings(opened())), (OTHER,))
    for config in (ConfigState(problems=(BROKEN,)), ConfigState(enabled=False)):
        assert remember(state, findings(config=config, detected=())) == state


# --- several branches -----------------------------------------------------------------------------


def test_what_base_branches_have_alike_is_told_once() -> None:
    held = HeldBack(package="alpha", current="1", latest="2", reason="because")
    first = replace(findings().reports[0], held_back=(held,), left_alone=(LeftAlone(path="a", reason="r"),))
    other = replace(first, base_branch=BranchName("release"), proposals=(propose(branch=OTHER),))
    given = replace(findings(), reports=(first, other), published=(not_open(),))
    facts = tell(given, EMPTY)
    assert (facts.held_back, len(facts.left_alone), len(facts.waiting)) == ((held,), 1, 1)
    assert [one.path for one in facts.detected] == ["pyproject.toml", "release: pyproject.toml"]


# --- drift ----------------------------------------------------------------------------------------


def test_how_far_everything_is_behind() -> None:
    late = DetectedPackage(package="gamma", required="", locked="1.0", newest="1.1", kind=UpdateKind.MINOR)
    more = DetectedFile(path="other/pyproject.toml", packages=(*DETECTED.packages, late))
    point = measure((DETECTED, more), DAY)
    assert point is not None
    assert (point.day, point.libyears, point.major, point.minor, point.patch) == (DAY, 2.0, 1, 1, 0)


def test_where_nothing_is_locked_nothing_is_measured() -> None:
    unlocked = DetectedPackage(package="gamma", required="")
    assert measure((DetectedFile(path="a.py", packages=(unlocked,)),), DAY) is None
    assert after(findings(detected=())).drift == ()


def test_a_point_is_kept_when_something_changes() -> None:
    later = replace(findings(), today=DAY + timedelta(days=3))
    newer = replace(DETECTED.packages[0], days=800)
    last = replace(findings(detected=(replace(DETECTED, packages=(newer,)),)), today=DAY + timedelta(days=5))
    state = after(findings(), later, last)
    assert [(one.day, one.libyears) for one in state.drift] == [(DAY, 2.0), (DAY + timedelta(days=5), 2.19)]
    assert [one.libyears for one in tell(last, state).drift] == [2.0, 2.19]
