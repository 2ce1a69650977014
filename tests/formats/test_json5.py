"""JSON5: what other bots' configurations are written in."""

from __future__ import annotations

import json

import pytest

from bot.errors import InputError
from bot.formats.json5 import Json5, parse_json5
from bot.limits import JSON5_LIMIT

VALUES: list[tuple[str, Json5]] = [
    ("{}", {}),
    ("\ufeff // a\n[ /* b\n*/ ]\n// c", []),
    ("{a: true, $b_1: false, 'c d': null, \"e\": 'f',}", {"a": True, "$b_1": False, "c d": None, "e": "f"}),
    ("[1, -1.5e3, +.5, 5., 0xFF, Infinity, -Infinity, NaN]", [None] * 8),
    (r"""'it\'s "so" \x41\u00e9\n\q\0'""", 'it\'s "so" Aé\nq\0'),
    ("'one \\\ntwo \\\r\nthree'", "one two three"),
    ('"http://a.invalid/*b*/"', "http://a.invalid/*b*/"),
    ("{é: 1, Infinity: 'x', a: 'first', a: 'last'}", {"é": None, "Infinity": "x", "a": "last"}),
    ('{"a": [{"b": [[]]}]}', {"a": [{"b": [[]]}]}),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_text_has_a_value(text: str, value: Json5) -> None:
    assert parse_json5(text, "renovate.json5") == value


def test_json_is_json5() -> None:
    value = {"a": ['\u2028"\\/\b', True, None], "": {"b": "🚀"}}
    for indent in (None, 2):
        assert parse_json5(json.dumps(value, indent=indent), "") == value


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "a value is missing"),
        ("{\n'a' 1}", 2, "':' is missing"),
        ("[1\n\n 2]", 3, "',' is missing"),
        ("[,]", 1, "a value is missing"),
        ("{1: 2}", 1, "a key is missing"),
        ("{} {}", 1, "behind the end"),
        ("'a\nb'", 1, "the end of a text is missing"),
        ("[tru]", 1, "a value is missing"),
        ("1a", 1, "a value is missing"),
        ("/* open", 1, "a value is missing"),
        ("[" * 10_000, 1, "levels deep"),
        ("'" + "a" * JSON5_LIMIT + "'", None, "longer than"),
    ],
)
def test_what_is_none_is_refused_with_its_line(text: str, line: int | None, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        parse_json5(text, "renovate.json5")
    assert (caught.value.path, caught.value.line) == ("renovate.json5", line)


@pytest.mark.parametrize(
    "text", ["'" + "\\" * 99_999, "/*" * 99_999, "[" + "1 " * 99_999, '"' + 'a\\"' * 99_999, "//" * 99_999]
)
def test_hostile_texts_are_refused_at_once(text: str) -> None:
    with pytest.raises(InputError):
        parse_json5(text, "")
