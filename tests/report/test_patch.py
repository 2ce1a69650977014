"""What ``--diff`` prints is what git applies."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.ports.run import FileChange, FileMode
from bot.report.patch import render_patch

CASES = [
    ("plain.txt", "a\nb\nc\n", "a\nB\nc\n"),
    ("with space/uv.lock", "a\n", "a\nb\n"),
    ("no line end.txt", "a", "a\nb"),
    ("ended.txt", "a\nb", "a\nb\n"),
    ("new.txt", None, "x\ny\n"),
    ("gone.txt", "x\n", None),
    ("crlf.txt", "a\r\nb\r\n", "a\r\nB\r\n"),
    ("odd\x0c.txt", "a\x0cb\u2028c\nd\n", "a\x0cb\u2028c\ne\n"),
    ('quo"te.txt', "a\n", "b\n"),
    ("ümlaut.txt", "a\n", "b\n"),
]


@pytest.mark.parametrize(("path", "before", "after"), CASES, ids=[repr(case[0]) for case in CASES])
def test_git_applies_it(tmp_path: Path, path: str, before: str | None, after: str | None) -> None:
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    if before is not None:
        file.write_bytes(before.encode())
    patch = render_patch([FileChange(path=path, text=after)], {path: before})
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn"], cwd=tmp_path, input=patch.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, (patch, done.stderr)
    assert (file.read_bytes().decode() if file.exists() else None) == after


def test_what_stays_is_not_in_it() -> None:
    assert render_patch([FileChange(path="a", text="x\n", mode=FileMode.EXECUTABLE)], {"a": "x\n"}) == ""
