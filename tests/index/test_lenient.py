"""Repairs of requirements and specifiers."""

from __future__ import annotations

import pytest

from bot.index.metadata.lenient_requirement import repair_requirement
from bot.index.pages.lenient import repair_specifier


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        (">=3.8", ">=3.8"),
        ("", ""),
        (">=7.2.0<8.0.0", ">=7.2.0,<8.0.0"),
        ("!=~5.0,>=4.12", "!=5.0.*,>=4.12"),
        (">=1.9.*", ">=1.9"),
        (">= 1.9.*", ">=1.9"),
        (">=2.7,!=3.0*,!=3.1*", ">=2.7,!=3.0.*,!=3.1.*"),
        (">=3.6,", ">=3.6"),
        (">dev", ">0.0.0dev"),
        (">=9.0.0a1.0", ">=9.0.0a1"),
        ("'>= 2.7'", ">= 2.7"),
        (">=2.7.*,!=3.0*,", ">=2.7,!=3.0.*"),
        (">=3.x", None),
        ("three", None),
        ("<4.0 >=3.7", None),
    ],
)
def test_specifiers(written: str, repaired: str | None) -> None:
    assert repair_specifier(written) == repaired


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("a >=1 ; python_version < '3'", "a >=1 ; python_version < '3'"),
        ("elasticsearch-dsl (>=7.2.0<8.0.0)", "elasticsearch-dsl (>=7.2.0,<8.0.0)"),
        ("jupyter-core (!=~5.0,>=4.12)", "jupyter-core (!=5.0.*,>=4.12)"),
        ("torch (>=1.9.*)", "torch (>=1.9)"),
        ("a>='2.7' ; python_version >= '3.7'", "a>=2.7 ; python_version >= '3.7'"),
        ("a @ https://example.com/a.whl", "a @ https://example.com/a.whl"),
        ("a b c", None),
    ],
)
def test_requirements(written: str, repaired: str | None) -> None:
    assert repair_requirement(written) == repaired
