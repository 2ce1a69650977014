"""Which line of a derivation names what holds a package."""

from __future__ import annotations

import pytest

from bot.plan.local.hold import find_holder


@pytest.mark.parametrize(
    ("reason", "holder"),
    [
        (
            "on Python >=3.13:\n- iris >=2 was asked for\n- rose 1.0 requires iris <2\nNo version of iris is left.",
            "rose 1.0 requires iris <2",
        ),
        ("- iris ==2 was asked for\n- iris 2 needs Python >=3.12\nNo version is left.", "iris 2 needs Python >=3.12"),
        (
            "- iris >=2 was asked for\n- iris 2 requires fern >=2\n- every version of rose requires fern <2\nNone left.",
            "every version of rose requires fern <2",
        ),
        (
            "- app requires rose >=1 (pyproject.toml:7)\n- every version of rose requires fern <2\n- iris 2 requires fern >=2",
            "every version of rose requires fern <2",
        ),
        ("- iris-kit 1 requires iris[all] <2\n- x", "iris-kit 1 requires iris[all] <2"),
        ("the index was down", "the index was down"),
        ("- iris >=2 was asked for", "iris >=2 was asked for"),
    ],
)
def test_the_holder_is_the_line_that_bounds_it(reason: str, holder: str) -> None:
    assert find_holder(reason, "iris") == holder
