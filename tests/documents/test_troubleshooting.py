"""``docs/troubleshooting.md`` has every message that a person can meet, and no other.

A new message of the code goes where its subject is: ``* `the words, with … for what is filled in` (what it says to do)``.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.documents.messages import GAP, Message, messages
from tests.test_docs import DOCS, read

_PAGE = read(DOCS / "troubleshooting.md")


@cache
def entries() -> tuple[str, ...]:
    """The code span that each entry begins with."""
    found = re.findall(r"^\* (?:`` (.+?) ``|`([^`]+)`)", _PAGE, re.MULTILINE)
    return tuple(twice or once for twice, once in found)


@cache
def known() -> frozenset[str]:
    return frozenset(entries())


@cache
def form(text: str) -> re.Pattern[str]:
    """What an entry stands for: its words, and anything in its gaps."""
    return re.compile(".*?".join(re.escape(part) for part in text.split(GAP)))


def is_told(message: Message) -> bool:
    return message.text in known() or any(form(one).fullmatch(message.text) for one in entries())


def test_every_message_has_an_entry() -> None:
    assert [f"{one.place}: {one.text}" for one in messages() if not is_told(one)] == []


def test_every_entry_is_a_message() -> None:
    texts = {one.text for one in messages()}
    assert [one for one in entries() if one not in texts and not any(map(form(one).fullmatch, texts))] == []


def test_no_entry_says_nothing() -> None:
    """One without words would stand for whatever comes."""
    assert [one for one in entries() if len(re.findall(r"[A-Za-z]{2,}", one)) < 2] == []
    assert len(entries()) == len(set(entries()))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("bot/manifest/sources.py", "a source can't have both … and …"),
        ("bot/cli/commands/audit.py", "nothing here has a lock"),
        ("bot/plan/policy.py", "a package rule turns it off"),
        ("bot/resolver/lowering/trees.py", "the default group … is not declared"),
        ("bot/report/commands.py", "no check of anybody else has passed"),
        ("bot/settings/texts.py", "must start with sqlite:/// or postgresql://"),
        ("bot/index/http/transfer.py", "nothing came for … seconds"),
        ("bot/repoconfig/model.py", "a rule needs at least one of …"),
    ],
)
def test_messages_are_gathered_whatever_they_are_made_with(place: str, text: str) -> None:
    assert text in {one.text for one in messages() if one.place.startswith(place)}


def test_hints_are_gathered_with_what_they_stand_behind() -> None:
    found = {one.text: one.hint for one in messages()}
    assert found["several sources, but not every one has a marker"] == "add marker = … to each"
    assert "add marker = … to each" not in found
