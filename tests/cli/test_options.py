"""A plain command line means the same with and without click; any other is left to click."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.lock import lock
from bot.cli.lock_options import LOCK_OPTIONS
from bot.cli.options import read_plainly

NAMES = sorted(name for option in LOCK_OPTIONS for name in option.names)
WORDS = st.sampled_from([*NAMES, *(f"{name}=x" for name in NAMES), "x", "a b", "-", "--", "", "-Px", "-UP", "--help"])


def read_by_click(arguments: list[str]) -> dict[str, object] | str:
    """The values, or the kind of what click has to say."""
    try:
        return lock.make_context("lock", list(arguments)).params
    except (click.ClickException, click.exceptions.Exit) as said:
        return type(said).__name__


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_plainly_is_what_click_reads(arguments: list[str]) -> None:
    plain = read_plainly(arguments, LOCK_OPTIONS)
    assert plain is None or plain == read_by_click(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--check", "--offline"],
        ["-U", "--python", "3.12", "--cache-dir=x"],
        ["-P", "a", "--upgrade-package", "b==1", "--index", "n=https://example.org/simple"],
        ["--recorded", "--no-recorded"],
        ["--no-recorded", "--recorded"],
        ["--revision", "2", "--revision", "keep"],
    ],
)
def test_usual_command_lines_need_no_click(arguments: list[str]) -> None:
    plain = read_plainly(arguments, LOCK_OPTIONS)
    assert plain is not None
    assert plain == read_by_click(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--chek"],
        ["extra"],
        ["--python"],
        ["--python="],
        ["--python", "--offline"],
        ["--check=yes"],
        ["-P=x"],
        ["-UP", "x"],
        ["--directory", "file"],
        ["--script", "folder"],
    ],
)
def test_what_is_not_plain_is_for_click(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    assert read_plainly(arguments, LOCK_OPTIONS) is None
