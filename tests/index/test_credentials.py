"""Which credential goes with which URL."""

from __future__ import annotations

import pytest

from bot.index.http.credentials import (
    Credential,
    Credentials,
    configured_credentials,
    decide_policy,
    index_credentials,
    split_credentials,
)
from bot.resolver.model.index import Authenticate, Index, Login
from bot.values import replace

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
    assert found is not None
    assert (found.prefix, found.username, found.password) == ("https://example.com:8443/", "us@er", "p/w")
    assert split_credentials("https://example.com/@x") == ("https://example.com/@x", None)
    assert split_credentials("https://@example.com/") == ("https://example.com/", None)


A = Index(url="https://example.com/team-a/simple", name="team-a")
B = Index(url="https://example.com/team-b/+simple/", name="b.2")
ENVIRONMENT = {
    "UV_INDEX_TEAM_A_USERNAME": "u",
    "UV_INDEX_TEAM_A_PASSWORD": "for a",
    "UV_INDEX_B_2_PASSWORD": "for b",
    "UV_INDEX_X": "y",
}


@pytest.mark.parametrize(
    ("url", "password", "tried"),
    [
        ("https://example.com/team-a/simple/x/", "for a", "for b"),
        ("https://example.com/team-a/files/x.whl", "for a", "for b"),
        ("https://example.com/team-b/+simple/x/", "for b", "for b"),
        ("https://example.com/team-b/files/x.whl", "for b", "for b"),
        ("https://example.com/team-ab/x", None, "for b"),
        ("https://example.com/files/x.whl", None, "for b"),
        ("https://other.example.com/team-a/simple/", None, None),
    ],
)
def test_two_indexes_of_one_host_have_each_their_own(url: str, password: str | None, tried: str | None) -> None:
    known = configured_credentials((A, B), ENVIRONMENT)
    found, other = known.find(url), known.find_for_host(url)
    assert (found and found.password, other and other.password) == (password, tried)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (Login(username="me", password="stated"), "stated"),
        (Login(username="u", password=""), "for a"),
        (Login(username="me", password=""), ""),
    ],
)
def test_what_the_url_states_wins_over_variables(login: Login, password: str) -> None:
    stated = replace(A, login=login)
    assert {one.password for one in index_credentials(stated, ENVIRONMENT)} == {password}
    assert {one.password for one in index_credentials(stated, {})} == {login.password}


def test_a_folder_needs_no_credentials() -> None:
    assert index_credentials(A, {}) == index_credentials(replace(A, url="/folder"), ENVIRONMENT) == ()


def test_credentials_of_an_index_are_for_itself_and_the_folder_around_it() -> None:
    assert [one.prefix for one in index_credentials(A, ENVIRONMENT)] == ["https://example.com/team-a/", A.url]
    other = replace(A, url="https://example.com/team-a/pypi")
    assert [one.prefix for one in index_credentials(other, ENVIRONMENT)] == [other.url]


@pytest.mark.parametrize(
    ("url", "policy"),
    [
        ("https://example.com/team-a/files/x.whl", Authenticate.NEVER),
        ("https://example.com/team-a/simple/x/", Authenticate.NEVER),
        ("https://example.com/elsewhere/x.whl", Authenticate.AUTO),
        ("https://files.example.com/team-a/x.whl", Authenticate.AUTO),
    ],
)
def test_a_policy_is_for_what_lies_below_its_index(url: str, policy: Authenticate) -> None:
    assert decide_policy(replace(A, authenticate=Authenticate.NEVER), url) is policy
    assert decide_policy(A, url) is decide_policy(None, url) is Authenticate.AUTO


def test_representations_hide_passwords() -> None:
    assert "outer" not in repr(SECRET)
    assert "stated" not in repr(replace(A, login=Login(username="me", password="stated")))
