"""The lines that uv's check of a lock's spacing finds, and that the real uv finds them there too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from random import Random

import pytest

from bot.lockfile.spacing import find_odd_line
from bot.toml import TomlError, parse_toml
from tests.real_uv import need_uv
from tests.resolver.stand_in_python import make_stand_in

ROOT = """\
[project]
name = "root"
version = "1"
requires-python = ">=3.12"
dependencies = ["one[x] ; sys_platform == 'linux'", "one ; python_version < '3.13'"]
[project.optional-dependencies]
cpu = ["one"]
gpu = ["one[x]"]
[dependency-groups]
dev = ["one"]
[tool.uv]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }], [{ extra = "cpu" }, { group = "dev" }]]
[tool.uv.workspace]
members = ["libs/*"]
[tool.uv.sources]
one = { workspace = true }
"""
ONE = """\
[project]
name = "one"
version = "1"
requires-python = ">=3.12"
[project.optional-dependencies]
x = []
"""
LOCK = """\
version = 1
revision = 5 # words
requires-python = ">=3.12"
resolution-markers = [
    "sys_platform == 'linux'",
    "sys_platform == 'darwin'",
]
conflicts = [[
    { package = "root", extra = "cpu" },
    { package = "root", extra = "gpu" },
]]

[manifest]
members = ["one", "root"]

[[package]]
name = "one"
version = "1"
source = { virtual = "libs/one" }

[package.metadata]
provides-extras = ["x"]
"""


def test_a_lock_as_it_is_written_is_right() -> None:
    assert find_odd_line(LOCK) is None


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("version = 1", "version =1", 1),
        ("version = 1", "version  = 1", 1),
        ("version = 1", "version = 1 ", 1),
        ("version = 1\n", "version = 1\r\n", 1),
        ("version = 1", " version = 1", 1),
        ("version = 1", "version\t= 1", 1),
        ("    \"sys_platform == 'linux'\"", "\"sys_platform == 'linux'\"", 5),
        ("    \"sys_platform == 'linux'\"", "\t\"sys_platform == 'linux'\"", 5),
        ("    \"sys_platform == 'linux'\"", "  \"sys_platform == 'linux'\"", 5),
        ("'darwin'\",\n]", "'darwin'\",\n    ]", 7),
        ("'darwin'\",\n]", "'darwin'\" ,\n]", 6),
        ('{ package = "root", extra = "cpu" }', '{package = "root", extra = "cpu" }', 9),
        ('{ package = "root", extra = "cpu" }', '{ package = "root", extra = "cpu"}', 9),
        ('{ package = "root", extra = "cpu" }', '{ package = "root",extra = "cpu" }', 9),
        ('members = ["one"', 'members = [ "one"', 14),
        ('"root"]', '"root" ]', 14),
        ("[manifest]", "  [manifest]", 13),
        ("[[package]]", "[[package ]]", 16),
        ("[[package]]", "[ [package]]", 16),
        ('"libs/one"', "'libs/one'", 19),
        ('"libs/one"', '"""libs/one"""', 19),
        ('provides-extras = ["x"]\n', 'provides-extras = ["x"]', 22),
    ],
)
def test_a_line_that_is_spaced_in_another_way_is_found(before: str, after: str, line: int) -> None:
    text = LOCK.replace(before, after, 1)
    assert text != LOCK
    assert find_odd_line(text) == line


def respaced(text: str, draw: Random) -> str:
    """The same with some blanks, line ends or quotes that are others."""
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.choice([match.start() for match in re.finditer(r"[\s=,\[\]{}\"]", text)])
        put = draw.choice((" ", "\t", "\n", "\r\n", "    ", "", "'", ","))
        text = text[:at] + put + text[at + draw.choice((0, 1)) :]
    return text


@pytest.mark.uv
def test_the_real_uv_finds_the_same_lines(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "libs" / "one").mkdir(parents=True)
    (project / "pyproject.toml").write_text(ROOT, "utf-8")
    (project / "libs" / "one" / "pyproject.toml").write_text(ONE, "utf-8")
    python = str(make_stand_in(tmp_path, "3.13"))
    uv, lock = [need_uv(), "lock", "--offline", "--python", python], project / "uv.lock"
    subprocess.run(uv, cwd=project, capture_output=True, check=True)
    text, draw = lock.read_text("utf-8"), Random("spacing")
    assert find_odd_line(text) is None
    found = 0
    for _ in range(150):
        changed = respaced(text, draw)
        try:
            parse_toml(changed)
        except TomlError:
            continue
        lock.write_bytes(changed.encode())
        command = [*uv, "--check", "--preview-features", "lockfile-format-check"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        told = re.search(r"non-canonical formatting at line (\d+)", done.stderr)
        if told is None and done.returncode == 2:
            # It is TOML, and no lock.
            continue
        assert find_odd_line(changed) == (None if told is None else int(told[1])), (changed, done.stderr)
        found += told is not None
    assert found > 30
