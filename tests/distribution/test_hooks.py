"""The hooks that are offered to pre-commit: which files they are for, and what ``lockbot hook lock`` does with them."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.locking.hook import find_locks, run_hook_lock
from bot.errors import InputError
from bot.repoconfig.load import CONFIG_PATHS
from tests.test_architecture import ROOT

HOOKS: Mapping[str, Mapping[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}

#: File -> the hooks that it wakes.
FILES = {
    "pyproject.toml": ["lock"],
    "packages/api/pyproject.toml": ["lock"],
    "uv.toml": ["lock"],
    "uv.lock": ["lock", "audit"],
    "services/api/uv.lock": ["lock", "audit"],
    "tools/report.py": ["lock"],
    "tools/report.py.lock": ["lock", "audit"],
    "requirements.txt": ["audit"],
    "requirements/dev.txt": ["audit"],
    "docs/notes.txt": [],
    "deploy/requirements-prod.txt": ["audit"],
    "pylock.toml": ["audit"],
    "pylock.dev.toml": ["audit"],
    ".lockbot.json": ["config"],
    ".github/.lockbot.json": ["config"],
    ".github/lockbot.json": ["config"],
    "tests/.lockbot.json": [],
    "my-pyproject.toml": [],
    "poetry.lock": [],
    "README.md": [],
}


@pytest.mark.parametrize("path", FILES)
def test_a_hook_wakes_for_its_files(path: str) -> None:
    assert [
        name for name in ("lock", "config", "audit") if re.search(HOOKS[f"lockbot-{name}"]["files"], path)
    ] == FILES[path]


def test_every_place_of_a_configuration_is_checked() -> None:
    assert all(re.search(HOOKS["lockbot-config"]["files"], path) for path in CONFIG_PATHS)


# --- which lock a file is of ----------------------------------------------------------------------

LOCK = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
PROJECT = '[project]\nname = "{}"\nversion = "1.0"\nrequires-python = ">=3.12"\n'
ONE = '\n[[package]]\nname = "{}"\nversion = "1.0"\nsource = {{ virtual = "." }}\n'
WORKSPACE: Mapping[str, str] = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    "uv.lock": LOCK + '\n[manifest]\nmembers = [\n    "api",\n]\n\n'
    '[[package]]\nname = "api"\nversion = "1.0"\nsource = { virtual = "packages/api" }\n',
    "packages/api/pyproject.toml": PROJECT.format("api"),
    "services/own/pyproject.toml": PROJECT.format("own"),
    "services/own/uv.lock": LOCK + ONE.format("own"),
    "samples/bare/pyproject.toml": PROJECT.format("bare"),
    "tool.py": '# /// script\n# requires-python = ">=3.12"\n# dependencies = []\n# ///\n',
    "tool.py.lock": LOCK,
    "plain.py": "print()\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, WORKSPACE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["pyproject.toml"], [{"project": "."}]),
        (["uv.lock", "packages/api/pyproject.toml", "pyproject.toml"], [{"project": "."}]),
        (["packages/api/pyproject.toml"], [{"project": "packages/api"}]),
        (["services/own/uv.lock", "uv.lock"], [{"project": "services/own"}, {"project": "."}]),
        (["samples/bare/pyproject.toml"], []),
        (["tool.py", "tool.py.lock", "plain.py"], [{"script": "tool.py"}]),
        (["plain.py", "gone.py", "gone.py.lock"], []),
        ([], []),
    ],
)
def test_each_lock_is_found_once(repository: Path, files: Sequence[str], found: Sequence[Mapping[str, str]]) -> None:
    assert [{key: str(path) for key, path in one.items()} for one in find_locks(map(Path, files))] == found


@pytest.mark.parametrize(
    ("changed", "files", "code", "said"),
    [
        ({}, ["uv.lock", "services/own/uv.lock", "tool.py"], 0, []),
        (
            {"packages/api/pyproject.toml": PROJECT.format("api").replace("1.0", "2.0")},
            ["packages/api/pyproject.toml", "services/own/pyproject.toml"],
            1,
            ["error: in packages/api: the lock uv.lock needs to be updated"],
        ),
        (
            {
                "packages/api/pyproject.toml": PROJECT.format("api").replace("1.0", "2.0"),
                "tool.py": '# /// script\n# requires-python = ">=3.13"\n# dependencies = []\n# ///\n',
            },
            ["pyproject.toml", "services/own/pyproject.toml", "tool.py"],
            1,
            ["error: in tool.py: the lock tool.py.lock needs", "error: the lock uv.lock needs to be updated"],
        ),
        (
            {"services/own/uv.lock": "version = [\n", "tool.py": '# /// script\n# requires-python = ">=3.13"\n# ///\n'},
            ["services/own/uv.lock", "tool.py"],
            2,
            ["/services/own/uv.lock:2: ", "error: in tool.py: the lock"],
        ),
    ],
    ids=["all right", "a member", "two", "worse than stale"],
)
def test_every_lock_is_looked_at(
    repository: Path, changed: Mapping[str, str], files: Sequence[str], code: int, said: Sequence[str]
) -> None:
    write(repository, changed)
    ended, lines = call("--check", "--offline", "-q", *files)
    assert ended == code
    assert len(lines) == len(said)
    assert [one for one in said if not any(one in line for line in lines)] == []


def call(*words: str) -> tuple[int, list[str]]:
    said, code = io.StringIO(), 0
    with redirect_stderr(said):
        try:
            run_hook_lock(["hook", "lock", *words])
        except SystemExit as end:
            code = int(str(end.code))
    return code, said.getvalue().splitlines()


def test_without_check_the_lock_is_made_right(repository: Path) -> None:
    write(repository, {"packages/api/pyproject.toml": PROJECT.format("api").replace("1.0", "2.0")})
    assert call("--offline", "-q", "packages/api/pyproject.toml") == (0, [])
    assert 'version = "2.0"' in (repository / "uv.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--project", "--directory", "--script"])
def test_which_lock_is_not_said_but_found(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} can't be said here"):
        run_hook_lock(["hook", "lock", option, "x", "uv.lock"])


def test_the_hook_starts_in_a_moment(repository: Path) -> None:
    """It loads what ``lockbot lock`` loads: neither click nor pydantic."""
    script = (
        "import sys; from bot.__main__ import main\n"
        "sys.argv = ['lockbot', 'hook', 'lock', '--check', 'uv.lock']\n"
        "main(); print([name for name in ('click', 'pydantic', 'rich', 'pycurl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


# --- with the configuration -----------------------------------------------------------------------


def test_every_configuration_is_checked(repository: Path) -> None:
    write(repository, {".lockbot.json": "{}", ".github/lockbot.json": '{"schedule": 3}'})
    line = [sys.executable, "-m", "bot", "config", "check", ".lockbot.json", ".github/lockbot.json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, ".lockbot.json is right\n")
    assert done.stderr.startswith(".github/lockbot.json:1: ")
