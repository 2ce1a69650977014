"""The quick way through a lock file gives what ``tomllib`` gives, or gives up."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lockfile.document import parse_canonical, parse_document
from tests.lockfile.samples import LOCKS, RARE

SHORT = RARE.partition("[[manifest")[0] + RARE[RARE.index('[[package]]\nname = "b"') :]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_locks_of_uv_take_the_quick_way(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert parse_canonical(text) == tomllib.loads(text)


def test_rare_quotes_take_the_long_way() -> None:
    assert parse_canonical(RARE) is None
    assert parse_document(RARE) == tomllib.loads(RARE)


def test_every_other_rare_field_takes_the_quick_way() -> None:
    text = RARE.replace('"""platform_version == "it\'s""""', "\"platform_version == 'x'\"")

    assert parse_canonical(text) == tomllib.loads(text)


def _agrees(text: str) -> None:
    quick = parse_canonical(text)
    if quick is None:
        return
    assert quick == tomllib.loads(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("revision = 5", "revision = 05"),
        ("revision = 5", "revision = 5_0"),
        ("revision = 5", "revision = -5"),
        ("revision = 5", "revision = 5.0"),
        ("revision = 5", "revision = 5\nrevision = 5"),
        ("revision = 5", "revision = 5 # five"),
        ("revision = 5", "revision = 5# five"),
        ("revision = 5", "revision = 5 #\x00"),
        ("revision = 5", "  revision = 5"),
        ("revision = 5", "revision=5"),
        ("revision = 5", "revision = true"),
        ("revision = 5", "revision = trues"),
        ("revision = 5", 'a.b = "c"'),
        ("revision = 5", 'revision = ""'),
        ("revision = 5", 'revision = """5"""'),
        ("revision = 5", 'revision = "a\tb"'),
        ("revision = 5", 'revision = "a\\tb"'),
        ("revision = 5", 'revision = "a\x0bb"'),
        ("revision = 5", 'revision = "a" "b"'),
        ("revision = 5", "revision = {}"),
        ("revision = 5", "revision = { }"),
        ("revision = 5", "revision = { a = 1, a = 1 }"),
        ("revision = 5", "revision = { a = { b = [1, 2, [], [{}]] } }"),
        ("revision = 5", "revision = [1, 2, ]"),
        ("revision = 5", "revision = " + "[" * 2000),
        ("revision = 5", "conflicts = [[\n], [\n]]"),
        ("revision = 5", "conflicts = [[\n    1,\n], [\n    2,\n]]"),
        ("revision = 5", "package = []"),
        ("revision = 5", "manifest = {}"),
        ("revision = 5", "options = 1"),
        ("revision = 5", "wheels = [\n]"),
        ("revision = 5", "wheels = ["),
        ("revision = 5", 'wheels = [\n    { url = "a", hash = "b", upload-time = "" },\n]'),
        ("revision = 5", 'wheels = [\n    { url = "a", hash = "b" },\n    # no more\n]'),
        ("revision = 5", 'wheels = [\n    { url = "a", hash = "b" }, # one\n]'),
        ("revision = 5", 'members = [\n    "a" # one,\n    "b",\n]'),
        ("revision = 5", 'members = [\n    "a" # one,\n]'),
        ("revision = 5", 'members = [\n    "a",\n    \n]'),
        ("[options]", "[options]\n[options]"),
        ("[options]", "[ options ]"),
        ("[options]", '["options"]'),
        ("[options]", "[options.x]"),
        ("[options]", "[manifest.dependency-groups]\n[manifest]"),
        ("[options]", "[package.metadata]"),
        ("[options]", "[[package]]\n[options]"),
        ("[options]", "[manifest.dependency-metadata]"),
        ("[options]", "[[options]]"),
        ("[package.metadata.requires-dev]", "[package.metadata]\n[package.metadata.requires-dev]"),
        ("[package.metadata]\n\n[package.metadata.requires-dev]", "[package.metadata.requires-dev]"),
        ("\n", "\r\n"),
        ("[[package]]", "[[package]]\n[package.optional-dependencies]\n[package.optional-dependencies]"),
    ],
)
def test_odd_texts_are_read_as_toml_or_left_to_it(before: str, after: str) -> None:
    text = SHORT.replace('"""platform_version == "it\'s""""', '"x"')
    assert before in text

    _agrees(text.replace(before, after, 1))
    _agrees(text.replace(before, after))


def test_text_without_a_last_newline_is_left_to_toml() -> None:
    _agrees('version = 1\nname = "a"')
    assert parse_document('name = "a"') == {"name": "a"}


_LINES = [
    *dict.fromkeys(SHORT.split("\n")),
    "[[package]]",
    "[manifest.dependency-groups]",
    "]",
    "]]",
    "], [",
    "x = [[",
    "",
]
_PIECES = [
    '"',
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    " ",
    "=",
    "#",
    "\n",
    "\t",
    "\\",
    "    ",
    '"""',
    "0",
    "1",
    "a",
    "-",
    ".",
    "\x7f",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=12))
def test_lines_in_any_order_are_read_as_toml_or_left_to_it(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    quick = parse_canonical(text)
    if quick is not None:
        assert quick == tomllib.loads(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=len(SHORT)), st.integers(min_value=0, max_value=3), st.sampled_from(_PIECES))
def test_text_with_a_slip_is_read_as_toml_or_left_to_it(at: int, gone: int, piece: str) -> None:
    _agrees(SHORT[:at] + piece + SHORT[at + gone :])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["{ ", " }", '"a"', "b = ", ", ", "[", "]", "1", "0", "true", '""', "{}", " # c", "="]),
        max_size=9,
    )
)
def test_values_of_any_shape_are_read_as_toml_or_left_to_it(pieces: list[str]) -> None:
    _agrees(f"x = {''.join(pieces)}\n")
