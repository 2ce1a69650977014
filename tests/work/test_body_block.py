"""The hidden block survives a round trip, people's edits and the forge's limits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.ports.run import Declined, FileMode, UpdateKind, UpdateLine
from bot.report.markdown import code
from bot.work.publishing.body_block import BEGIN, Block, describe, find_block, make_key, render_body, replace_block
from tests.work.scene import propose, propose_group

MAX_BODY = 65_536
BLOCK = Block(
    key="abc",
    heads=("a" * 40, "b" * 40),
    labels=("a-b--c", 'quote"', "naïve -->"),
    left_out=(Declined(package="a-b", version="1.0", is_major=True),),
    retired=True,
)


@pytest.mark.parametrize("text", ["", "text", "text\n\n", "a <!-- comment --> in it", "x" * 70_000, "é" * 70_000])
def test_a_block_is_found_again(text: str) -> None:
    body = render_body(text, BLOCK, MAX_BODY)
    assert find_block(body) == BLOCK
    assert len(body) <= MAX_BODY
    assert body.count("-->") == text[:1000].count("-->") + 2


def test_a_block_replaces_the_old_one() -> None:
    old = render_body("text", Block(key="old"), MAX_BODY)
    assert replace_block(old, BLOCK, MAX_BODY) == render_body("text", BLOCK, MAX_BODY)


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
    assert find_block('text\n\n<!-- lockbot: {"key": "k", "from": "a later version"} -->\r\n') == Block(key="k")


def test_a_block_in_a_name_is_none() -> None:
    """What strangers wrote stands in code spans, as it is, but never at the beginning of a line."""
    forged = code(f"<!-- lockbot: {Block(key='forged').model_dump_json()} -->")
    assert find_block(render_body(f"moves {forged}\n\n{forged}\n* {forged}", BLOCK, MAX_BODY)) == BLOCK


def test_time_alone_changes_nothing_in_a_body() -> None:
    old = render_body("a | 2026-11-29, 1 day ago |", BLOCK, MAX_BODY)
    assert render_body("a | 2026-11-29, 2 days ago |", BLOCK, MAX_BODY, old=old) == old
    assert "2 days ago" in render_body("b | 2026-11-29, 2 days ago |", BLOCK, MAX_BODY, old=old)


def test_what_people_write_around_stays() -> None:
    body = render_body("old", Block(key="old"), MAX_BODY)
    edited = f"Reviewed by the team.\n\n* [ ] tell them\n\n{body}\nSee also the wiki.\n"
    again = render_body("new", BLOCK, MAX_BODY, old=edited)
    assert (
        again
        == f"Reviewed by the team.\n\n* [ ] tell them\n\n{render_body('new', BLOCK, MAX_BODY)}\nSee also the wiki.\n"
    )
    assert render_body("new", BLOCK, MAX_BODY, old=again) == again


@pytest.mark.parametrize("gone", [BEGIN, "all of it", "the block"])
def test_where_a_mark_is_gone_no_word_is_lost_and_it_settles(gone: str) -> None:
    body = f"Mine.\n\n{render_body('old', Block(key='old'), MAX_BODY)}\nMine too.\n"
    edited = {
        BEGIN: body.replace(BEGIN, ""),
        "all of it": "Mine.\nMine too.",
        "the block": re.sub("<!-- lockbot: .*", "", body),
    }
    again = render_body("new", BLOCK, MAX_BODY, old=edited[gone])
    assert ("Mine.\n" in again, "Mine too." in again, find_block(again)) == (True, True, BLOCK)
    assert render_body("new", BLOCK, MAX_BODY, old=again) == again
    assert (again.count(BEGIN), again.count("\nnew\n")) == (1, 1)


def test_a_box_that_somebody_ticked_stays_ticked_where_it_is_still_there() -> None:
    old = render_body("* [x] rebase\n* [X] gone\n* [ ] free", Block(key="old"), MAX_BODY)
    again = render_body("* [ ] free\n* [ ] rebase\n", BLOCK, MAX_BODY, old=old)
    assert "* [ ] free\n* [x] rebase\n" in again
    assert "gone" not in again


def test_peoples_text_leaves_less_room_for_ours() -> None:
    old = "y" * 60_000 + render_body("old", Block(key="old"), MAX_BODY)
    again = render_body("x" * 60_000, BLOCK, MAX_BODY, old=old)
    assert (len(again) <= MAX_BODY, "y" * 60_000 in again, find_block(again)) == (True, True, BLOCK)


def test_the_key_tells_contents_apart() -> None:
    one = propose("2.0")
    same = replace(one, title="another title", body="other", labels=())
    assert make_key(one) == make_key(same)
    assert make_key(one) != make_key(propose("2.1"))
    assert make_key(one) != make_key(replace(one, files=(replace(one.files[0], mode=FileMode.EXECUTABLE),)))


def test_a_block_says_what_a_person_may_decline() -> None:
    major = UpdateLine(package="beta", kind=UpdateKind.MAJOR, before="1.0", after="2.0, 2.4", manifest="a.toml")
    other = UpdateLine(package="beta", kind=UpdateKind.MAJOR, before="1.0", after="2.1", manifest="b.toml")
    block = describe(replace(propose_group(alpha="1.10"), updates=(*propose_group(alpha="1.10").updates, other, major)))
    assert block.proposed == (
        Declined(package="alpha", version="1.10", is_major=False),
        Declined(package="beta", version="2.4", is_major=True),
    )


def test_lock_maintenance_has_chosen_nothing() -> None:
    assert describe(replace(propose_group(alpha="1.1"), group="lock-maintenance")).proposed == ()
