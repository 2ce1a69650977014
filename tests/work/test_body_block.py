"""The hidden block survives a round trip, people's edits and the forge's limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.run import FileChange
from bot.work.body_block import Block, find_block, make_key, render_body
from tests.work.scene import propose

MAX_BODY = 65_536
BLOCK = Block(key="abc", labels=("a-b--c", 'quote"', "naïve -->"), retired=True)


@pytest.mark.parametrize("text", ["", "text", "text\n\n", "a <!-- comment --> in it", "x" * 70_000, "é" * 70_000])
def test_a_block_is_found_again(text: str) -> None:
    body = render_body(text, BLOCK, MAX_BODY)
    assert find_block(body) == BLOCK
    assert len(body) <= MAX_BODY
    assert body.count("-->") == text[:1000].count("-->") + 1


def test_a_block_replaces_the_old_one() -> None:
    old = render_body("text", Block(key="old"), MAX_BODY)
    assert render_body(old, BLOCK, MAX_BODY) == render_body("text", BLOCK, MAX_BODY)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        "<!-- lockbot: {} -->",
        "<!-- lockbot: {not json} -->",
        '<!-- lockbot: {"key": 1} -->',
        "<!-- lockbot: -->",
    ],
)
def test_what_is_no_block_is_none(body: str) -> None:
    assert find_block(body) is None


def test_a_block_with_more_in_it_is_read() -> None:
    assert find_block('text <!-- lockbot: {"key": "k", "from": "a later version"} -->\r\n') == Block(key="k")


def test_the_key_tells_contents_apart() -> None:
    one = propose("2.0")
    same = replace(one, title="another title", body="other", labels=(), files=())
    other = replace(one, files=(FileChange(path="uv.lock", text="other"),))
    assert make_key(one) == make_key(same) == make_key(other)
    assert make_key(one) != make_key(propose("2.1"))


def test_without_versions_the_files_are_the_content() -> None:
    one = replace(propose(), updates=())
    assert make_key(one) != make_key(replace(one, files=(FileChange(path="uv.lock", text="other"),)))
