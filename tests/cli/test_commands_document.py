"""``docs/commands.md`` says of each command what its help says, and shows screens that are looked at."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli.group import cli
from tests.cli.command_tables import COMMANDS, ends_with, help_sentence, lock_table, option_table

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "commands.md").read_text("utf-8")
SCREENS = ROOT / "tests" / "snapshots" / "screens"


def section(name: str) -> str:
    start = TEXT.index(f"# `lockbot {name}`\n")
    ends = [at for mark in ("\n## ", "\n### ") if (at := TEXT.find(mark, start)) != -1]
    return TEXT[start : min(ends, default=len(TEXT))]


def test_every_command_has_a_section() -> None:
    commands = cli.list_commands(click.Context(cli))
    assert sorted({name.partition(" ")[0] for name in COMMANDS}) == sorted(commands)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("lock", "hook lock")])
def test_options_are_those_of_the_command(name: str) -> None:
    assert option_table(name) in section(name)


def test_options_of_lock_are_all_of_them_with_their_variables() -> None:
    assert lock_table() in section("lock")


@pytest.mark.parametrize("name", ["run", "outdated", "why", "upgrade"])
def test_exit_codes_and_screens_are_those_of_the_program(name: str) -> None:
    assert ends_with(name) in section(name)
    assert (SCREENS / f"{name}-80.txt").read_text("utf-8") in section(name)


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if " " in name or name in ("export", "doctor", "jobs", "serve", "work")]
)
def test_what_it_does_is_said_as_in_its_help(name: str) -> None:
    assert help_sentence(name) in section(name)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_the_shells_that_are_named(shell: str) -> None:
    done = CliRunner(env={"_LOCKBOT_COMPLETE": f"{shell}_source"}).invoke(cli, [], prog_name="lockbot")
    assert f"_LOCKBOT_COMPLETE={shell}_source" in TEXT
    assert (done.exit_code, "lockbot" in done.stdout) == (0, True)
