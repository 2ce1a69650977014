"""What a person declined, and what goes beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.plan.declined import comes_again, highest, is_declined, is_mixed
from bot.ports.run import Declined, UpdateKind, UpdateLine
from tests.work.scene import propose_group

ALPHA = Declined(package="alpha", version="1.1", is_major=False)
BETA = Declined(package="beta", version="1.2", is_major=False)
MAJOR = Declined(package="alpha", version="2.3", is_major=True)


def line(package: str, after: str, kind: UpdateKind = UpdateKind.MINOR) -> UpdateLine:
    return UpdateLine(package=package, kind=kind, before="1.0", after=after, manifest="pyproject.toml")


@pytest.mark.parametrize(
    ("update", "declined"),
    [
        (line("alpha", "1.1"), True),
        (line("alpha", "1.1.0"), True),
        (line("alpha", "1.0.9, 1.1"), True),
        (line("alpha", "1.1.post1"), False),
        (line("alpha", "1.0.9, 1.2"), False),
        (line("beta", "1.1"), False),
        (line("alpha", "2.0", UpdateKind.MAJOR), True),
        (line("alpha", "2.9", UpdateKind.MAJOR), True),
        (line("alpha", "3.0", UpdateKind.MAJOR), False),
        (line("alpha", "1!1.0", UpdateKind.MAJOR), False),
        (line("alpha", "1.9"), False),
    ],
)
def test_what_is_covered(update: UpdateLine, declined: bool) -> None:
    assert is_declined(update, (ALPHA, MAJOR)) is declined


@pytest.mark.parametrize(
    ("versions", "at_turn", "single", "again"),
    [
        ({"alpha": "1.1", "beta": "1.2"}, True, None, False),
        ({"alpha": "1.1", "beta": "1.3"}, True, None, True),
        ({"alpha": "1.1", "beta": "1.3"}, False, None, False),
        ({"alpha": "1.2"}, False, None, False),
        ({"alpha": "1.1", "beta": "1.3"}, False, "beta", True),
        ({"alpha": "1.1", "beta": "1.3"}, True, "alpha", False),
    ],
)
def test_what_comes_again(versions: dict[str, str], at_turn: bool, single: str | None, again: bool) -> None:
    proposal = replace(propose_group(**versions), single=single)
    assert comes_again(proposal, (ALPHA, BETA), at_turn=at_turn) is again


def test_a_group_of_one_package_comes_again_at_any_time() -> None:
    assert comes_again(propose_group(alpha="1.2"), (ALPHA,), at_turn=False)


@pytest.mark.parametrize(
    ("versions", "mixed"),
    [({"alpha": "1.1"}, False), ({"alpha": "1.2"}, False), ({"alpha": "1.1", "beta": "1.3"}, True)],
)
def test_a_group_may_hold_both(versions: dict[str, str], mixed: bool) -> None:
    assert is_mixed(propose_group(**versions), (ALPHA, BETA)) is mixed
    assert not is_mixed(replace(propose_group(**versions), single="alpha"), (ALPHA, BETA))


def test_the_highest_is_by_version_not_by_text() -> None:
    assert highest("1.9, 1.10", "1.2") == "1.10"
