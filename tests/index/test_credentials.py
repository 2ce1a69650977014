"""Which credential goes with which URL."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.index.http.credentials import Credential, Credentials, named_credentials, redact, split_credentials

SECRET = Credentials(
    entries=(
        Credential(prefix="https://example.com/team/simple/", username="u", password="outer"),
        Credential(prefix="https://example.com/team/simple/x", username="u", password="inner"),
    )
)


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("https://example.com/team/simple", "outer"),
        ("https://EXAMPLE.com:443/team/simple/a/", "outer"),
        ("https://example.com/team/simple/x/y", "inner"),
        ("https://example.com/team/simple/xy", "outer"),
        ("https://example.com/team/simplest/", None),
        ("https://example.com/team/", None),
        ("https://example.com/team/simple/../other", None),
        ("https://example.com/team/simple/%2e%2e/other", None),
        ("http://example.com/team/simple/", None),
        ("https://example.com:8443/team/simple/", None),
        ("https://example.com.evil.org/team/simple/", None),
        ("https://example.com@evil.org/team/simple/", None),
        ("https://example.com:x/team/simple/", None),
    ],
)
def test_a_credential_belongs_to_its_prefix(url: str, password: str | None) -> None:
    found = SECRET.find(url)
    assert (found and found.password) == password


def test_credentials_in_a_url_are_split_off() -> None:
    clean, found = split_credentials("https://us%40er:p%2Fw@example.com:8443/simple?x#y")
    assert clean == "https://example.com:8443/simple?x#y"
    assert found == Credential(prefix="https://example.com:8443/", username="us@er", password="p/w")
    assert split_credentials("https://example.com/@x") == ("https://example.com/@x", None)
    assert split_credentials("https://@example.com/") == ("https://example.com/", None)


def test_named_credentials() -> None:
    environment = {"UV_INDEX_MY_INDEX_2_USERNAME": "u", "UV_INDEX_MY_INDEX_2_PASSWORD": "p", "UV_INDEX_X": "y"}
    found = named_credentials({"my-index.2": "https://example.com/simple", "x": "https://x.org/"}, environment)
    assert found == (Credential(prefix="https://example.com/", username="u", password="p"),)
    with pytest.raises(InputError, match="not a URL"):
        named_credentials({"my-index.2": "/folder"}, environment)


def test_representations_hide_passwords() -> None:
    assert "outer" not in repr(SECRET)
    assert redact("at https://u:p@x.org/a and http://t@y/") == "at https://****@x.org/a and http://****@y/"
