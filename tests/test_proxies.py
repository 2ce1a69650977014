"""Which proxy a request goes through."""

from __future__ import annotations

import pytest

from bot.proxies import Proxies, read_proxies

BOTH = {"HTTP_PROXY": "http://plain:1", "HTTPS_PROXY": "http://secure:2"}


@pytest.mark.parametrize(
    ("environment", "http", "https"),
    [
        ({}, None, None),
        (BOTH, "http://plain:1", "http://secure:2"),
        (BOTH | {"http_proxy": "http://x", "https_proxy": "http://y"}, "http://x", "http://y"),
        ({"ALL_PROXY": "socks5h://a"}, "socks5h://a", "socks5h://a"),
        ({"all_proxy": "http://b", "HTTPS_PROXY": "http://c"}, "http://b", "http://c"),
        (BOTH | {"REQUEST_METHOD": "GET"}, None, "http://secure:2"),
        ({"HTTP_PROXY": "", "HTTPS_PROXY": ""}, None, None),
    ],
)
def test_the_variables_of_the_environment(environment: dict[str, str], http: str | None, https: str | None) -> None:
    proxies = read_proxies(environment)
    assert (proxies.find("http://example.com/"), proxies.find("https://example.com/")) == (http, https)


@pytest.mark.parametrize(
    ("listed", "host", "is_direct"),
    [
        ("example.com", "example.com", True),
        ("example.com", "a.example.com:8443", True),
        (".example.com", "example.com", True),
        ("example.com", "badexample.com", False),
        ("other.org, Example.COM", "EXAMPLE.com", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "ten.example", False),
        ("127.0.0.1", "127.0.0.1:80", True),
        ("[::1]", "[::1]:80", True),
        ("*", "example.com", True),
        ("", "example.com", False),
    ],
)
def test_what_is_reached_without_one(listed: str, host: str, is_direct: bool) -> None:
    proxies = read_proxies(BOTH | {"NO_PROXY": listed})
    assert (proxies.find(f"https://{host}/simple") is None) == is_direct


def test_a_password_does_not_show() -> None:
    assert "secret" not in repr(Proxies(http="http://u:secret@p", https="http://u:secret@p"))
