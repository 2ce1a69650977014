"""Netrc files: what each text says of a host, and which file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.index.access.netrc import NetrcError, NetrcLogin, find_netrc, parse_netrc, read_netrc

TEXTS = {
    "machine h login u password p": {"h": ("u", "p")},
    "machine h\n  password p\n\tuser u\n": {"h": ("u", "p")},
    "machine h login u account a password p": {"h": ("u", "p")},
    "# first\nmachine h login u password p # last\nmachine i login v password q": {"h": ("u", "p"), "i": ("v", "q")},
    "machine h login u password #hash": {"h": ("u", "#hash")},
    'machine h login "a b" password "x\\"y"': {"h": ("a b", 'x"y')},
    "machine h login u password a\\ b": {"h": ("u", "a b")},
    'machine h login u password a"b"': {"h": ("u", 'a"b"')},
    "machine h login u password p default login d password q": {"h": ("u", "p"), "default": ("d", "q")},
    "machine h login u password one machine h login u password two": {"h": ("u", "two")},
    "macdef init\ncd /pub\nmachine x login y\n\nmachine h login u password p": {"h": ("u", "p")},
    "machine h login": {"h": ("", "")},
    'machine h password p login ""': {"h": ("", "p")},
    'machine h login u "" machine i login v': {"h": ("u", "")},
    "": {},
    "# nothing\n": {},
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_says(text: str) -> None:
    assert {host: (one.login, one.password) for host, one in parse_netrc(text).items()} == TEXTS[text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("host h login u", "line 1: neither machine"),
        ("machine h login u\npassword p port 3", "line 2: not known in a machine's entry"),
        ("machine", "a machine without a name"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(NetrcError, match=words):
        parse_netrc(text)


def test_the_file_that_a_variable_names_comes_before_that_of_the_home(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert find_netrc(home) is None
    (tmp_path / ".netrc").write_text("machine h login home password p")
    (tmp_path / "other").write_text("machine h login other password p")
    assert find_netrc(home) == tmp_path / ".netrc"
    assert find_netrc({**home, "NETRC": "~/other"}) == find_netrc({"NETRC": f"{tmp_path}/other"}) == tmp_path / "other"
    assert find_netrc({**home, "NETRC": "/nowhere"}) == tmp_path / ".netrc"


def test_a_login_is_found_by_host_and_by_user_name(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine h login u password hush-hush default login d password q")
    netrc = read_netrc({"HOME": str(tmp_path)})
    assert netrc.find("h", None) == netrc.find("h", "u") == NetrcLogin(login="u", password="hush-hush")
    assert netrc.find("h", "v") is None
    assert netrc.find("elsewhere", None) == NetrcLogin(login="d", password="q")
    assert "hush" not in repr(netrc) + repr(netrc.find("h", None))


def test_a_broken_file_is_as_none(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("host h")
    assert read_netrc({"HOME": str(tmp_path)}).find("h", None) is None
