"""Which folder something is made in, also where nobody lets us look."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.disk import find_nearest


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("there", "there"),
        ("there/file", "there/file"),
        ("there/a/b", "there"),
        ("a/b/c", "."),
        ("there/file/a", "there/file"),
    ],
)
def test_the_nearest_that_is_there(asked: str, nearest: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    assert find_nearest(tmp_path / asked) == tmp_path / nearest


def test_a_folder_that_may_not_be_looked_into_is_what_stands_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    found = Path.exists

    def exists(path: Path) -> bool:
        if shut in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return found(path)

    monkeypatch.setattr(Path, "exists", exists)
    assert find_nearest(shut / "data" / "lockbot") == shut
