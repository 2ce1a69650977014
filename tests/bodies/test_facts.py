"""What a body tells of releases, and what is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from bot.index.memory import MemoryIndex
from bot.ports.notes import Notes, NotesAccess, NotesEntry, NotesForm, NotesQuestion
from bot.ports.projects import Adverse
from bot.report.pulls.dates import describe_age, describe_moment, keep_ages
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import Index
from tests.bodies.scene import Fill, MemoryNotes, find_proposal, project, run
from tests.github.rendering import render

PRIVATE = Index(url="https://pypi.example.org/simple", default=True)
OURS, THEIRS = Publisher(kind="GitHub", name="org/a"), Publisher(kind="GitHub", name="evil/a")
#: Fills an index with one version of ``a``.
Release = Callable[[MemoryIndex], object]


def two(before: Release, after: Release) -> Fill:
    """An index that had one release of ``a`` and got another one."""

    def fill(index: MemoryIndex, is_past: bool) -> None:
        before(index)
        if not is_past:
            after(index)

    return fill


def body(fill: Fill, *requirements: str, **options: object) -> str:
    report, _ = run({"pyproject.toml": project(*(requirements or ('"a"',)))}, fill, **options)  # type: ignore[arg-type]
    return find_proposal(report, "non-major").body


def old(into: MemoryIndex, **known: object) -> object:
    return into.add("a", "1.0", **known)  # type: ignore[arg-type]


def new(into: MemoryIndex, **known: object) -> object:
    return into.add("a", "1.1", **known)  # type: ignore[arg-type]


TOLD: list[tuple[dict[str, object], dict[str, object], str]] = [
    ({}, {"upload_time": "2026-11-29T12:00:00Z"}, "| 2026-11-29, 1 day ago |"),
    ({}, {"upload_time": None}, "| age unknown |"),
    (
        {"publishers": [OURS]},
        {},
        "**No provenance any more**: the index had attestations of a `1.0`, and has none of `1.1`.",
    ),
    (
        {"publishers": [OURS]},
        {"publishers": [THEIRS]},
        "**Another publisher**: a comes from `GitHub evil/a`, before from `GitHub org/a`.",
    ),
    (
        {"license_text": "MIT"},
        {"license_text": "AGPL-3.0"},
        "**Another license**: a is under AGPL-3.0, before under MIT.",
    ),
    (
        {"wheels": ["cp311-cp311-win_amd64", "cp312-cp312-win_amd64"]},
        {"wheels": ["cp312-cp312-win_amd64"], "sdist": True},
        "**Pythons dropped**: a has no more wheels for Python 3.11.",
    ),
    ({"sdist": True}, {"wheels": [], "sdist": True}, "**No wheel left**: a has to be built from source."),
    ({}, {"links": [("Changes", "https://a.test/log")]}, "[changelog](https://a.test/log)"),
    ({}, {"links": [("Source", "https://github.com/org/a/issues/1")]}, "[source](https://github.com/org/a)"),
    (
        {},
        {"links": [("Changes", "https://a.test/(x)|[y]&copy=<b>")]},
        "(https://a.test/%28x%29%7C%5By%5D&amp;copy=%3Cb%3E)",
    ),
]


@pytest.mark.parametrize(("before", "after", "words"), TOLD)
def test_what_a_reviewer_reads_of_a_release(before: dict[str, object], after: dict[str, object], words: str) -> None:
    text = body(two(lambda index: old(index, **before), lambda index: new(index, **after)))
    assert words in text


UNTOLD: list[tuple[dict[str, object], dict[str, object], str]] = [
    ({"publishers": [OURS]}, {"publishers": [OURS]}, "publisher"),
    ({}, {"publishers": [OURS]}, "provenance"),
    ({"license_text": "MIT"}, {"license_text": "MIT License"}, "license"),
    ({}, {"links": [("Changes", "javascript:alert(1)")]}, "To read"),
    ({}, {"links": [("Changes", "https://user:pass@a.test/")]}, "To read"),
]


@pytest.mark.parametrize(("before", "after", "words"), UNTOLD)
def test_what_is_not_worth_a_word(before: dict[str, object], after: dict[str, object], words: str) -> None:
    text = body(two(lambda index: old(index, **before), lambda index: new(index, **after)))
    assert words not in text


def test_a_yanked_release_is_said_to_be_one() -> None:
    """Somebody pinned it, and left the lock as it was."""
    fill = two(old, lambda into: new(into, yanked=True))
    report, _ = run({"pyproject.toml": project('"a==1.1"')}, fill, earlier={"pyproject.toml": project('"a"')})
    (proposal,) = report.proposals
    assert "**Yanked**: its index advises against a `1.1`." in proposal.body


SAID: list[tuple[str, Adverse, str | None, str]] = [
    ("a", Adverse.ARCHIVED, None, "**Archived**: its index says that a is no longer maintained."),
    ("a", Adverse.DEPRECATED, "Use `b`\nof @us, see #1", "(Use \\`b\\` of @\u200bus, see \\#\u200b1)."),
    ("a", Adverse.QUARANTINED, "  ", "**Quarantined**: its index holds a to be unsafe for use."),
    ("b", Adverse.ARCHIVED, "done", "**Archived**: its index says that b is no longer maintained (done)."),
]


@pytest.mark.parametrize(("name", "status", "reason", "words"), SAID)
def test_what_an_index_says_against_a_project_stands_above_the_fold_and_costs_no_question(
    name: str, status: Adverse, reason: str | None, words: str
) -> None:
    """Of what moves, or comes with it; the page was read to solve."""

    def fill(index: MemoryIndex, is_past: bool) -> None:
        old(index)
        index.add("b", "1")
        if not is_past:
            new(index, requires_dist=["b"])

    def fill_said(index: MemoryIndex, is_past: bool) -> None:
        fill(index, is_past)
        index.set_status(name, status, reason)

    files = {"pyproject.toml": project('"a"')}
    quiet, without = run(files, fill)
    told, index = run(files, fill_said)
    text = find_proposal(told, "non-major").body
    assert words in text.partition("<details>")[0]
    assert status.capitalize() not in find_proposal(quiet, "non-major").body
    assert sorted(index.asked) == sorted(without.asked)
    (file,) = told.detected
    said = {one.package: (one.status, one.reason) for one in file.packages if one.status is not None}
    assert said == ({"a": (status, reason)} if name == "a" else {})


def test_what_stays_is_told_on_the_dashboard_alone() -> None:
    def fill(index: MemoryIndex, is_past: bool) -> None:
        old(index)
        index.add("b", "1")
        index.set_status("b", Adverse.ARCHIVED)
        if not is_past:
            new(index)

    report, _ = run({"pyproject.toml": project('"a"', '"b"')}, fill)
    assert "Archived" not in find_proposal(report, "non-major").body
    (file,) = report.detected
    assert [one.package for one in file.packages if one.status is Adverse.ARCHIVED] == ["b"]


def test_a_private_index_has_no_page() -> None:
    extra = f'\n[[tool.uv.index]]\nurl = "{PRIVATE.url}"\ndefault = true\n'
    fill = two(lambda into: old(into, index=PRIVATE), lambda into: new(into, index=PRIVATE))
    report, _ = run({"pyproject.toml": project('"a"', extra=extra)}, fill)
    text = find_proposal(report, "non-major").body
    assert "| a | `1.0` → `1.1` | minor | 2024-01-01, 2 years ago |" in text
    assert "pypi.org" not in text


def test_nothing_more_is_asked_unless_somebody_wants_it() -> None:
    fill = two(
        lambda index: old(index, publishers=[OURS], license_text="MIT"),
        lambda index: new(index, publishers=[THEIRS], license_text="BSD"),
    )
    report, index = run({"pyproject.toml": project('"a"')}, fill, more=False)
    text = find_proposal(report, "non-major").body
    assert "publisher" not in text
    assert {kind for kind, *_ in index.asked} == {"page", "metadata"}
    plain = [row for row in index.asked if row[0] == "metadata"]
    report, index = run({"pyproject.toml": project('"a"')}, fill)
    assert "publisher" in find_proposal(report, "non-major").body
    more = [row for row in index.asked if row[0] in ("publishers", "gathered metadata")]
    assert len(more) == 3, "both files for their publishers, and the metadata of the one that was not read"
    assert [row for row in index.asked if row[0] == "metadata"] == plain


def test_notes_that_fail_cost_nothing_but_a_line_in_the_log() -> None:
    class Broken(MemoryNotes):
        def find(
            self, questions: Sequence[NotesQuestion], access: NotesAccess, patience: float, /
        ) -> Mapping[NotesQuestion, Notes]:
            raise ValueError(f"a bug {questions} {access} {patience}")

    kept: list[Exception] = []

    def keep(error: Exception, _place: str) -> str:
        kept.append(error)
        return "reference"

    fill = two(old, lambda index: new(index, links=[("Source", "https://github.com/org/a")]))
    report, _ = run({"pyproject.toml": project('"a"')}, fill, notes=Broken(), keep=keep)
    assert "`1.0` → `1.1`" in find_proposal(report, "non-major").body
    assert report.problems == ()
    assert [type(one) for one in kept] == [ValueError]


def test_notes_are_asked_for_what_people_chose_first() -> None:
    notes = MemoryNotes()
    link = [("Source", "https://github.com/org/a")]

    def fill(index: MemoryIndex, is_past: bool) -> None:
        for number in range(30):
            index.add(f"deep-{number:02}", "1.0", links=link)
            if not is_past:
                index.add(f"deep-{number:02}", "2.0", links=link)
        index.add("z", "1.0", requires_dist=[f"deep-{number:02}==1.0" for number in range(30)], links=link)
        if not is_past:
            index.add("z", "1.1", requires_dist=[f"deep-{number:02}==2.0" for number in range(30)], links=link)

    body(fill, '"z"', notes=notes)
    asked = [(one.package, one.before, one.after) for one in notes.asked]
    assert asked[:2] == [("z", "1.0", "1.1"), ("deep-00", "1.0", "2.0")]
    assert len(asked) == 24
    assert notes.asked[0].links == tuple(link)


def test_what_comes_without_links_has_no_notes() -> None:
    notes = MemoryNotes()
    body(two(old, new), notes=notes)
    assert notes.asked == []


def test_many_notes_are_cut_and_counted() -> None:
    entries = tuple(
        NotesEntry(version=f"1.{number}", text="word " * 2_000, form=NotesForm.MARKDOWN) for number in range(9, 0, -1)
    )
    notes = MemoryNotes({"a": Notes(entries=entries, url="https://github.com/org/a/releases")})
    link = [("Source", "https://github.com/org/a")]
    text = body(two(lambda index: old(index), lambda index: new(index, links=link)), notes=notes)
    assert len(text) < 20_000
    assert "more versions](https://github.com/org/a/releases) in between." in text
    assert render(text).live[-1][0] in ("comment", "a")


NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-30T00:59:00+00:00", "2026-11-30, today"),
        ("2026-12-01T00:00:00+00:00", "2026-12-01, today"),
        ("2026-11-29T23:00:00+00:00", "2026-11-29, 1 day ago"),
        ("2025-01-01T00:00:00+00:00", "2025-01-01, 698 days ago"),
        ("2024-01-01T00:00:00+00:00", "2024-01-01, 2 years ago"),
    ],
)
def test_ages(moment: str, words: str) -> None:
    assert describe_moment(datetime.fromisoformat(moment).timestamp(), NOW) == words
    assert describe_age(None, NOW) == "age unknown"


def test_time_alone_changes_no_body() -> None:
    old_text = "a | 2026-11-29, 1 day ago |\nb | 2024-01-01, 2 years ago | c | 2026-11-30, today"
    later = old_text.replace("1 day", "2 days").replace("today", "1 day ago")
    assert keep_ages(later, old_text) == old_text
    assert keep_ages(later + "!", old_text) == later + "!"
    assert NotesAccess(repository="o/r").token() is None
