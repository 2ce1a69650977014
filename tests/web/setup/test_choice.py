"""The first form of set-up: what is asked for, or what is wrong with each field."""

from __future__ import annotations

import pytest

from bot.web.setup.choice import WrongChoice, begin_texts, parse_choice, suggest_name
from bot.web.setup.edge import Choice, Fixed, Keep

GOOD = {
    "where": "public",
    "github": "",
    "whom": "own",
    "organization": "",
    "address": "https://lockbot.example.org",
    "name": "lockbot-octo",
    "keep": "folder",
}


def parse(**changes: str) -> Choice | WrongChoice:
    return parse_choice(GOOD | changes, Fixed())


def test_a_choice() -> None:
    assert parse() == Choice(
        github_url="https://github.com",
        organization=None,
        public_url="https://lockbot.example.org",
        name="lockbot-octo",
        keep=Keep.FOLDER,
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.example.org", "https://github.example.org"),
        (" github.example.org/ ", "https://github.example.org"),
        ("https://GitHub.Example.org:8443/login?x=1", ""),
        ("https://GitHub.Example.org:8443/octo", "https://github.example.org:8443"),
        ("http://127.0.0.1:99", "http://127.0.0.1:99"),
        ("octo.ghe.com", "https://octo.ghe.com"),
        ("www.github.com", "https://github.com"),
        ("http://github.com", "https://github.com"),
    ],
)
def test_a_web_address_as_people_write_it(text: str, url: str) -> None:
    found = parse(where="other", github=text)
    if url:
        assert isinstance(found, Choice)
        assert found.github_url == url
    else:
        assert isinstance(found, WrongChoice)
        assert list(found.problems) == ["github"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"where": "other"}, "github", "https://SUBDOMAIN.ghe.com"),
        ({"where": "other", "github": "https://api.octo.ghe.com"}, "github", "not that of the API"),
        ({"where": "other", "github": "javascript:alert(1)"}, "github", "write its web address"),
        ({"where": "other", "github": "https://me:hush@github.example.org"}, "github", "write its web address"),
        ({"whom": "organization"}, "organization", "the organisation's name"),
        ({"whom": "organization", "organization": "../../x"}, "organization", "the organisation's name"),
        ({"address": ""}, "address", "the address that this server is reached at"),
        ({"address": "http://localhost:8080"}, "address", "can't reach this machine"),
        ({"address": "http://127.0.0.1:8080"}, "address", "can't reach this machine"),
        ({"address": "http://0.0.0.0:8080"}, "address", "can't reach this machine"),
        ({"address": "http://[::1]:8080"}, "address", "can't reach this machine"),
        ({"address": "http://10.1.2.3:8080"}, "address", "this address is private"),
        (
            {"where": "other", "github": "octo.ghe.com", "address": "http://192.168.1.2"},
            "address",
            "this address is private",
        ),
        ({"name": ""}, "name", "1 to 34 letters"),
        ({"name": "x" * 35}, "name", "1 to 34 letters"),
        ({"name": "x\ny"}, "name", "1 to 34 letters"),
        ({"keep": "elsewhere"}, "keep", "one of the two"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(changes: dict[str, str], field: str, words: str) -> None:
    found = parse(**changes)
    assert isinstance(found, WrongChoice)
    assert list(found.problems) == [field]
    assert words in found.problems[field]


@pytest.mark.parametrize("address", ["http://10.1.2.3:8080", "https://lockbot.internal"])
def test_an_enterprise_server_may_reach_a_private_address(address: str) -> None:
    assert isinstance(parse(where="other", github="https://github.example.org", address=address), Choice)


def test_what_the_environment_says_is_not_overridden() -> None:
    fixed = Fixed(github_url="https://github.example.org", public_url="https://bot.example.org")
    found = parse_choice(GOOD, fixed)
    assert isinstance(found, WrongChoice)
    assert sorted(found.problems) == ["address", "github"]
    assert "LOCKBOT_GITHUB_URL says https://github.example.org" in found.problems["github"]
    begun = begin_texts(fixed, "http://127.0.0.1:8080")
    assert (begun["where"], begun["address"], begun["name"]) == ("other", "https://bot.example.org", "lockbot-bot")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://lockbot.example.org", "lockbot-example"),
        ("https://updates.example.org", "lockbot-updates"),
        ("https://www.example.org", "lockbot-example"),
        ("https://" + "x" * 60 + ".org", "lockbot-" + "x" * 26),
        ("http://10.1.2.3", ""),
        ("http://[::1]:80", ""),
        ("", ""),
    ],
)
def test_a_name_after_the_servers_own(url: str, name: str) -> None:
    assert suggest_name(url) == name
