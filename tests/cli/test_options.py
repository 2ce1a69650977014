"""The words of a command, read by a table as uv reads them; and what click words of the same table."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import Kind, Option
from bot.command_line.uv_options import GLOBAL_OPTIONS
from bot.command_line.words import leading, read_words
from bot.errors import InputError

TABLE = (
    Option(("-q", "--quiet"), Kind.COUNT, excludes=("verbose",)),
    Option(("-v", "--verbose"), Kind.COUNT),
    Option(("-U", "--upgrade", "--no-upgrade"), Kind.SWITCH, excludes=("check",)),
    Option(("--check", "--locked"), Kind.FLAG),
    Option(("-P", "--package"), Kind.TEXTS, separator=","),
    Option(("--index",), Kind.TEXTS, separator=" "),
    Option(("--color",), Kind.TEXT, choices=("auto", "never")),
    Option(("--directory",), Kind.FOLDER, default=Path()),
    Option(("-o", "--output"), Kind.TEXT),
)
NOTHING = {
    "quiet": 0, "verbose": 0, "upgrade": None, "check": False, "package": (), "index": (), "color": None,
    "directory": Path(), "output": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ([], {}),
        (["-qq", "-q"], {"quiet": 3}),
        (["-qU"], {"quiet": 1, "upgrade": True}),
        (["-U", "--no-upgrade"], {"upgrade": False}),
        (["--no-upgrade", "--upgrade", "--no-upgrade"], {"upgrade": False}),
        (["--no-upgrade", "--check"], {"upgrade": False, "check": True}),
        (["--locked"], {"check": True}),
        (["-P", "a,b", "-Pc", "-P=d", "--package=e", "--package="], {"package": ("a", "b", "c", "d", "e", "")}),
        (["-qPa"], {"quiet": 1, "package": ("a",)}),
        (["--index", " a=x  b "], {"index": ("a=x", "b")}),
        (["--color=never"], {"color": "never"}),
        (["--directory", "a/b", "-o", "-"], {"directory": Path("a/b"), "output": "-"}),
        (["-o=-x"], {"output": "-x"}),
    ],
)
def test_words_are_read(words: list[str], values: dict[str, object]) -> None:
    read = read_words(words, TABLE, "it")
    assert read.values == NOTHING | values
    assert read.operands == ()


def test_what_stands_alone_is_kept_in_its_order() -> None:
    read = read_words(["-q", "pip", "--color", "auto", "compile", "--", "-U", "a.in"], TABLE, "it")
    assert read.operands == ("pip", "compile", "-U", "a.in")
    assert read.said == ("--quiet", "--color")


@pytest.mark.parametrize(
    ("words", "problem", "hint"),
    [
        (["--chek"], "there is no option --chek", "did you mean --check? it --help lists"),
        (["--cheque-book-of-mine"], "there is no option --cheque-book-of-mine", "it --help lists"),
        (["-x"], "there is no option -x", "it --help lists"),
        (["-qx"], "there is no option -x", "it --help lists"),
        (["--color"], "--color needs a value", "it --help lists"),
        (["--color", "-q"], "--color needs a value", "it --help lists"),
        (["--output="], "--output needs a value", "it --help lists"),
        (["--check=yes"], "--check takes no value", "it --help lists"),
        (["-q=1"], "--quiet takes no value", "it --help lists"),
        (["--color", "red"], "--color 'red' is not one of auto, never", "it --help lists"),
        (["--check", "--locked"], "--check is said twice", "it --help lists"),
        (["--no-upgrade", "--no-upgrade"], "--no-upgrade is said twice", "it --help lists"),
        (["-o", "a", "--output", "b"], "--output is said twice", "it --help lists"),
        (["-v", "-q"], "--verbose and --quiet can't be used together", "it --help lists"),
        (["--check", "-U"], "--check and --upgrade can't be used together", "it --help lists"),
    ],
)
def test_what_can_not_be_meant_is_refused(words: list[str], problem: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        read_words(words, TABLE, "it")
    assert refused.value.problem == problem
    assert (refused.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("lock -q", 0),
        ("-q lock", 1),
        ("-qq --directory lock lock", 3),
        ("--color=never --no-color run", 2),
        ("--help lock", 0),
        ("-qx lock", 0),
        ("-- lock", 0),
        ("--directory", 1),
    ],
)
def test_global_options_lead(words: str, count: int) -> None:
    assert leading(words.split(), GLOBAL_OPTIONS) == count


NAMES = sorted(name for option in LOCK_OPTIONS for name in option.names)
WORDS = st.sampled_from([*NAMES, *(f"{name}=x" for name in NAMES), "x", "a b", "-", "--", "", "-Px", "-UP", "--help"])


@given(st.lists(WORDS, max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    try:
        read = read_words(words, LOCK_OPTIONS, "lockbot lock")
    except InputError:
        return
    assert set(read.values) == {option.key for option in LOCK_OPTIONS}


@pytest.mark.parametrize("options", [LOCK_OPTIONS, GLOBAL_OPTIONS], ids=["lock", "global"])
def test_no_two_options_are_spelled_alike_and_what_they_exclude_is_there(options: tuple[Option, ...]) -> None:
    names = [name for option in options for name in option.names]
    assert len(names) == len(set(names))
    assert {f"--{one}" for option in options for one in option.excludes} <= set(names)
