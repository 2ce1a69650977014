"""A body is never longer than a pull request may be: what is folded goes first, from the bottom upwards."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.cut import cut_body
from bot.report.markdown import details, escape, table
from bot.report.pulls.foot import foot

NAMES = ("All lock changes", "Release notes of a", "Release notes of b", "Held back: 3")
FOOT = foot(".lockbot.json")


def body(head: int, *folds: int) -> str:
    """Rows of a table that is open, then of folded ones."""
    parts = [table(("A", "B"), [(f"row {number}", "x" * 40) for number in range(head)])]
    parts += [
        details(name, table(("A", "B"), [(f"{name} {number}", "y" * 60) for number in range(rows)]))
        for name, rows in zip(NAMES, folds, strict=False)
    ]
    return "\n\n".join(["Moves much.", *parts, FOOT]) + "\n"


def is_whole(text: str) -> bool:
    """What is opened is closed, and nothing stands between the parts."""
    return text.count("<details>") == text.count("</details>") == text.count("<summary>")


SIZES = st.integers(min_value=0, max_value=120)


@given(SIZES, st.lists(SIZES, min_size=0, max_size=4), st.integers(min_value=1_500, max_value=30_000))
def test_it_fits_is_closed_keeps_its_foot_and_says_what_is_missing(head: int, folds: list[int], most: int) -> None:
    whole = body(head, *folds)
    text = cut_body(whole, most)
    assert len(text) <= most
    assert is_whole(text)
    assert text.rstrip().endswith(FOOT)
    assert (text == whole) == (len(whole) <= most)
    if text != whole:
        assert "Left out or cut, as a pull request may not be longer:" in text or "… cut:" in text


@given(st.lists(SIZES, min_size=4, max_size=4), st.integers(min_value=1_500, max_value=30_000))
def test_what_is_lower_goes_first(folds: list[int], most: int) -> None:
    text = cut_body(body(1, *folds), most)
    whole = [details(name, "").split("\n")[1] in text for name in NAMES]
    assert whole == sorted(whole, reverse=True)
    for name, stays in zip(NAMES, whole, strict=True):
        assert stays or name in text


@given(st.text(max_size=3_000), st.integers(min_value=0, max_value=3_000))
def test_any_text_fits(text: str, most: int) -> None:
    assert len(cut_body(text, most)) <= most


def test_a_part_keeps_the_rows_that_there_is_room_for() -> None:
    whole = body(3, 300)
    text = cut_body(whole, len(whole) - 5_000)
    assert "All lock changes 0 |" in text
    assert "All lock changes 299 |" not in text
    assert text.count("… cut") == 1
    assert "Left out or cut, as a pull request may not be longer: All lock changes." in text


def test_the_end_of_an_open_part_goes_last() -> None:
    text = cut_body(body(300, 5), 4_000)
    assert "<details>" not in text
    assert "row 0 |" in text
    assert "… cut: the text is longer than a pull request may be." in text
    assert text.endswith(FOOT)


@pytest.mark.parametrize("words", ["<details>", "---", "</details>", "<summary>x</summary>"])
def test_words_of_strangers_divide_nothing(words: str) -> None:
    whole = f"{escape(words)}\n\n" + body(3, 100)
    text = cut_body(whole, 4_000)
    assert is_whole(re.sub(r"\\<.*?\\>", "", text))
    assert text.endswith(FOOT)
