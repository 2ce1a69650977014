"""What uv takes before the name of a command is taken there too, and counts for the command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.cli.group import cli

PROJECT = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "pyproject.toml").write_text(PROJECT, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "there"


def call(monkeypatch: pytest.MonkeyPatch, words: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["lockbot", *words.split()])
    try:
        main()
    except SystemExit as end:
        return end.code
    return 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--directory there lock", "Resolved 1 package"),
        ("--project there --color always lock", "\x1b["),
        ("-q --directory there lock", None),
        ("-v --directory there --offline lock", "cache: "),
        ("--no-cache -v --directory there lock", "cache: none"),
        ("--cache-dir kept --directory there -v lock", "kept"),
        ("--isolated --directory there lock", "--isolated changes nothing"),
        ("--directory there lock --offline", "Resolved 1 package"),
    ],
)
def test_lock_obeys_them(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, said: str | None
) -> None:
    assert call(monkeypatch, words) == 0
    assert (project / "uv.lock").is_file()
    told = capsys.readouterr().err
    assert told == "" if said is None else said in told


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--show-settings lock", "--show-settings can't be obeyed"),
        ("-q lock -v", "--quiet and --verbose can't be used together"),
        ("--no-cache lock -n", "--no-cache is said twice"),
        ("--directory nowhere lock", "no such folder"),
        ("--check lock", "No such option '--check'"),
        ("--offline outdated", "No such option '--offline'"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_can_not_be_obeyed_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, problem: str
) -> None:
    assert call(monkeypatch, words) == 2
    assert problem in capsys.readouterr().err


def test_an_export_names_them_where_they_stood(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "--directory there lock") == 0
    monkeypatch.chdir(project)
    done = CliRunner().invoke(cli, ["-q", "--offline", "export", "--frozen"])
    assert (done.exit_code, done.output.splitlines()[1]) == (0, "#    uv --offline export --frozen")


def test_pip_compile_names_them_where_they_stood(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "a.in").write_text("", "utf-8")
    monkeypatch.chdir(project)
    done = CliRunner().invoke(cli, ["--offline", "--directory", ".", "pip", "compile", "a.in", "-q"])
    assert (done.exit_code, done.output.splitlines()[1]) == (0, "#    uv --offline --directory . pip compile a.in")


def test_commands_of_our_own_have_them_where_they_know_them(project: Path) -> None:
    done = CliRunner().invoke(cli, ["-q", "--color", "never", "outdated", "--json", str(project)])
    assert "no such option" not in done.output.lower()
