"""A lock text taken apart and put together again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lockfile.sections import join_lock, join_rows, split_lock, split_rows
from tests.lockfile.samples import LOCKS, RARE

STYLES = sorted((Path(__file__).parent / "styles").rglob("*.lock"))


@pytest.mark.parametrize("path", [*LOCKS, *STYLES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_parts_of_a_lock_make_the_lock_again(path: Path) -> None:
    text = path.read_bytes().decode()
    sections = split_lock(text)
    assert sections is not None
    assert join_lock(sections) == text
    assert len(sections.packages) == text.count("\n[[package]]\n")


def test_rare_tables_are_told_apart() -> None:
    sections = split_lock(RARE)
    assert sections is not None
    assert join_lock(sections) == RARE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 1",
        "# made by hand\nversion = 1\n",
        "version = 1\nmarkers = [\n    'a',\n",
        "version = 1\nversion = 1\n",
        "version = 1\n\nrevision = 2\n",
        'version = 1\n  requires-python = ">=3.10"\n',
    ],
)
def test_other_layouts_are_left_alone(text: str) -> None:
    assert split_lock(text) is None


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (("a = []",), ()),
        (('a = [{ name = "x" }]',), ('{ name = "x" }',)),
        (("a = [", "    1,", "    2,", "]"), ("1", "2")),
    ],
)
def test_rows_of_an_array(lines: tuple[str, ...], rows: tuple[str, ...]) -> None:
    assert split_rows(lines) == rows
    assert join_rows(lines, rows) == lines


@pytest.mark.parametrize(
    "lines", [("a = 1",), ("a = [{ b = 1 }, { c = 2 }]",), ("a = [", "  1,", "]"), ("a = [", "    1", "]")]
)
def test_rows_that_cannot_be_told_apart(lines: tuple[str, ...]) -> None:
    assert split_rows(lines) is None


def test_a_second_row_makes_an_array_tall() -> None:
    assert join_rows(("a = [1]",), ("1", "2")) == ("a = [", "    1,", "    2,", "]")
