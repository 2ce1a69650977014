"""Patterns for names and paths."""

from __future__ import annotations

import pytest

from bot.repoconfig.globs import matches_name, matches_path


@pytest.mark.parametrize(
    ("name", "patterns", "expected"),
    [
        ("django", [], True),
        ("django", ["Django"], True),
        ("django-x", ["django*"], True),
        ("django-x", ["django*", "!django-x"], False),
        ("flask", ["!django*"], True),
        ("flask", ["a", "b"], False),
        ("a.b", ["a?b"], True),
        ("axb", ["a.b"], False),
        ("ruff", ["{ruff,mypy}"], True),
    ],
)
def test_names(name: str, patterns: list[str], expected: bool) -> None:
    assert matches_name(name, patterns) is expected


@pytest.mark.parametrize(
    ("path", "patterns", "expected"),
    [
        ("docs/a/pyproject.toml", ["docs/**"], True),
        ("docs/a/pyproject.toml", ["docs"], True),
        ("docs/a/pyproject.toml", ["docs/"], True),
        ("mydocs/pyproject.toml", ["docs/**"], False),
        ("a/tests/b/x.py", ["**/tests/**"], True),
        ("tests/x.py", ["**/tests/**"], True),
        ("a/x.py", ["*.py"], False),
        ("x.py", ["*.py"], True),
        ("a/x.py", ["**/*.py"], True),
        ("a/x.py", ["[", "a/x.py"], True),
    ],
)
def test_paths(path: str, patterns: list[str], expected: bool) -> None:
    assert matches_path(path, patterns) is expected
