"""Reading commits and folders: links stay inside, nothing is checked out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import InputError
from bot.git.folder import FolderTree
from bot.git.tree import CommitTree
from bot.resolver.model.index import Tree
from tests.git.conftest import Sandbox

FILES = {"pyproject.toml": "a\r\nb\n", "libs/one/pyproject.toml": "one", "libs/two/x.py": "two", "top.py": "ü"}


@pytest.fixture(params=["commit", "folder"])
def tree(request: pytest.FixtureRequest, sandbox: Sandbox) -> Tree:
    """Both kinds of tree pass the same contract."""
    outside = sandbox.folder.parent / "secret.txt"
    outside.write_text("secret")
    sandbox.write(FILES)
    (sandbox.folder / "linked").symlink_to("libs/one")
    (sandbox.folder / "out.txt").symlink_to("../secret.txt")
    (sandbox.folder / "absolute.txt").symlink_to(outside)
    (sandbox.folder / "loop").symlink_to("loop")
    (sandbox.folder / "libs" / "back.py").symlink_to("../top.py")
    commit = sandbox.commit({})
    return CommitTree(sandbox.safe, commit) if request.param == "commit" else FolderTree(sandbox.folder)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "a\r\nb\n"),
        ("libs/one/pyproject.toml", "one"),
        ("./libs/../top.py", "ü"),
        ("linked/pyproject.toml", "one"),
        ("libs/back.py", "ü"),
        ("libs", None),
        ("missing", None),
        ("out.txt", None),
        ("absolute.txt", None),
        ("loop", None),
        ("../secret.txt", None),
        ("libs/../../secret.txt", None),
    ],
)
def test_a_text_is_read_only_inside_the_tree(tree: Tree, path: str, text: str | None) -> None:
    assert tree.read_text(path) == text


def test_folders_are_listed(tree: Tree) -> None:
    assert tree.list_dirs("libs") == ("one", "two")
    assert tree.list_dirs("top.py") == ()
    assert tree.list_dirs("../") == ()


@pytest.mark.parametrize(
    ("path", "folder", "there"),
    [("", True, True), ("libs", True, True), ("linked", True, True), ("top.py", False, True), ("..", False, False)],
)
def test_what_a_path_is(tree: Tree, path: str, folder: bool, there: bool) -> None:
    assert (tree.is_dir(path), tree.exists(path)) == (folder, there)


def test_bytes_that_are_no_text_are_refused_with_their_line(sandbox: Sandbox) -> None:
    commit = sandbox.commit({"bad.py": b"one\ntwo \xff\n"})
    for tree in (CommitTree(sandbox.safe, commit), FolderTree(sandbox.folder)):
        with pytest.raises(InputError, match=r"bad\.py:2: not UTF-8 text"):
            tree.read_text("bad.py")


def test_only_regular_files_are_listed(sandbox: Sandbox) -> None:
    sandbox.write(FILES)
    (sandbox.folder / "link.py").symlink_to("top.py")
    with CommitTree(sandbox.safe, sandbox.commit({})) as tree:
        assert tree.paths() == tuple(sorted(FILES))
        assert tree.is_link("link.py")


def test_a_folder_tree_may_be_allowed_more_than_its_root(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "pyproject.toml").write_text("lib")
    assert FolderTree(tmp_path / "app").read_text("../lib/pyproject.toml") is None
    assert FolderTree(tmp_path / "app", tmp_path).read_text("../lib/pyproject.toml") == "lib"
