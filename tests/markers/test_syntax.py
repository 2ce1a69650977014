"""What is a marker, and what is refused."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.markers import MarkerSyntaxError, parse_marker


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("os_name=='nt'", "os_name == 'nt'"),
        ('  os_name\t== "nt"  ', "os_name == 'nt'"),
        ("((os_name == 'nt'))", "os_name == 'nt'"),
        ("extra == 'a' and(extra == 'b' or(extra == 'c'))", "extra == 'a' and (extra == 'b' or extra == 'c')"),
        ("os_name in'nt'", "os_name in 'nt'"),
        ("os_name not in'nt'", "os_name not in 'nt'"),
        ("extra == 'a' or extra == 'b' and extra == 'c'", "extra == 'a' or (extra == 'b' and extra == 'c')"),
    ],
)
def test_spaces_quotes_and_parentheses_are_free(text: str, same: str) -> None:
    assert parse_marker(text) is parse_marker(same)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a quoted text or the name of a variable, found the end"),
        ("os_name", "expected an operator such as `>=` or `not in`, found the end"),
        ("os_name ==", "expected a quoted text or the name of a variable, found the end"),
        ("os_name === 'nt'", "expected an operator such as `>=` or `not in`, found `=== 'nt'`"),
        ("os_name not 'nt'", "expected an operator such as `>=` or `not in`, found `not 'nt'`"),
        ("os_name innt", "expected an operator"),
        ("os_name == 'nt", "expected a quoted text or the name of a variable, found `'nt`"),
        ("name == 'nt'", "expected a quoted text or the name of a variable, found `name == 'nt'`"),
        ("(os_name == 'nt'", "expected `)`, found the end"),
        ("os_name == 'nt')", "expected `and`, `or` or the end, found `)`"),
        ("os_name == 'nt' xor extra == 'a'", "expected `and`, `or` or the end, found `xor extra == 'a'`"),
        ("os_name == 'nt' and", "expected a quoted text or the name of a variable, found the end"),
        ("extras in 'a'", "`extras` must be on the right side"),
        ("'a' == dependency_groups", "`dependency_groups` takes only `in` and `not in`"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(MarkerSyntaxError) as caught:
        parse_marker(text)

    assert problem in str(caught.value)
    assert f"`{text}`" in str(caught.value)
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, ValueError)


def test_a_marker_with_too_many_combinations_is_refused() -> None:
    """The first half of the extras comes before the second in a diagram, which must remember what it saw of it."""
    parts = [f"(extra == 'a{number:02}' and extra == 'b{number:02}')" for number in range(40)]
    with pytest.raises(MarkerSyntaxError, match="too many combinations"):
        parse_marker(" or ".join(parts))
    assert parse_marker(" or ".join(parts[:8])) != parse_marker(" or ".join(parts[:7]))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "os_name == 'nt'" + ")" * 5000,
        " and ".join([f"extra == 'e{number:05}'" for number in range(5000)]),
    ],
)
def test_a_marker_that_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(MarkerSyntaxError, match=r"too many (tests inside one another|combinations)") as caught:
        parse_marker(text)

    assert len(str(caught.value)) < 500


def test_a_hundred_nested_parentheses_and_extras_are_fine() -> None:
    nested = "(" * 100 + "os_name == 'nt'" + ")" * 100
    extras = [f"extra == 'e{number:03}'" for number in range(100)]

    assert parse_marker(nested) is parse_marker("os_name == 'nt'")
    assert len(parse_marker(" or ".join(extras)).extras()) == 100


@pytest.mark.parametrize(
    "number", ["1" * 4301, str(2**64), "3." + "1" * 5000 + ".*", "1.0+" + "1" * 5000, "1!" + "9" * 5000]
)
@pytest.mark.parametrize("operator", ["==", ">=", "~=", "in"])
@pytest.mark.parametrize("key", ["python_version", "python_full_version", "implementation_version", "platform_release"])
def test_a_number_that_no_version_has_is_no_error(number: str, operator: str, key: str) -> None:
    """As any other text that is no version: the comparison is ignored, or one of texts."""
    marker = parse_marker(f"{key} {operator} '{number}' and os_name == 'nt'")
    assert key == "platform_release" or marker == parse_marker("os_name == 'nt'")
