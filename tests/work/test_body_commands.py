"""The commands that the foot of a pull request names, held against the table that obeys them."""

from __future__ import annotations

import pytest

from bot.orders import render_box
from bot.report.pulls.foot import COMMANDS as NAMED
from bot.report.pulls.foot import foot
from bot.work.commands.command import Place
from bot.work.commands.table import COMMANDS


@pytest.mark.parametrize("name", NAMED)
def test_a_command_that_the_foot_names_is_one_on_open_pull_requests(name: str) -> None:
    assert [one.name for one in COMMANDS if one.name == name and Place.OPEN in one.forms] == [name]


def test_the_box_of_the_foot_is_one_that_is_read() -> None:
    words = "Solve this again on the newest base, and replace what others have put on the branch"
    assert render_box(words, "rebase") in foot(None).splitlines()
