"""Versions and specifiers of strangers: what ``packaging`` takes and no reader expects is refused."""

from __future__ import annotations

import pytest
from packaging.specifiers import InvalidSpecifier
from packaging.version import InvalidVersion, Version

from bot.pep440 import GREATEST_NUMBER, has_huge_number, parse_specifiers, parse_version, shorten

LONG = "1" * 4301


@pytest.mark.parametrize("text", ["1.0-custom", "", LONG, f"1.{LONG}", f"1.0+{LONG}", f"1.{GREATEST_NUMBER + 1}"])
def test_a_text_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersion) as caught:
        parse_version(text)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["1.0", "1!2.0rc1.post2.dev3+local.1", f"1.{GREATEST_NUMBER}", f"1.0+{'0' * 20}1"])
def test_a_version_is_read(text: str) -> None:
    assert parse_version(text) == Version(text)


@pytest.mark.parametrize(
    "text", ["===1.0-custom", ">=1,===one", f">={LONG}", f"=={LONG}.*", "===1.0.*", "~=1", ",".join(["!=1"] * 5000)]
)
def test_a_text_that_is_no_list_of_specifiers_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpecifier) as caught:
        parse_specifiers(text)

    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["", "===1.0", "==1.*", ">=1,<2", f"<{GREATEST_NUMBER}"])
def test_specifiers_are_read(text: str) -> None:
    assert str(parse_specifiers(text)) == ",".join(sorted(text.split(",")))


def test_a_huge_number_is_one_of_more_than_64_bits() -> None:
    assert not has_huge_number(f"1.{GREATEST_NUMBER}.{'0' * 30}")
    assert has_huge_number(f"1.{GREATEST_NUMBER + 1}")
    assert has_huge_number(f"1.{'0' * 4_300}")


def test_a_long_text_is_shortened() -> None:
    assert shorten("a" * 500) == "a" * 120 + "…"
