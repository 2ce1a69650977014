"""Simple regular expressions over paths match what ``re`` says they match; others are not known."""

from __future__ import annotations

import re

import pytest

from bot.repoconfig.path_regex import read_path_regex

PATHS = (
    "a.py", "scripts/docs.py", "scripts/docs_py", "x/scripts/docs.py", "scripts/docs.pyi", "tools/a-b.py", "tools/x/1.py", "",
    "requirements.txt", "requirements-dev.in", "docs/requirements.txt", "my requirements.txt", "pyproject.toml",
    "notpyproject.toml",
)  # fmt: skip
KNOWN = [
    r"scripts/docs\.py",
    r"^scripts/docs\.py$",
    r"(^|/)pyproject\.toml$",
    r"(?:^|/)docs\.py$",
    r"^tools/.+\.py$",
    r"^tools/[^/]+\.py$",
    r"^(scripts|tools)/.*?\.py$",
    r"(?:requirements|constraints)[^/]*\.(txt|in)$",
    r"\w+\.py$",
    r"/\d+\.py",
    r".",
    r"",
    r"\/docs",
    r"my requirements",
]


@pytest.mark.parametrize("text", KNOWN)
def test_a_simple_expression_matches_as_it_says(text: str) -> None:
    found = read_path_regex(text)
    assert found is not None
    assert [path for path in PATHS if found.matches(path)] == [path for path in PATHS if re.search(text, path)]


@pytest.mark.parametrize(
    "text",
    [
        r"(a+)+$",
        r"a*",
        r"a?",
        r"(?i)a",
        r"(?=a)",
        r"[ab]",
        r"a{2}",
        r"\bpy",
        r"(a|b*)",
        r"(ab|c)+",
        r"\1",
        "a" * 1_001,
        "(",
    ],
)
def test_of_others_nothing_is_known(text: str) -> None:
    assert read_path_regex(text) is None
