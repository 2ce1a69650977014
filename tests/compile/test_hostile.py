"""What a repository says is data: paths that lead out, addresses and commands are refused before anything is read or asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.compile.arguments import parse_arguments
from bot.compile.compiling import CompileTask, compile_planned, plan_compile
from bot.compile.inputs import read_stated
from bot.compile.urls import WorkingFolder
from bot.errors import InputError, LockbotError
from bot.git.folder import FolderTree
from bot.index.memory import MemoryIndex
from tests.resolver.trees import MemoryTree


def compile_repository(files: Mapping[str, str], *words: str, index: MemoryIndex | None = None) -> str:
    """Compile as a server does: of a commit, whose place on a disk says nothing."""
    found = index or MemoryIndex()
    if index is None:
        found.add("alpha", "1.0")
    arguments = parse_arguments(["pip", "compile", *(words or ("requirements.in",))])
    task = CompileTask(arguments=arguments, command="uv pip compile", folder="app")
    tree = MemoryTree({f"app/{path}": text for path, text in files.items()})
    return compile_planned(plan_compile(task, found, tree), found).text


def test_a_plain_file_is_compiled() -> None:
    assert "alpha==1.0\n" in compile_repository({"requirements.in": "alpha\n"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-r http://169.254.169.254/latest/meta-data\n", "requirements at an address are not read"),
        ("-c https://index.invalid/limits.txt\n", "requirements at an address are not read"),
        ("-r file:///etc/passwd\n", "requirements at an address are not read"),
        ("-r /etc/passwd\n", "one of another machine"),
        ("-r ../../secret.txt\n", "leads out of the repository"),
        ("-r -\n", "standard input"),
        ("-e /etc\n", "no file or folder that can be read here"),
        ("-e ../../elsewhere\n", "no file or folder that can be read here"),
        ("alpha @ file:///etc/passwd\n", "no file or folder that can be read here"),
        ("../../x.whl\n", "no file or folder that can be read here"),
        ("alpha @ https://index.invalid/${TOKEN}/alpha-1.0-py3-none-any.whl\n", "the variable in .* is not set"),
        ("--index-url /etc\n", "names a folder, which can't be read here"),
        ("--find-links ../..\n", "names a folder, which can't be read here"),
    ],
)
def test_what_a_file_may_not_name_is_refused(text: str, problem: str) -> None:
    index = MemoryIndex()
    with pytest.raises(InputError, match=problem) as refused:
        compile_repository({"requirements.in": f"alpha\n{text}"}, index=index)
    assert refused.value.path == "requirements.in"
    assert index.asked == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("../../outside.in",), "leads out of the repository"),
        (("/etc/passwd",), "one of another machine"),
        (("https://index.invalid/requirements.in",), "at an address"),
        (("requirements.in", "-c", "../../x"), "leads out of the repository"),
        (("requirements.in", "--override", "/x"), "one of another machine"),
        (("/etc/pyproject.toml",), "one of another machine"),
        (("--group", "/etc/pyproject.toml:dev"), "one of another machine"),
        (("requirements.in", "-o", "../../out.txt"), "leads out of the repository"),
        (("requirements.in", "-o", "/etc/out.txt"), "one of another machine"),
        (("requirements.in", "-o", "pyproject.toml"), "is a manifest and is not written over"),
        (("requirements.in", "-o", "pylock.txt", "--format", "pylock.toml"), "a pylock file is named"),
        (("requirements.in", "--find-links", "/etc"), "is a folder, which can't be read here"),
        (("setup.py",), "would have to be run"),
        (("requirements.in", "--python", "/bin/sh"), "lockbot runs none"),
        (("requirements.in", "--python-platform", "$(id)"), "is not a platform that uv knows"),
    ],
)
def test_what_a_command_may_not_name_is_refused(words: tuple[str, ...], problem: str) -> None:
    files = {"requirements.in": "alpha\n", "setup.py": "raise SystemExit\n"}
    with pytest.raises(InputError, match=problem):
        compile_repository(files, *words)


def test_a_link_out_of_the_tree_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("alpha\n")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "requirements.in").symlink_to(tmp_path / "secret.txt")
    here = WorkingFolder(tree=FolderTree(repository), folder=".", tree_root=None, variables={})
    with pytest.raises(InputError, match="there is no such file"):
        read_stated(parse_arguments(["pip", "compile", "requirements.in"]), here)


def test_includes_end(tmp_path: Path) -> None:
    files = {f"{number}.in": f"-r {number + 1}.in\n" for number in range(2000)}
    with pytest.raises(InputError, match="include"):
        compile_repository(files, "0.in")


def test_the_environment_is_what_the_caller_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(LockbotError) as refused:
        compile_repository({"requirements.in": "alpha @ https://index.invalid/${SECRET}.whl\n"})
    assert "hunter2" not in str(refused.value)


def test_words_of_strangers_stand_in_one_line() -> None:
    with pytest.raises(InputError) as refused:
        compile_repository({"requirements.in": "-r gone\x1b[31m\u2028.txt\n"})
    assert "\x1b" not in str(refused.value)
