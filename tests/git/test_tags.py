"""Tags of repositories of hooks: asked once in a run, peeled, and given up where a host does not answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from bot.errors import InputError
from bot.git.command import Git, GitError
from bot.git.sources import GitSources
from bot.git.tags import GitTags


@pytest.fixture
def hooks(tmp_path: Path) -> tuple[Path, str]:
    """A repository with an annotated and a light tag, and its one commit."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    git = Git(folder=folder, environ=os.environ)
    git.run("init", "--quiet")
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    git.run("commit", "--quiet", "--allow-empty", "-m", "x", variables=names)
    git.run("tag", "v1.0")
    git.run("tag", "-a", "-m", "x", "v1.1", variables=names)
    return folder, git.run("rev-parse", "HEAD").decode().strip()


def make_tags(tmp_path: Path) -> GitTags:
    sources = GitSources(cache=tmp_path / "cache" / "git", environ=os.environ, protocols=("file",))
    return GitTags(sources=sources, scheme="file")


def test_tags_are_found_with_their_commits(tmp_path: Path, hooks: tuple[Path, str]) -> None:
    folder, commit = hooks
    tags = make_tags(tmp_path)
    assert tags.find_commits(str(folder), ["v1.0", "v1.1", "v2.0", "1.0"]) == {"v1.0": commit, "v1.1": commit}
    assert tags.find_commits(str(folder), ["v9"]) == {}


def test_an_answer_holds_for_the_run(tmp_path: Path, hooks: tuple[Path, str]) -> None:
    folder, commit = hooks
    tags = make_tags(tmp_path)
    assert tags.find_commits(str(folder), ["v1.0"]) == {"v1.0": commit}
    folder.rename(tmp_path / "gone")
    assert tags.find_commits(str(folder), ["v1.0"]) == {"v1.0": commit}


class Refusing(GitSources):
    """Every question ends with the same words of git."""

    words = ""
    asked: ClassVar[list[str]] = []

    def find_tags(self, url: str, tags: Sequence[str], patience: float) -> Mapping[str, str]:
        self.asked.append(url)
        raise GitError(self.words)


#: What git says -> whether another repository of the host is asked.
WORDS = {
    "git ls-remote failed: fatal: unable to access 'https://x/y/': Could not resolve host: x": False,
    "git ls-remote failed: fatal: unable to access 'https://x/y/': Failed to connect to x port 443": False,
    "git ls-remote took longer than 10 seconds": False,
    "git ls-remote failed: fatal: unable to access 'https://x/y/': The requested URL returned error: 403": True,
    "git ls-remote failed: fatal: could not read Username for 'https://x': terminal prompts disabled": True,
    "git ls-remote failed: fatal: repository 'https://x/y/' not found": True,
}


@pytest.mark.parametrize(("words", "asked_again"), WORDS.items())
def test_a_host_that_does_not_answer_is_not_asked_again(tmp_path: Path, words: str, asked_again: bool) -> None:
    Refusing.words = words
    Refusing.asked.clear()
    tags = GitTags(sources=Refusing(cache=tmp_path, environ=os.environ))
    assert [tags.find_commits(name, ["v1"]) for name in ("x/y", "x/y", "x/z", "other/y")] == [None] * 4
    assert Refusing.asked == ["https://x/y", *(["https://x/z"] if asked_again else []), "https://other/y"]


def test_a_protocol_that_is_not_allowed_is_no_answer(tmp_path: Path, hooks: tuple[Path, str]) -> None:
    sources = GitSources(cache=tmp_path / "cache" / "git", environ=os.environ)
    assert GitTags(sources=sources, scheme="file").find_commits(str(hooks[0]), ["v1.0"]) is None


def test_an_address_that_is_refused_is_no_answer(tmp_path: Path) -> None:
    def refuse(host: str, port: int) -> str:
        raise InputError(f"{host}:{port} may not be reached")

    sources = GitSources(cache=tmp_path / "cache" / "git", environ=os.environ, resolve_host=refuse)
    assert GitTags(sources=sources).find_commits("169.254.169.254/x", ["v1.0"]) is None
