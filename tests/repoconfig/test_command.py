"""``lockbot config`` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.commands.config import config
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


def test_what_has_no_effect_is_warned_of_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / ".lockbot.json"
    file.write_text('{\n  "abandonmentThreshold": "1 year",\n  "npm": {}\n}')
    done = CliRunner().invoke(config, ["check", str(file)])
    assert (done.exit_code, done.stdout) == (0, f"{file} is right\n")
    assert done.stderr == (
        f"warning: {file}:2: abandonmentThreshold: has no effect in lockbot yet\n"
        f"warning: {file}:3: npm: has no effect in lockbot\n"
    )


def test_another_bots_file_is_translated_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".github").mkdir()
    Path(".github/dependabot.yml").write_text(
        "updates:\n  - package-ecosystem: uv\n    schedule: { interval: weekly }\n"
    )
    done = CliRunner().invoke(config, ["migrate"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == '{\n  "schedule": ["* 0-3 * * 1"]\n}\n'
    Path("renovate.json5").write_text("{ labels: ['a'], abandonmentThreshold: '1 year' }")
    assert CliRunner().invoke(config, ["migrate"]).stdout == '{\n  "labels": ["a"]\n}\n'


def test_it_is_written_to_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    file, target = tmp_path / "renovate.json", tmp_path / ".lockbot.json"
    file.write_text('{\n"labels": ["a"],\n"abandonmentThreshold": "1 year"}')
    done = CliRunner().invoke(config, ["migrate", str(file), "-o", str(target)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"not translated: {file}:3: abandonmentThreshold: has no effect in lockbot yet\n"
    assert target.read_text() == '{\n  "labels": ["a"]\n}\n'
    again = CliRunner().invoke(config, ["migrate", str(file), "-o", str(target)])
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "content"), [("renovate.json", "{"), ("dependabot.yml", "a: ["), ("renovate.json", "[]")]
)
def test_what_can_not_be_translated_ends_with_its_place(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    done = CliRunner().invoke(config, ["migrate", str(file)])
    assert done.exit_code == 2
    assert f"{file}:1: " in done.stderr


def test_nothing_to_translate_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(config, ["migrate"]).exit_code == 2
