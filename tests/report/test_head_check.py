"""What the check run of a head says, and the answers of relock: as a person reads them, and with hostile text in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.ports.forge import TextLimits
from bot.ports.judging import CommitReport, LockVerdict, Relocked, StaleFile, Standing
from bot.ports.run import (
    BranchName,
    ConfigState,
    FileChange,
    HeldBack,
    LeftAlone,
    LockChange,
    LockChangeKind,
    Problem,
    Proposal,
    RunReport,
    Sha,
)
from bot.report import head_check, relocking
from bot.report.cut import cut_summary
from bot.report.markdown import fenced
from bot.work.heads.head_check import decide_conclusion
from tests.github.rendering import render
from tests.judging.scenario import read_case
from tests.report.test_foreign_text import HOSTILE

SCENARIOS = Path(__file__).parents[1] / "judging" / "scenarios"
SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "checks"
SHOWN = (
    "another-unit",
    "configuration",
    "conflict",
    "deleted",
    "export",
    "index-down",
    "no-solution",
    "right",
    "stale",
    "stranger-private-index",
)
PLANNED = RunReport(
    base=Sha("0" * 40),
    base_branch=BranchName("main"),
    proposals=(
        Proposal(branch=BranchName("a"), group="a", title="Update beta to 1.1", body="", commit_message=""),
        Proposal(branch=BranchName("b"), group="b", title="Lock file maintenance", body="", commit_message=""),
    ),
    held_back=(HeldBack(package="alpha", current="1.0", latest="2.0", reason="no"),),
)


@pytest.mark.parametrize("name", SHOWN)
def test_a_check_run_reads_as_the_snapshot_says(name: str, request: pytest.FixtureRequest) -> None:
    case = read_case(SCENARIOS / f"{name}.toml")
    report = case.judge()
    plan = "" if case.is_stranger else head_check.plan_section(PLANNED, is_previewed=report.config is not None)
    summary = head_check.head_summary(report, plan, is_stranger=case.is_stranger)
    text = f"# {decide_conclusion(report)}: {head_check.head_title(report)}\n\n{summary}\n"
    compare(SNAPSHOTS / f"{name}.md", text, request)


def compare(path: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-snapshots"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {
        *SHOWN,
        "relocked",
        "relocked-by-hand",
        "relocked-unasked",
    }


def test_an_answer_reads_as_the_snapshot_says(request: pytest.FixtureRequest) -> None:
    done = read_case(SCENARIOS / "stale.toml").make_lock()
    commit, trees = Sha("1" * 40), (Sha("2" * 40), Sha("3" * 40))
    compare(SNAPSHOTS / "relocked.md", relocking.relocked(done, commit) + "\n", request)
    compare(SNAPSHOTS / "relocked-by-hand.md", relocking.relock_by_hand(done, relocking.no_way_in()) + "\n", request)
    unasked = relocking.relocked_unasked("dependabot[bot]", commit, trees)
    compare(SNAPSHOTS / "relocked-unasked.md", unasked + "\n", request)
    assert relocking.find_relocked(unasked) == trees


# --- words of strangers ---------------------------------------------------------------------------


def change(text: str) -> LockChange:
    return LockChange(lockfile=text, package=text, kind=LockChangeKind.CHANGED, before=text, after=text)


def problem(text: str) -> Problem:
    return Problem(message=f"{text}\n- {text}", path=f"a/{text}", line=3, hint=text)


def hostile_report(text: str) -> CommitReport:
    verdicts = [
        LockVerdict(
            path=f"a/{text}",
            standing=standing,
            reason=f"{text}\n  - {text}",
            patch=f"+{text}\n```\n~~~\n{text}\n",
            changes=(change(text),),
            command=f"uv lock --script {text}",
            is_touched=is_touched,
        )
        for standing in Standing
        for is_touched in (True, False)
    ]
    return CommitReport(
        verdicts=tuple(verdicts),
        stale_files=(StaleFile(path=text, patch=f"-{text}\n````\n"),),
        left=(LeftAlone(path=text, reason=text),),
        config=ConfigState(path=text, problems=(problem(text),)),
        problems=(problem(text),),
        ended=text or "-",
    )


def hostile_plan(text: str) -> str:
    proposal = Proposal(branch=BranchName(text), group=text, title=text, body=text, commit_message=text)
    report = RunReport(base=Sha("0" * 40), base_branch=BranchName(text), proposals=(proposal,))
    return head_check.plan_section(report, is_previewed=True)


def hostile_relock(text: str) -> Relocked:
    return Relocked(
        files=(FileChange(path=text, text=text),),
        changes=(change(text),),
        problems=(problem(text),),
        patch=f"+{text}\n`````\n",
    )


WRITERS: Mapping[str, Callable[[str], str]] = {
    "summary": lambda text: head_check.head_summary(hostile_report(text), hostile_plan(text), is_stranger=True),
    "given up": head_check.given_up_summary,
    "failed": head_check.failed_summary,
    "relocked": lambda text: relocking.relocked(hostile_relock(text), Sha("1" * 40)),
    "by hand": lambda text: relocking.relock_by_hand(hostile_relock(text), text),
    "too long": lambda text: relocking.relock_by_hand(
        Relocked(files=(FileChange(path=text, text=""),), patch="+x\n" * 20_000), text
    ),
    "could not": lambda text: relocking.could_not_relock([problem(text)]),
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", WRITERS)
def test_words_of_strangers_stay_words(name: str, text: str) -> None:
    quiet, rendered = render(WRITERS[name]("harmless")), render(WRITERS[name](text))
    assert [one for one in rendered.live if one not in quiet.live] == []
    wanted = [tag for tag in quiet.tags if tag not in ("br", "code")]
    assert [tag for tag in rendered.tags if tag not in ("br", "code")] == wanted


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_mentions_nobody(text: str) -> None:
    for report in (
        CommitReport(config=ConfigState(path=text, problems=(problem("x"),))),
        CommitReport(verdicts=(LockVerdict(path=text, standing=Standing.STALE),)),
        CommitReport(stale_files=(StaleFile(path=text),)),
    ):
        title = head_check.head_title(report)
        assert "@org" not in title
        assert "\n" not in title


# --- size -----------------------------------------------------------------------------------------


def test_a_summary_fits_whatever_there_is_to_say() -> None:
    verdict = LockVerdict(
        path="p" * 200,
        standing=Standing.STALE,
        reason="r" * 5_000,
        patch="+line\n" * 100_000,
        changes=tuple(change(f"package-{number}") for number in range(500)),
    )
    report = CommitReport(verdicts=(verdict,) * 200, problems=tuple(problem(f"{number}") for number in range(500)))
    limits = TextLimits(body=65_536, summary=65_535)
    summary = head_check.head_summary(report, "")
    assert "… cut here" in summary
    assert len(cut_summary(summary, limits.summary).encode()) <= limits.summary


@pytest.mark.parametrize("text", ["", "a", "```", "a\n````\nb", "~~~\n`````"])
def test_a_block_can_not_be_left(text: str) -> None:
    assert [tag for tag in render(fenced(text, "diff")).tags if tag not in ("pre", "code", "div", "span")] == []
