"""Sources in two spellings: what is one source, and which spelling a lock has."""

from __future__ import annotations

import pytest

from bot.errors import ResolutionError
from bot.index.memory import MemoryIndex
from bot.lockfile.model import GitReference, GitReferenceKind, GitRequirement, GitSource, UrlRequirement
from bot.resolver.lock import LockTask, lock_project
from bot.resolver.lowering import CommandSettings, lower_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.index import GitTree
from bot.resolver.offers.same_source import names_the_same, repository_key
from tests.resolver.trees import MemoryTree

HEAD = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["lib", {}]\n'
LIB = '[project]\nname = "lib"\nversion = "1.0"\n'
FIRST, SECOND = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    "url",
    [
        "https://git.invalid/a/lib.git",
        "https://git.invalid/a/lib/",
        "https://git.invalid/a/lib.git/",
        "https://me:word@git.invalid/a/lib",
        "https://git.invalid/a/l%69b",
    ],
)
def test_spellings_of_one_repository(url: str) -> None:
    assert repository_key(url) == repository_key("https://git.invalid/a/lib")


def test_only_github_takes_capitals_for_small_letters() -> None:
    assert repository_key("https://github.com/A/Lib.git") == repository_key("https://github.com/a/lib")
    assert repository_key("https://git.invalid/A/lib") != repository_key("https://git.invalid/a/lib")


def test_archives_are_the_same_but_for_credentials_and_fragments() -> None:
    def is_same(left: str, right: str) -> bool:
        return names_the_same(UrlRequirement(url=left), UrlRequirement(url=right), lambda _: None)

    assert is_same("https://x.invalid/a-1.zip", "https://u:p@x.invalid/a-1.zip#sha256=00")
    assert not is_same("https://x.invalid/a-1.zip", "https://x.invalid/a-1.zip?b")


def locked_from(first: str, second: str) -> GitSource:
    """The source of ``lib`` that a project and its member name in two ways."""
    index = MemoryIndex()
    for url in ("https://git.invalid/lib", "https://git.invalid/lib.git", "https://git.invalid/lib/"):
        index.add_git(url, GitTree(commit=FIRST, tree=MemoryTree({"pyproject.toml": LIB})))
    index.add_git("https://git.invalid/other", GitTree(commit=SECOND, tree=MemoryTree({"pyproject.toml": LIB})))
    workspace = "[tool.uv.workspace]\nmembers = ['m']\n[tool.uv.sources]\nm = { workspace = true }\n"
    files = {
        "pyproject.toml": f"{HEAD.format('k', chr(34) + 'm' + chr(34))}{workspace}lib = {first}\n",
        "m/pyproject.toml": f"{HEAD.format('m', '')}[tool.uv.sources]\nlib = {second}\n",
    }
    tree, settings = MemoryTree(files), CommandSettings()
    request = lower_project(tree, root=".", settings=settings)
    sources = TreeLowering(tree, ".", settings, index)
    locked = lock_project(LockTask(request=request, index=index, sources=sources)).lock
    (source,) = (package.source for package in locked.packages if package.name == "lib")
    assert isinstance(source, GitSource)
    return source


@pytest.mark.parametrize(
    ("first", "second"),
    [("lib", "lib.git"), ("lib.git", "lib"), ("lib", "lib/")],
)
def test_the_spelling_that_comes_last_is_locked(first: str, second: str) -> None:
    found = locked_from(f"{{ git = 'https://git.invalid/{first}' }}", f"{{ git = 'https://git.invalid/{second}' }}")
    assert (found.url, found.commit) == (f"https://git.invalid/{second}", FIRST)


def test_a_branch_and_a_tag_of_one_commit_are_one_source() -> None:
    url = "https://git.invalid/lib"
    found = locked_from(f"{{ git = '{url}', branch = 'dev' }}", f"{{ git = '{url}', tag = 'v1' }}")
    assert found.reference == GitReference(kind=GitReferenceKind.TAG, name="v1")


def test_two_repositories_are_two_sources() -> None:
    with pytest.raises(ResolutionError, match="lib is required from two sources in the same environment"):
        locked_from("{ git = 'https://git.invalid/lib' }", "{ git = 'https://git.invalid/other' }")


def test_a_reference_that_nobody_read_is_the_same_as_itself_alone() -> None:
    dev = GitRequirement(url="https://x.invalid/a", reference=GitReference(kind=GitReferenceKind.BRANCH, name="dev"))
    assert names_the_same(dev, dev, lambda _: None)
    assert not names_the_same(dev, GitRequirement(url="https://x.invalid/a"), lambda _: None)
