"""Whole dashboards as people read them, and what holds for each: its size, and that nothing of strangers comes alive."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports.advisories import AdvisoryLine, SecurityRow
from bot.ports.projects import Adverse
from bot.ports.run import (
    BranchName,
    DetectedFile,
    DetectedPackage,
    HeldBack,
    LeftAlone,
    Problem,
    UpdateKind,
    Width,
)
from bot.report.dashboard.dashboard import (
    check_title,
    describe_width,
    mark_ended,
    no_issues,
    render_check,
    render_dashboard,
    replace_people,
)
from bot.report.dashboard.facts import ClosedRow, Facts, IgnoredRow, OpenRow, WaitingRow, list_packages
from tests.github.rendering import render
from tests.report.dashboard.samples import FULL, NEW, SAMPLES
from tests.report.test_foreign_text import HOSTILE

SNAPSHOTS = Path(__file__).parents[2] / "snapshots" / "dashboards"
MOST = 65_536


def compare(name: str, text: str, request: pytest.FixtureRequest) -> None:
    path = SNAPSHOTS / f"{name}.md"
    if request.config.getoption("--rewrite-snapshots"):
        path.write_text(f"{text}\n", "utf-8")
    assert f"{text}\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_it_reads_as_the_snapshot(name: str, request: pytest.FixtureRequest) -> None:
    compare(name, render_dashboard(SAMPLES[name], MOST), request)


def test_a_check_run_reads_as_the_snapshot(request: pytest.FixtureRequest) -> None:
    compare("as-a-check-run", render_check(FULL, MOST, no_issues()), request)


def test_no_snapshot_is_unused() -> None:
    assert {one.stem for one in SNAPSHOTS.iterdir()} == {*SAMPLES, "as-a-check-run"}


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_sections_stand_in_one_order() -> None:
    assert headings(render_dashboard(FULL, MOST)) == [
        "Problems", "Security", "Archived, deprecated or quarantined", "Open", "Waiting", "Closed by people",
        "Ignored and paused", "Held back", "Left alone", "Detected", "Drift",
    ]  # fmt: skip


def test_empty_sections_are_left_out() -> None:
    assert headings(render_dashboard(NEW, MOST)) == ["Open", "Detected", "Drift"]


def test_alerts_are_told_where_not_everybody_reads_them() -> None:
    assert "secret" not in render_dashboard(FULL, MOST)
    assert "secret" in render_dashboard(replace(FULL, is_public=False), MOST)


def test_the_configuration_says_what_stands_around() -> None:
    text = render_dashboard(
        NEW, MOST, "**Our** dashboard <!-- lockbot-dashboard: {} -->", "- [ ] <!-- lockbot-box: open-all --> x"
    )
    assert text.startswith("**Our** dashboard &lt;!-- lockbot-dashboard: {} --")
    assert text.endswith("- [ ] &lt;!-- lockbot-box: open-all --> x")
    assert "kept up to date here" not in text


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [MOST, 9000, 6000, 4000, 3000, 2000, 1500])
def test_what_is_too_much_goes_from_the_bottom(most: int) -> None:
    whole, cut = render_dashboard(FULL, MOST), render_dashboard(FULL, most)
    assert len(cut) <= most
    if len(whole) <= most:
        assert cut == whole
        return
    kept, _, rest = cut.partition("\n\n… and ")
    assert whole.startswith(kept)
    dropped, _, below = rest.partition(" more rows, for which an issue has no room.\n\n")
    assert int(dropped) > 0
    assert below == whole[whole.index("## Drift") :]


def many(count: int) -> Facts:
    packages = tuple(
        DetectedPackage(package=f"p{at}", required=">=1", locked="1.0", newest="2.0", kind=UpdateKind.MAJOR, days=400)
        for at in range(count)
    )
    file = DetectedFile(path="pyproject.toml", kind="project", lock="uv.lock", packages=packages)
    held = tuple(HeldBack(package=f"p{at}", current="1", latest="2", reason="because " * 200) for at in range(count))
    return replace(FULL, detected=(file,) * 5, held_back=held)


@pytest.mark.parametrize("count", [10, 300, 2000])
def test_however_much_there_is_it_fits(count: int) -> None:
    text = render_dashboard(many(count), MOST, "h" * 10_000, "f" * 10_000)
    assert len(text) <= MOST
    assert text.count("<details>") == text.count("</details>")
    assert len(render_check(many(count), MOST, "é" * 100).encode()) <= MOST


words = st.text(max_size=40)


@given(
    paths=st.lists(words, max_size=30),
    reason=words,
    most=st.integers(min_value=700, max_value=4000),
)
def test_it_fits_whatever_the_words_are(paths: list[str], reason: str, most: int) -> None:
    facts = Facts(
        problems=tuple(Problem(path=path, message=reason) for path in paths),
        left_alone=tuple(LeftAlone(path=path, reason=reason) for path in paths),
        detected=tuple(DetectedFile(path=path, kind="project", lock=path) for path in paths),
    )
    text = render_dashboard(facts, most)
    assert len(text) <= most
    assert text.count("<details>") == text.count("</details>")


# --- foreign text ---------------------------------------------------------------------------------


def foreign(text: str, branch: str = "lockbot/x") -> Facts:
    """A text at every place that others fill."""
    packages = (
        DetectedPackage(package=text, required=text, locked=text, newest=text, kind=UpdateKind.MINOR),
        DetectedPackage(package=text, required=text, locked=text, status=Adverse.ARCHIVED, reason=text),
    )
    lines = (AdvisoryLine(id=text, package=text, link=text, severity=text),)
    return Facts(
        is_public=False,
        broken=(Problem(path=text, line=1, message=text, hint=text),),
        problems=(Problem(path=text, message=f"{text}\n{text}", hint=text),),
        vulnerable=(
            SecurityRow(package=text, version=text, unit=text, advisories=lines, chain=(text,), reason=text, over=text),
            SecurityRow(package=text, version=text, unit=text, advisories=lines, after=text, branch=text),
            SecurityRow(package=text, version=text, unit=text, advisories=lines, is_accepted=True, until=text),
        ),
        open=(
            OpenRow(number=1, branch=BranchName(branch), title=text),
            OpenRow(number=2, branch=BranchName(branch), title=text, mover=text),
        ),
        waiting=(WaitingRow(branch=BranchName(branch), title=text, why=text),),
        closed=(ClosedRow(number=3, branch=BranchName(branch), title=text),),
        ignored=(IgnoredRow(package=text, what=text, by=text, number=4),),
        paused=text,
        held_back=(
            HeldBack(package=text, current=text, latest=text, reason=f"{text}\n- {text}"),
            HeldBack(package=text, current=text, latest=text, reason=text, until=0),
        ),
        left_alone=(LeftAlone(path=text, reason=text),),
        unread=(text,),
        detected=(DetectedFile(path=text, kind="project", lock=f"{text}.lock", packages=packages),),
    )


#: How many lines and boxes there are depends on the text.
_VARYING = ("br", "code", "input")


def ours(text: str) -> list[tuple[str, str]]:
    """What comes alive that is not lockbot's: its links to pull requests and its own comments are."""
    box = r" lockbot-box: (?:(?:open|rebase|recreate|unignore) \S+|resume|unignore|rebase-all) "
    own = re.compile(rf"\.\./pull/\d+|{box}| /?lockbot-people ")
    return [(kind, what) for kind, what in render(text).live if not own.fullmatch(what)]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_strangers_comes_alive(text: str) -> None:
    quiet, rendered = render(render_dashboard(foreign("harmless"), MOST)), render(render_dashboard(foreign(text), MOST))
    assert ours(render_dashboard(foreign(text), MOST)) == []
    assert not text or [tag for tag in rendered.tags if tag not in _VARYING] == [
        tag for tag in quiet.tags if tag not in _VARYING
    ]


@pytest.mark.parametrize("branch", ["a b", "a-->b", "a<b", "<!--", "a\nb"])
def test_a_branch_that_no_box_can_name_has_none(branch: str) -> None:
    text = render_dashboard(foreign("x", branch), MOST)
    assert "lockbot-box: open " not in text
    assert "lockbot-box: rebase " not in text


# --- parts ----------------------------------------------------------------------------------------


def test_what_people_said_is_written_anew_in_its_place() -> None:
    rows = (IgnoredRow(package="rich", what="every version", by="octo"),)
    text = render_dashboard(FULL, MOST)
    assert replace_people(text, rows, None) == render_dashboard(replace(FULL, ignored=rows, paused=None), MOST)
    assert replace_people(text, (), None) == render_dashboard(replace(FULL, ignored=(), paused=None), MOST)
    empty = render_dashboard(NEW, MOST)
    assert replace_people(empty, rows, "mona") == render_dashboard(replace(NEW, ignored=rows, paused="mona"), MOST)
    assert replace_people("nothing of ours", rows, "mona") == "nothing of ours"


def test_a_pull_request_that_ended_is_told_so_in_its_place() -> None:
    text = render_dashboard(FULL, MOST)
    ended = mark_ended(text, 28, is_merged=True)
    assert "\n- [Update non-major dependencies](../pull/28): merged\n" in ended
    assert len(ended.splitlines()) == len(text.splitlines())
    (row,) = [one for one in mark_ended(text, 31, is_merged=False).splitlines() if one.endswith("again")]
    assert re.fullmatch(
        r"- \[ \] <!-- lockbot-box: recreate \S+ --> \[.*\]\(\.\./pull/31\): closed\. A tick proposes it again", row
    )
    assert mark_ended(text, 2, is_merged=False) == text


@pytest.mark.parametrize(
    ("width", "version", "words"),
    [
        (Width.ALL, "", "every version"),
        (Width.MAJOR, "2.1.3", "majors up to 2"),
        (Width.VERSION, "2.1.3", "versions up to 2.1.3"),
    ],
)
def test_widths_in_words(width: Width, version: str, words: str) -> None:
    assert describe_width(width, version) == words


def test_titles_of_the_check_run() -> None:
    assert check_title(FULL) == "2 problems, 3 open, 2 waiting, 1 closed by people"
    assert check_title(Facts()) == "nothing is waiting"


def test_a_package_counts_once_at_each_version() -> None:
    (file,) = NEW.detected
    old = DetectedPackage(package="httpx", required="==0.1", locked="0.1")
    unlocked = DetectedPackage(package="httpx", required="", locked="")
    pin = DetectedPackage(package="uv", required="0.9", locked="0.9", is_pin=True)
    others = replace(file, packages=(*file.packages, old, unlocked, pin))
    counted = [(one.package, one.locked) for one in list_packages((file, others))]
    assert counted == [("httpx", "0.27.0"), ("rich", "14.2.0"), ("httpx", "0.1")]


def test_a_repository_of_which_nothing_is_known_is_empty() -> None:
    assert Facts().is_empty
    assert not any(one.is_empty for one in SAMPLES.values())
    assert Facts(left_alone=FULL.left_alone, unread=FULL.unread).is_empty
