"""Who owns a file, by GitHub's rules."""

from __future__ import annotations

import time

import pytest

from bot.repoconfig.owners import find_owners, parse_owners

#: Like the example of GitHub's documentation, in words of our own.
EXAMPLE = r"""
# Everything, unless a later line says more.
*       @all-one @all-two

*.js    @scripts #an owner of scripts
*.go docs@example.com
*.txt @octo/writers
/build/logs/ @logs
docs/*  docs@example.com
apps/ @apps
/docs/ @manuals
/scripts/ @manuals @apps
**/logs @loggers
/apps/ @apps-at-the-top
/apps/github
/with\ space.md @spaced
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("readme.md", ("all-one", "all-two")),
        ("a/b/c.js", ("scripts",)),
        ("main.go", ()),
        ("notes.txt", ("octo/writers",)),
        ("build/logs/one.log", ("loggers",)),
        ("build/logs", ("loggers",)),
        ("x/build/logs/one.log", ("loggers",)),
        ("docs/a.md", ("manuals",)),
        ("docs/deep/a.md", ("manuals",)),
        ("x/docs/a.md", ("all-one", "all-two")),
        ("x/apps/a.md", ("apps",)),
        ("apps/a.md", ("apps-at-the-top",)),
        ("apps/github/a.md", ()),
        ("apps/github", ()),
        ("scripts/run.sh", ("manuals", "apps")),
        ("with space.md", ("spaced",)),
        ("README.TXT", ("all-one", "all-two")),
    ],
)
def test_the_last_line_that_matches_counts(path: str, owners: tuple[str, ...]) -> None:
    assert find_owners(parse_owners(EXAMPLE), [path]) == owners


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        ("docs/*", ["docs/a.md"], ["docs/a/b.md", "x/docs/a.md"]),
        ("docs/**", ["docs/a.md", "docs/a/b.md"], ["x/docs/a.md"]),
        ("/a/**/b", ["a/b", "a/x/b", "a/x/y/b/c"], ["b", "x/a/b"]),
        ("**/b", ["b", "x/b", "b/c"], ["xb"]),
        ("uv.lock", ["uv.lock", "x/uv.lock"], ["uvxlock", "my-uv.lock"]),
        ("/uv.lock", ["uv.lock"], ["x/uv.lock"]),
        ("x/uv.lock", ["x/uv.lock"], ["y/x/uv.lock"]),
        ("lib/", ["lib/a", "x/lib/a/b"], ["lib"]),
        ("?.py", ["a.py", "x/b.py"], ["ab.py"]),
        ("*.lock", ["uv.lock", "a/b.py.lock"], ["lock", "uv.locks"]),
        ("/", ["a", "a/b"], []),
        ("*", ["a", "a/b"], []),
        (r"/\*.md", ["*.md"], ["a.md"]),
    ],
)
def test_what_a_pattern_covers(pattern: str, covered: list[str], others: list[str]) -> None:
    rows = parse_owners(f"{pattern} @ada")
    assert [find_owners(rows, [path]) for path in covered] == [("ada",)] * len(covered)
    assert [find_owners(rows, [path]) for path in others] == [()] * len(others)


@pytest.mark.parametrize(
    "line",
    ["!a.py @eve", "[ab].py @eve", "a.py eve", "a.py @eve @", "# a.py @eve", "   ", "a.py @eve/x/y", "a.py @e\u00e9"],
)
def test_a_line_that_is_not_right_is_passed_over(line: str) -> None:
    assert find_owners(parse_owners(f"* @ada\n{line}\n"), ["a.py", "b.py"]) == ("ada",)


def test_owners_of_several_files_are_told_once() -> None:
    rows = parse_owners("a @ada @eve\nb @eve @octo/team\n")
    assert find_owners(rows, ["b", "a"]) == ("eve", "octo/team", "ada")


def test_a_file_that_is_too_large_names_nobody() -> None:
    assert parse_owners("* @ada\n" * 600_000) == ()


def test_an_evil_pattern_takes_no_time() -> None:
    rows = parse_owners("**/a*" * 150 + " @eve\n")
    began = time.process_time()
    assert find_owners(rows, ["a" * 2000 + "b"]) == ()
    assert time.process_time() - began < 5
