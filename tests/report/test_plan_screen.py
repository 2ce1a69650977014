"""The plan of a run on a terminal: what matters first, nothing cut that people copy, and reasons that are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.ports.advisories import AdvisoryLine, SecurityRow
from bot.ports.run import (
    BranchName,
    FileChange,
    HeldBack,
    LeftAlone,
    LockChange,
    LockChangeKind,
    Problem,
    Proposal,
    RunReport,
    Sha,
    UpdateKind,
    UpdateLine,
)
from bot.report.screens.held_back import render_held_back
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen, flow

WIDE, NARROW, PIPE = Screen(width=120), Screen(width=40), Screen()
REASON = "in uv.lock: - app requires beta >=1.0 (pyproject.toml:7)\n- beta 1.0 requires gamma <2\nNo version is left."


def update(package: str, before: str | None, after: str, kind: UpdateKind = UpdateKind.MINOR) -> UpdateLine:
    return UpdateLine(package=package, kind=kind, before=before, after=after, manifest="pyproject.toml")


def proposal(*updates: UpdateLine, **more: Any) -> Proposal:
    said: dict[str, Any] = {"branch": BranchName("lockbot/x"), "title": "Update x", "updates": updates, **more}
    return Proposal(group="x", body="", commit_message="", **said)


def report(*proposals: Proposal, **more: Any) -> RunReport:
    return RunReport(base=Sha("0123456789abcdef"), base_branch=BranchName("main"), proposals=proposals, **more)


def shown(of: RunReport, screen: Screen = WIDE, outcome: str | None = None) -> list[str]:
    return list(render_plan(of, {BranchName("lockbot/x"): outcome} if outcome else {}, screen))


def test_the_first_line_counts() -> None:
    held = HeldBack(package="a", current="1", latest="2", reason="r")
    counted = report(proposal(), held_back=(held, held), problems=(Problem(message="m"),))
    assert shown(counted)[0] == "From 0123456789ab: 1 proposal, 2 held back, 1 problem"


def test_what_does_not_move_along_is_told_below_its_proposal() -> None:
    reason = "uv:0.9.5: its digest can't be renewed: ghcr.io did not answer"
    left = LeftAlone(path="worker.Dockerfile:1", reason=reason)
    one = proposal(update("uv", "0.9.5", "0.13.9"), files=(FileChange(path="Dockerfile", text=""),), left=(left,))
    assert shown(report(one))[-2:] == ["  files   Dockerfile", f"  stays   worker.Dockerfile:1: {reason}"]
    assert shown(report(one), NARROW)[-3:] == [
        "            uv:0.9.5: its digest can't",
        "            be renewed: ghcr.io did not",
        "            answer",
    ]
    many = tuple(LeftAlone(path=f"{number}.txt", reason="r") for number in range(9))
    assert shown(report(proposal(left=many)))[-2:] == ["          6.txt: r", "          and 2 more"]


def test_a_proposal_is_a_title_with_what_belongs_to_it() -> None:
    one = proposal(
        update("alpha", "1.0", "2.0", UpdateKind.MAJOR),
        update("a-long-name", "1.0", "1.1"),
        update("alpha", "1.0", "2.0", UpdateKind.MAJOR),
        update("new", None, "3"),
        update("pinned", "1", "1.5", UpdateKind.PIN),
        lock_changes=(
            LockChange(lockfile="uv.lock", package="alpha", kind=LockChangeKind.CHANGED),
            LockChange(lockfile="uv.lock", package="other", kind=LockChangeKind.CHANGED),
        ),
        files=(FileChange(path="pyproject.toml", text=""), FileChange(path="uv.lock", text="")),
    )
    assert shown(report(one), outcome="created")[2:] == [
        "Update x",
        "  branch  lockbot/x (created)",
        "  moves   alpha        1.0 → 2.0  major",
        "          a-long-name  1.0 → 1.1  minor",
        "          new          3",
        "          pinned       1 → 1.5",
        "          and 1 indirect package",
        "  files   pyproject.toml, uv.lock",
    ]


def test_a_security_update_says_so_and_what_it_leaves() -> None:
    known = AdvisoryLine(id="GHSA-1", package="x", link="https://osv.dev/GHSA-1")
    one = proposal(update("x", "1", "1.1"), is_security=True, advisories=(known,))
    assert shown(report(one))[2:5] == ["Update x  security", "  branch  lockbot/x", "  leaves  GHSA-1"]


def test_what_stays_affected_comes_first() -> None:
    known = AdvisoryLine(id="GHSA-1", package="x", link="https://osv.dev/GHSA-1")
    row = SecurityRow(unit="uv.lock", package="x", version="1", advisories=(known,), reason="no release mends it")
    rows = (row, replace(row, branch="lockbot/x"), replace(row, is_accepted=True))
    assert shown(report(proposal(), security=rows))[1:6] == [
        "", "Stays affected", "", "  x 1 (uv.lock): GHSA-1", "    no release mends it",
    ]  # fmt: skip


def test_names_are_never_cut_and_columns_give_way_where_it_is_narrow() -> None:
    name = "a-package-with-a-name-that-is-long"
    path = "services/a-service/with/a/long/path/pyproject.toml"
    one = proposal(
        update(name, "2024.1.0", "2024.11.0"),
        update("b", "1", "2"),
        files=(FileChange(path=path, text=""), FileChange(path="uv.lock", text="")),
    )
    assert shown(report(one), NARROW)[4:] == [
        f"  moves   {name}  2024.1.0 → 2024.11.0  minor",
        "          b  1 → 2  minor",
        f"  files   {path},",
        "          uv.lock",
    ]


def test_of_many_a_few_are_shown() -> None:
    one = proposal(
        *(update(f"p{at}", "1", "2") for at in range(20)),
        files=tuple(FileChange(path=f"{at}.lock", text="") for at in range(20)),
    )
    lines = shown(report(one), PIPE)
    assert lines[14:] == [
        "          p10  1 → 2  minor",
        "          and 9 more",
        "  files   0.lock, 1.lock, 2.lock, 3.lock, 4.lock, 5.lock, 6.lock, and 13 more",
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            50,
            [
                "  alpha  1.0 → 2.0",
                "    in uv.lock:",
                "    - app requires beta >=1.0 (pyproject.toml:7)",
                "    - beta 1.0 requires gamma <2",
                "    No version is left.",
                "",
                "  beta   1 → 2      a package rule turns it off",
            ],
        ),
        (
            34,
            [
                "  alpha  1.0 → 2.0",
                "    in uv.lock:",
                "    - app requires beta >=1.0",
                "      (pyproject.toml:7)",
                "    - beta 1.0 requires gamma <2",
                "    No version is left.",
                "",
                "  beta   1 → 2",
                "    a package rule turns it off",
            ],
        ),
    ],
)
def test_reasons_stand_beside_or_below(width: int, expected: list[str]) -> None:
    rows = [
        HeldBack(package="alpha", current="1.0", latest="2.0", reason=REASON),
        HeldBack(package="beta", current="1", latest="2", reason="a package rule turns it off"),
    ]
    assert list(render_held_back(rows, Screen(width=width))) == expected


def test_a_reason_of_several_packages_is_said_once() -> None:
    off, young = "a package rule turns it off", "it is too young"
    rows = [
        HeldBack(package=name, current="1", latest="2", reason=reason)
        for name, reason in (("a", off), ("b", young), ("c", off))
    ]
    assert list(render_held_back(rows, PIPE)) == [
        "  a  1 → 2", "  c  1 → 2", f"    {off}", "", f"  b  1 → 2  {young}",
    ]  # fmt: skip


def test_files_that_are_left_alone_are_told_by_reason() -> None:
    left = (*(LeftAlone(path=f"{at}.py", reason="r") for at in range(9)), LeftAlone(path="x", reason="s"))
    assert shown(report(proposal(), left_alone=left))[-2:] == ["  r: 0.py, 1.py, 2.py and 6 more", "  s: x"]


def test_colours_are_beside_the_text() -> None:
    one = proposal(update("x", "1", "2", UpdateKind.MAJOR), is_security=True)
    bright = shown(report(one), Screen(width=80, colors=True))
    assert bright[2] == "\x1b[1mUpdate x\x1b[0m\x1b[31m  security\x1b[0m"
    assert bright[4] == "  \x1b[2mmoves\x1b[0m   x  1 → 2  \x1b[31mmajor\x1b[0m"
    assert not any("\x1b" in line for line in shown(report(one), Screen(width=80)))


def test_lines_of_a_text_hang_below_their_beginning() -> None:
    text = "p: no solution:\n  - app requires something that is long"
    assert list(flow(text, Screen(width=30), "", "")) == [
        "p: no solution:",
        "  - app requires something",
        "    that is long",
    ]
