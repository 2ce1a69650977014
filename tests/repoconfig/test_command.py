"""``lockbot config`` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.config import config
from bot.repoconfig.schema import render_schema


def test_a_right_file(tmp_path: Path) -> None:
    file = tmp_path / ".lockbot.json"
    file.write_text("{}")
    done = CliRunner().invoke(config, ["check", str(file)])
    assert (done.exit_code, done.output) == (0, f"{file} is right\n")


def test_a_wrong_file_lists_its_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".github").mkdir()
    Path(".github/.lockbot.json").write_text('{\n"label": []}')
    done = CliRunner().invoke(config, ["check"])
    assert done.exit_code == 2
    assert ".github/.lockbot.json:2: label is not an option of lockbot (did you mean labels?)" in done.stderr


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_can_not_be_read(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "c.json"
    if content is not None:
        file.write_bytes(content)
    done = CliRunner().invoke(config, ["check", str(file)])
    assert done.exit_code == 2
    assert "c.json" in done.stderr


def test_no_configuration_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(config, ["check"]).exit_code == 2


def test_the_schema() -> None:
    assert CliRunner().invoke(config, ["schema"]).output == render_schema()
