"""Several files are replaced together or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bot.cli.local.writing import write_all
from bot.errors import LockbotError

BEFORE = {"pyproject.toml": "old manifest\n", "uv.lock": "old lock\n", "new.lock": None}
AFTER = {"pyproject.toml": "new manifest\r\n", "uv.lock": "new lock\n", "new.lock": "made\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in BEFORE.items():
        if text is not None:
            (tmp_path / name).write_text(text)
    return tmp_path


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted(folder.iterdir())}


OLD = {"pyproject.toml": "old manifest\n", "uv.lock": "old lock\n"}


def test_all_are_written_with_their_rights(folder: Path) -> None:
    (folder / "uv.lock").chmod(0o600)
    write_all(folder, AFTER, BEFORE)
    assert texts(folder) == dict(sorted(AFTER.items()))
    assert (folder / "uv.lock").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_one(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "uv.lock").rename(folder / "real" / "uv.lock")
    (folder / "uv.lock").symlink_to("real/uv.lock")
    write_all(folder, {"uv.lock": "new"}, {"uv.lock": "old lock\n"})
    assert (folder / "uv.lock").is_symlink()
    assert (folder / "real" / "uv.lock").read_text() == "new"


def test_what_was_changed_meanwhile_is_kept(folder: Path) -> None:
    (folder / "uv.lock").write_text("mine\n")
    with pytest.raises(LockbotError, match=r"uv\.lock was changed meanwhile; nothing was written"):
        write_all(folder, AFTER, BEFORE)
    assert texts(folder) == {**OLD, "uv.lock": "mine\n"}


@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_leaves_every_file_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, failing: int
) -> None:
    original, calls = getattr(Path, method), 0

    def fail(self: Path, *arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return original(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Path, method, fail)
        with pytest.raises(
            LockbotError, match=r"nothing was written: .*No space left on device; every file is as it was"
        ):
            write_all(folder, AFTER, BEFORE)
    assert texts(folder) == OLD
