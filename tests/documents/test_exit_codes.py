"""``docs/exit-codes.md`` says of every command what its help says, and each code comes where it is said to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.group import cli
from tests.cli.command_tables import COMMANDS, ends_with
from tests.documents.program import call_lockbot
from tests.documents.world import World, make_world
from tests.test_docs import DOCS, read, rows

_EVERY = (*COMMANDS, "config migrate")

#: Where it is called, how, and what it ends with.
CALLS = [
    ("a project", "lock", 0),
    ("a project without a solution", "lock", 1),
    ("a project whose lock is out of date", "lock --check", 1),
    ("an empty folder", "lock", 2),
    ("a project", "run --dry-run", 0),
    ("a project beside a broken one", "run --dry-run", 1),
    ("a project beside a broken one", "run --dry-run --exit-zero", 0),
    ("a project with a broken configuration", "run --dry-run", 2),
    ("an empty folder", "run", 2),
    ("a project", "outdated", 0),
    ("a project beside a broken one", "outdated", 1),
    ("a project with a broken configuration", "outdated", 2),
    ("an empty folder", "outdated", 2),
    ("a project", "why httpx", 0),
    ("a project", "why nothing", 1),
    ("an empty folder", "why httpx", 2),
    ("a project", "upgrade", 0),
    ("a project beside a broken one", "upgrade --all", 1),
    ("a project", "upgrade nothing", 2),
    ("an empty folder", "upgrade", 2),
    ("a project", "export", 0),
    ("a project whose lock is out of date", "export --locked", 1),
    ("a project without a solution", "export", 1),
    ("a project", "export --frozen --package nothing", 2),
    ("a project", "audit --ignore GHSA-vqfr-h8mv-ghfj", 0),
    ("a project", "audit", 1),
    ("a project", "audit --fix", 0),
    ("a project", "audit --service-url http://127.0.0.1:9", 2),
    ("a project", "pip compile requirements.in", 0),
    ("a project", "pip compile contradiction.in", 1),
    ("a project", "pip compile nothing.in", 2),
    ("a project with a configuration", "config check", 0),
    ("a project with a broken configuration", "config check", 2),
    ("a project", "config check", 2),
    ("a project with Renovate", "config migrate", 0),
    ("a project", "config migrate", 2),
    ("a project", "config schema", 0),
    ("a project", "jobs", 0),
    ("a project", "jobs --retry nothing", 2),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("codes")) as made:
        yield made


def test_every_command_has_a_row_as_in_its_help() -> None:
    expected = [[f"`lockbot {name}`", ends_with(name).removeprefix("Ends with ")] for name in _EVERY]
    assert sorted(rows(read(DOCS / "exit-codes.md"))) == sorted(expected)


def test_no_command_is_left_out() -> None:
    assert {name.partition(" ")[0] for name in _EVERY} == set(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize(("place", "command", "code"), CALLS, ids=[f"{call}, {place}" for place, call, _ in CALLS])
def test_it_ends_as_the_page_says(place: str, command: str, code: int, world: World, tmp_path: Path) -> None:
    folder = world.copy(place, tmp_path / "here")
    (folder / "contradiction.in").write_text(f"{world.requirements}h11<0.14\nhttpx==0.27.0\n", "utf-8")
    shown = call_lockbot(command.split(), folder, {**world.environment, "LOCKBOT_DATA_DIR": str(tmp_path / "data")})
    assert shown.code == code, shown.screen
    assert "Traceback" not in shown.screen
