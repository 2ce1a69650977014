"""What is kept of answers is bounded."""

from __future__ import annotations

import random

from bot.forge.github.kept import KeptAnswers


def test_an_answer_comes_back_whole() -> None:
    kept = KeptAnswers()
    kept.keep("key", "etag", b"content" * 1000)
    found = kept.find("key")
    assert found is not None
    assert (found.etag, found.content) == ("etag", b"content" * 1000)
    assert kept.find("other") is None


def test_what_was_used_longest_ago_goes_first() -> None:
    chance = random.Random(8)
    kept = KeptAnswers(most=5000)
    for number in range(100):
        kept.keep(number, "etag", chance.randbytes(1000))
        kept.find(0)
        assert kept.size <= 5000
    there = [number for number in range(100) if kept.find(number) is not None]
    assert there == [0, 97, 98, 99]


def test_an_answer_that_is_too_large_is_not_kept() -> None:
    kept = KeptAnswers(most=500)
    kept.keep("key", "etag", random.Random(8).randbytes(1000))
    assert (kept.find("key"), kept.size) == (None, 0)


def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    kept = KeptAnswers()
    for etag in ("one", "two"):
        kept.keep("key", etag, etag.encode())
    found = kept.find("key")
    assert found is not None
    assert (found.etag, found.content, kept.size) == ("two", b"two", len(found.packed))
