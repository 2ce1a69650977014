"""YAML by position: each text where it stands; what is no YAML, too deep or too long is refused with its line."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.formats.yaml import Alias, Mapping, Scalar, Sequence, parse_yaml, scalars
from bot.limits import YAML_DEPTH, YAML_LIMIT

#: text -> each scalar's text and what the file has between its offsets.
PLACES = {
    "plain, quoted, flow": (
        "rev: v0.14.0  # why\nargs: [--frozen, '-o', \"x y\"]\n",
        [
            ("rev", "rev"),
            ("v0.14.0", "v0.14.0"),
            ("args", "args"),
            ("--frozen", "--frozen"),
            ("-o", "'-o'"),
            ("x y", '"x y"'),
        ],
    ),
    "a byte order mark and Windows' line ends": (
        "\ufeffa: '1'\r\nb: 2\r\n",
        [("a", "a"), ("1", "'1'"), ("b", "b"), ("2", "2")],
    ),
    "letters beyond ASCII": ("é😀: 0.14\n", [("é😀", "é😀"), ("0.14", "0.14")]),
    "anchors and tags are not part of it": (
        "a: &x !!str 0.1\nb: *x\n",
        [("a", "a"), ("0.1", "0.1"), ("b", "b"), ("0.1", "0.1")],
    ),
    "several documents": ("a: 1\n---\n- b\n...\n", [("a", "a"), ("1", "1"), ("b", "b")]),
    "blocks": ("run: |\n  uv sync\n", [("run", "run"), ("uv sync\n", "|\n  uv sync\n")]),
}

#: text -> whether its one value can be edited in parts.
EDITABLE = {
    "a: 1.2": True,
    "a: '1.2'": True,
    'a: "1.2"': True,
    "a: &x 1.2": True,
    'a: "1\\x2e2"': False,
    "a: 1\n  2": False,
    "a: |\n  1": False,
}

REFUSED = {
    "no YAML": ("a: 1\nb: [1\n", "not valid YAML", 3),
    "an unknown alias is no anchor's": ("a: 1\n\x01", "not valid YAML: a character that it does not allow", 2),
    "deep lists": ("a: 1\nb: " + "[" * 10_000, f"nested more than {YAML_DEPTH} levels deep", 2),
    "deep blocks": (
        "".join(" " * n + "a:\n" for n in range(100)) + " " * 100 + "b",
        f"nested more than {YAML_DEPTH}",
        64,
    ),
    "long": ("#" * (YAML_LIMIT + 1), "the text is longer than", None),
    "a template": ("a: {{ x }} b: %}\n", "not valid YAML", 1),
}


@pytest.mark.parametrize(("text", "expected"), PLACES.values(), ids=PLACES)
def test_each_text_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    found = [one for node in parse_yaml(text, "x.yaml") for one in scalars(node)]
    assert [(one.text, text[one.start : one.end]) for one in found] == expected


@pytest.mark.parametrize(("text", "is_editable"), EDITABLE.items(), ids=EDITABLE)
def test_a_text_that_stands_letter_by_letter_can_be_edited(text: str, is_editable: bool) -> None:
    (document,) = parse_yaml(text, "x.yaml")
    assert isinstance(document, Mapping)
    value = document.get("a")
    assert isinstance(value, Scalar)
    assert (value.inner is not None) is is_editable
    assert value.inner is None or text[value.inner :].startswith(value.text)


@pytest.mark.parametrize(("text", "problem", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_where(text: str, problem: str, line: int | None) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        parse_yaml(text, "x.yaml")
    assert (caught.value.path, caught.value.line) == ("x.yaml", line)


def test_aliases_are_not_copied() -> None:
    laughs = "a: &a [x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (document,) = parse_yaml(laughs, "x.yaml")
    assert sum(1 for _ in scalars(document)) == 10
    assert isinstance(document, Mapping)
    last = document.get("i")
    assert isinstance(last, Sequence)
    assert [type(one) for one in last.items] == [Alias, Alias]


def test_an_alias_leads_to_the_very_list_that_it_repeats() -> None:
    (document,) = parse_yaml("a: &a [x]\nb: *a\nc: *a\nd: *unknown\n", "x.yaml")
    assert isinstance(document, Mapping)
    first, second, unknown = (document.get(name) for name in "bcd")
    assert isinstance(first, Alias)
    assert isinstance(second, Alias)
    assert first.target is second.target is document.get("a")
    assert isinstance(unknown, Alias)
    assert unknown.target is None
