"""Changelogs by their headings, in the forms that projects use."""

from __future__ import annotations

import time

import pytest

from bot.changelog.sections import find_form, find_sections
from bot.ports.notes import NotesForm

KEEP_A_CHANGELOG = """\
# Changelog

## [Unreleased]

- soon

## [1.2.0] - 2026-11-18

### Added

- support for Python 3.14

### 3.9 is no longer supported

## 1.1.0 (2026-01-02)
- b

[1.2.0]: https://a.test
"""
FLASK = """\
Version 3.1.0
-------------

Released 2024-11-13

-   Drop 3.8.

Version 3.0.3
-------------

-   A fix.
"""
OVERLINED = """\
=========
Changelog
=========

=====
2.0.0
=====

Two.

=====
1.9.0
=====

One.
"""
READ = [
    (
        KEEP_A_CHANGELOG,
        {"1.2.0": "support for Python 3.14", "1.1.0": "- b"},
        {"1.2.0": "2026-11-18", "1.1.0": "2026-01-02"},
    ),
    (FLASK, {"3.1.0": "Drop 3.8", "3.0.3": "A fix"}, {}),
    (OVERLINED, {"2.0.0": "Two.", "1.9.0": "One."}, {}),
    ("## demo 1.0.1\nx\n# v1.0\ny", {"1.0.1": "x", "1.0": "y"}, {}),
    ("## Release v2.1.0:\nx", {"2.1.0": "x"}, {}),
    ("**1.5.0** (2020-02-02)\n\nx", {"1.5.0": "x"}, {"1.5.0": "2020-02-02"}),
    ("## What's new in 2.3\nx\n", {"2.3": "x"}, {}),
    ("1.2.3 is a version in a sentence\n\nand 1.2.4, too", {}, {}),
    ("## other 1.0\nx\n## Python 3.9\ny\n## 2024-01-01\nz\n## 7\n", {}, {}),
    ("## 1.0\nfirst\n## 1.0\nagain", {"1.0": "first"}, {}),
    ("", {}, {}),
]


@pytest.mark.parametrize(("text", "words", "days"), READ)
def test_sections_are_found_by_their_headings(text: str, words: dict[str, str], days: dict[str, str]) -> None:
    found = {str(one.version): one for one in find_sections(text, "demo")}
    assert set(found) == set(words)
    assert [version for version, said in words.items() if said not in found[version].text] == []
    assert {version: one.day for version, one in found.items() if one.day} == days


def test_a_section_ends_where_the_next_begins() -> None:
    found = {str(one.version): one.text for one in find_sections(OVERLINED, "demo")}
    assert found == {"2.0.0": "Two.", "1.9.0": "One."}
    assert "3.9 is no longer supported" in next(iter(find_sections(KEEP_A_CHANGELOG, "demo"))).text


FORMS = [
    ("CHANGES.rst", "# not this", NotesForm.RST),
    ("x/CHANGELOG.md", "", NotesForm.MARKDOWN),
    ("CHANGES", "## 1.0\nx", NotesForm.MARKDOWN),
    ("CHANGES.txt", "1.0\n---\nx", NotesForm.RST),
]


@pytest.mark.parametrize(("path", "text", "form"), FORMS)
def test_the_form_of_a_file(path: str, text: str, form: NotesForm) -> None:
    assert find_form(path, text) is form


@pytest.mark.parametrize(
    "text",
    [
        "# 1.0\n" * 40_000,
        "1.0\n---\n" * 40_000,
        "#" * 400_000,
        "1." * 200_000,
        "**1.0" * 80_000,
        "# v " * 100_000,
        "a 1\n" * 90_000,
    ]
    + ["# a a a a a a " + "a" * 300 + " 1\n" * 5 for _ in range(1)],
)
def test_no_changelog_takes_long(text: str) -> None:
    started = time.process_time()
    list(find_sections(text, "demo"))
    assert time.process_time() - started < 3.0
