"""Markers of merge conflicts, and the sides between them."""

from __future__ import annotations

import pytest

from bot.judging.merge_conflict import Conflict, find_conflict

PLAIN = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\nd\n"
DIFF3 = "a\n<<<<<<< HEAD\nb\n||||||| 1234567\nx\n=======\nc\n>>>>>>> main\nd\n"
TWO = "<<<<<<< ours\na\n=======\n>>>>>>> theirs\nm\n<<<<<<< ours\n=======\nb\n>>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, Conflict(line=2, ours="a\nb\nd\n", theirs="a\nc\nd\n")),
        (DIFF3, Conflict(line=2, ours="a\nb\nd\n", theirs="a\nc\nd\n")),
        (PLAIN.replace("\n", "\r\n"), Conflict(line=2, ours="a\r\nb\r\nd\r\n", theirs="a\r\nc\r\nd\r\n")),
        (TWO, Conflict(line=1, ours="a\nm\n", theirs="m\nb\n")),
    ],
)
def test_a_conflict_has_two_sides(text: str, expected: Conflict) -> None:
    assert find_conflict(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "=======\n",
        "<<<<<<< HEAD\na\n",
        "<<<<<<< HEAD\na\n=======\nb\n",
        "Title\n=======\n\n>>>>>>> quoted\n",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert find_conflict(text) is None
