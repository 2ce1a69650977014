"""Which repository is meant, by its name or by the remote of a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.cli.publish.place import check_name, find_name, parse_remote
from bot.errors import InputError


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://github.com/octo/app.git", "github.com", "octo/app"),
        ("https://ada:secret@github.com/octo/app", "github.com", "octo/app"),
        ("ssh://git@github.com:22/octo/app.git", "github.com", "octo/app"),
        ("git@github.com:octo/app.git", "github.com", "octo/app"),
        ("GitHub.com:octo/app/", "github.com", "octo/app"),
        ("/srv/git/app.git", "", "srv/git/app"),
        ("../app", "", "../app"),
    ],
)
def test_remotes_of_every_form_are_read(url: str, host: str, path: str) -> None:
    assert parse_remote(url) == (host, path)


@pytest.mark.parametrize("name", ["octo/app", "Octo-2/my.app_1"])
def test_names_are_owner_and_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "octo", "octo/", "/app", "octo/a/b", "octo/..", "octo/.", "-o/app", "octo/a b", "o?x/a", "o/a\n"]
)
def test_nothing_else_is_a_name(name: str) -> None:
    with pytest.raises(InputError, match="name it as OWNER/NAME"):
        check_name(name)


def clone(folder: Path, **remotes: str) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name, url in remotes.items():
        subprocess.run(["git", "-C", str(folder), "remote", "add", name, url], check=True)
    return folder


def test_origin_comes_first_and_the_only_one_counts(tmp_path: Path) -> None:
    web = "https://github.com"
    both = clone(tmp_path / "a", upstream="git@github.com:up/app.git", origin="git@github.com:me/app.git")
    assert find_name(both, os.environ, web) == "me/app"
    assert find_name(clone(tmp_path / "b", fork="https://github.com/f/app"), os.environ, web) == "f/app"


@pytest.mark.parametrize(
    ("remotes", "said"),
    [
        ({}, "no remote leads to a repository"),
        ({"a": "https://github.com/a/x", "b": "https://github.com/b/x"}, "several remotes, and none is called origin"),
        ({"origin": "https://u:pw@gitlab.com/a/x"}, "the remote origin leads to gitlab.com, not to github.com"),
        ({"origin": "/srv/x"}, "the remote origin leads to a folder, not to github.com"),
        ({"origin": "https://github.com/a"}, "does not name a repository"),
    ],
)
def test_what_leads_nowhere_is_told(tmp_path: Path, remotes: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        find_name(clone(tmp_path / "r", **remotes), os.environ, "https://github.com")
    assert "pw" not in str(caught.value)
    assert caught.value.hint
