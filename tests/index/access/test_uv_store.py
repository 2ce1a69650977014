"""uv's own file of credentials: which login is nearest, where it lies, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.index.access.uv_store import find_uv_store, parse_uv_store, read_uv_store

STORE = parse_uv_store(
    """
[[credential]]
service = "https://index.example/"
username = "host"
password = "hush-hush"

[[credential]]
service = "index.example/team"
username = "team"
password = "p"

[[credential]]
service = "https://tokens.example/"
scheme = "bearer"
token = "t"
"""
)


@pytest.mark.parametrize(
    ("url", "username", "found"),
    [
        ("https://index.example/simple/a/", None, "host"),
        ("https://index.example:443/simple/a/", None, "host"),
        ("https://index.example/team/simple/", None, "team"),
        ("https://index.example/team/simple/", "host", "host"),
        ("https://index.example/teams/simple/", None, "host"),
        ("https://index.example/simple/", "team", None),
        ("http://index.example/simple/", None, None),
        ("https://index.example:8443/simple/", None, None),
        ("https://other.example/", None, None),
    ],
)
def test_the_nearest_is_found(url: str, username: str | None, found: str | None) -> None:
    login = STORE.find(url, username)
    assert (login and login.username) == found
    assert "hush" not in repr(login) + repr(STORE)


def test_a_token_by_itself() -> None:
    login = STORE.find("https://tokens.example/simple/", None)
    assert login is not None
    assert (login.is_bearer, login.password) == (True, "t")


@pytest.mark.parametrize(
    "entry",
    [
        'service = "https://a"',
        'service = "http://a"\nusername = "u"\npassword = "p"',
        'service = "https://a"\nusername = "u"\ntoken = "t"',
        'service = "https://a"\nscheme = "bearer"',
        'service = "https://a"\nscheme = "bearer"\nusername = "u"\ntoken = "t"',
        'service = "https://a"\nscheme = "digest"\nusername = "u"',
        "service = 1\nusername = 'u'",
    ],
)
def test_what_is_none(entry: str) -> None:
    with pytest.raises(ValueError, match=r"service|password"):
        parse_uv_store(f"[[credential]]\n{entry}\n")


def test_where_it_lies(tmp_path: Path) -> None:
    home = {"HOME": "/home/me"}
    assert find_uv_store(home) == Path("/home/me/.local/share/uv/credentials/credentials.toml")
    assert find_uv_store({**home, "XDG_DATA_HOME": "/data"}) == Path("/data/uv/credentials/credentials.toml")
    assert find_uv_store({**home, "UV_CREDENTIALS_DIR": "/c"}) == Path("/c/credentials.toml")
    assert find_uv_store({}) is None
    (tmp_path / "credentials.toml").write_text("credential = 1\n")
    assert read_uv_store({"UV_CREDENTIALS_DIR": str(tmp_path)}).logins == ()
