"""The address guard: what passes, and that a connection goes where the check looked."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network

import pytest

from bot.errors import IndexFailure
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import AddressRefusedError, Guard, resolve_guarded
from bot.resolver.model.index import Index
from tests.index.conftest import MakeClient
from tests.index.server import IndexServer


@pytest.mark.parametrize(
    ("address", "passes"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        # Special ranges at both ends, and what lies beside them.
        ("9.255.255.255", True),
        ("10.255.255.255", False),
        ("11.0.0.0", True),
        ("100.63.255.255", True),
        ("100.127.255.255", False),
        ("100.128.0.0", True),
        ("172.15.255.255", True),
        ("172.31.255.255", False),
        ("172.32.0.0", True),
        ("192.0.0.192", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("240.0.0.1", False),
        # Machines of clouds ask these for credentials: AWS, GCP, Azure, Oracle, Alibaba.
        ("169.254.170.2", False),
        ("fd00:ec2::254", False),
        ("fd20:ce::254", False),
        ("168.63.129.16", False),
        ("168.63.129.17", True),
        ("100.100.100.200", False),
        # Addresses of the sixth version that are not of the internet.
        ("fec0::1", False),
        ("feff::1", False),
        ("100::1", False),
        ("2001:db8::1", False),
        ("2001:2::1", False),
        ("3fff::1", False),
        ("4000::1", False),
        ("5f00::1", False),
        ("2001:200::1", True),
        ("2a00:1450:4001:80b::200e", True),
        # Addresses that carry one of the fourth.
        ("::10.0.0.1", False),
        ("::93.184.215.14", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:168.63.129.16", False),
        ("::ffff:0:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.215.14", True),
        ("64:ff9b:1::1", False),
        ("64:ff9b:1:fffe::93.184.215.14", False),
        ("2002:a00:1::1", False),
        ("2002:a83f:8110::1", False),
        ("2002:5db8:d70e::1", True),
        ("2001:0:a00:1::1", False),
        ("2001:0:5db8:d70e:0:0:f5ff:fffe", False),
        ("2001:0:5db8:d70e:0:0:a247:28f1", False),
        ("2a00:1450::5efe:10.0.0.1", False),
        ("2a00:1450::200:5efe:10.0.0.1", False),
        ("2a00:1450::5efe:93.184.215.14", True),
        ("fe80::5efe:93.184.215.14", False),
    ],
)
def test_only_public_addresses_pass(address: str, passes: bool) -> None:
    assert Guard().permits(ip_address(address)) == passes


def test_a_host_is_looked_at_by_what_it_means_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("127.0.0.1", "127.1", "0x7f000001", "::1", "localhost"):
        with pytest.raises(AddressRefusedError):
            Guard().check_host(host)
    Guard().check_host("93.184.215.14")
    allowing("127.0.0.0/8").check_host("127.0.0.1")

    def fails(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    Guard().check_host("known.to.the.proxy.alone")


def allowing(*networks: str) -> Guard:
    return Guard(allowed=tuple(ip_network(text) for text in networks))


def test_allowed_networks_pass_also_where_they_are_embedded() -> None:
    guard = allowing("10.0.0.0/8", "127.0.0.1")
    passing = ["10.9.9.9", "127.0.0.1", "::ffff:10.0.0.1", "93.184.215.14"]
    assert [guard.permits(ip_address(address)) for address in [*passing, "192.168.0.1"]] == [True] * 4 + [False]


@pytest.mark.parametrize("place", [("10.0.0.1", 443), ("fe80::1%eth0", 443, 0, 2)])
def test_no_socket_is_opened_for_a_refused_address(place: tuple[object, ...]) -> None:
    family = socket.AF_INET if len(place) == 2 else socket.AF_INET6
    with pytest.raises(
        AddressRefusedError, match=r"example\.com leads to (10\.0\.0\.1|fe80::1), which is not a public"
    ):
        Guard().open_socket("example.com", family, socket.SOCK_STREAM, 0, place)


def test_a_socket_is_opened_for_a_checked_address_and_for_nothing_local() -> None:
    with Guard().open_socket("example.com", socket.AF_INET, socket.SOCK_STREAM, 0, ("93.184.215.14", 443)) as opened:
        assert opened.family == socket.AF_INET
    with pytest.raises(AddressRefusedError, match="not reached over the internet"):
        Guard().open_socket("example.com", socket.AF_UNIX, socket.SOCK_STREAM, 0, b"/run/x")


def test_a_guarded_client_does_not_call_this_machine(server: IndexServer, make_client: MakeClient) -> None:
    server.page("a", [])
    client = make_client(fetch=FetchSettings(guard=Guard()))
    for host in (server.root, server.root.replace("127.0.0.1", "localhost"), server.root.replace("127.0.0.1", "127.1")):
        with pytest.raises(IndexFailure):
            client.get_page(Index(url=f"{host}/simple"), "a")
    assert server.paths == []


def test_a_guarded_client_follows_no_redirect_to_this_machine(server: IndexServer, make_client: MakeClient) -> None:
    server.serve("/simple/a/", b"", status=302, Location=server.root.replace("127.0.0.1", "[::1]") + "/secret")
    client = make_client(fetch=FetchSettings(guard=allowing("127.0.0.1/32")))
    with pytest.raises(AddressRefusedError, match="::1"):
        client.get_page(Index(url=f"{server.root}/simple"), "a")
    assert server.paths == ["/simple/a/"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/", "gopher://x"])
def test_redirects_to_other_schemes_are_refused(server: IndexServer, make_client: MakeClient, target: str) -> None:
    server.serve("/simple/a/", b"", status=302, Location=target)
    with pytest.raises(IndexFailure, match="only http and https"):
        make_client().get_page(Index(url=f"{server.root}/simple"), "a")


def test_one_checked_address_for_other_programs() -> None:
    assert resolve_guarded(allowing("127.0.0.0/8"), "127.0.0.1", 443) == "127.0.0.1"
    with pytest.raises(AddressRefusedError):
        resolve_guarded(Guard(), "127.0.0.1", 443)
