"""``bot.patterns.pattern`` behaves as what ``re.compile`` gives, and compiles when it is used."""

from __future__ import annotations

import re

import pytest

from bot.patterns import pattern


def test_it_matches_as_a_compiled_pattern_does() -> None:
    ours, standard = (
        pattern(r"(?P<name>[a-z]+)-(\d+)", re.IGNORECASE),
        re.compile(r"(?P<name>[a-z]+)-(\d+)", re.IGNORECASE),
    )
    text = "ab-1 CD-22"
    assert ours.findall(text) == standard.findall(text)
    assert [one["name"] for one in ours.finditer(text)] == ["ab", "CD"]
    assert ours.fullmatch(text) is None
    assert ours.sub("x", text) == standard.sub("x", text)


def test_bytes_are_matched_by_patterns_of_bytes() -> None:
    assert pattern(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_nothing_is_compiled_before_the_first_use() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("x")
