"""Requests of the index through proxies, with and without the address guard."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.errors import IndexFailure
from bot.index.http.certificates import Certificates
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import AddressRefusedError, Guard
from bot.proxies import Proxies, read_proxies
from bot.resolver.model.index import Index
from tests.index.archives import make_wheel
from tests.index.conftest import MakeClient
from tests.index.proxy import Proxy, running_proxy
from tests.index.server import IndexServer

HOST, FILES = "index.invalid", "files.invalid"
WHEEL = {"filename": "a-1.0-py3-none-any.whl", "url": f"https://{FILES}/files/a-1.0-py3-none-any.whl"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for ``HOST`` and ``FILES`` that vouches for itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName(FILES)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[IndexServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with IndexServer(tls) as server:
        yield server


@pytest.fixture
def proxy(secure: IndexServer) -> Iterator[Proxy]:
    port = urlsplit(secure.root).port
    assert port is not None
    with running_proxy(
        {f"{HOST}:443": port, f"{FILES}:443": port, "127.0.0.1:443": port, "localhost:443": port}
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here asks a name server: names that end with ``.invalid`` mean nothing."""
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **named: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return real(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def settings(proxy: Proxy, certificate: Path, guard: Guard | None = None) -> FetchSettings:
    return FetchSettings(
        proxies=Proxies(https=proxy.url), certificates=Certificates(file=str(certificate)), guard=guard
    )


@pytest.mark.parametrize("guard", [None, Guard()])
def test_a_wheel_is_read_by_ranges_through_a_tunnel(
    secure: IndexServer, proxy: Proxy, certificate: Path, make_client: MakeClient, guard: Guard | None
) -> None:
    """The proxy's own 200 is not the server's answer; it was taken for a server without ranges."""
    secure.page("a", [WHEEL])
    body = make_wheel("a", "1.0", "Requires-Dist: b", padding=200_000)
    secure.serve("/files/a-1.0-py3-none-any.whl", body, ranges=True)
    client = make_client(fetch=settings(proxy, certificate, guard))
    page = client.get_page(Index(url=f"https://{HOST}/simple"), "a")
    assert page is not None
    assert client.get_metadata(page.files(page.versions[0])[0]).requires_dist == ("b",)
    assert all("range" in asked.headers for asked in secure.asked[1:])
    assert {asked.partition(" HTTP")[0] for asked in proxy.asked} == {f"CONNECT {HOST}:443", f"CONNECT {FILES}:443"}


def test_a_proxy_that_refuses_is_told_apart_from_the_index(
    proxy: Proxy, certificate: Path, make_client: MakeClient
) -> None:
    with pytest.raises(IndexFailure, match=r"^https://other\.invalid/simple/a/: no answer.*403"):
        make_client(fetch=settings(proxy, certificate)).get_page(Index(url="https://other.invalid/simple"), "a")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "10.0.0.1", "169.254.169.254", "[::1]"]
)
def test_with_a_guard_a_proxy_is_not_asked_for_what_is_not_public(
    secure: IndexServer, proxy: Proxy, certificate: Path, make_client: MakeClient, host: str
) -> None:
    secure.page("a", [])
    client = make_client(fetch=settings(proxy, certificate, Guard()))
    with pytest.raises(AddressRefusedError, match="not a public address"):
        client.get_page(Index(url=f"https://{host}/simple"), "a")
    assert proxy.asked == []


def test_with_a_guard_a_redirect_through_a_proxy_is_looked_at(
    secure: IndexServer, proxy: Proxy, certificate: Path, make_client: MakeClient
) -> None:
    secure.serve("/simple/a/", b"", status=302, Location="https://127.0.0.1/secret")
    client = make_client(fetch=settings(proxy, certificate, Guard()))
    with pytest.raises(AddressRefusedError, match=r"127\.0\.0\.1"):
        client.get_page(Index(url=f"https://{HOST}/simple"), "a")
    assert secure.paths == ["/simple/a/"]


def test_what_is_reached_without_a_proxy_is_no_permission(
    secure: IndexServer, proxy: Proxy, certificate: Path, make_client: MakeClient
) -> None:
    environment = {"HTTPS_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"}
    fetch = FetchSettings(proxies=read_proxies(environment), guard=Guard())
    with pytest.raises(AddressRefusedError):
        make_client(fetch=fetch).get_page(Index(url=f"{secure.root}/simple"), "a")
    assert (proxy.asked, secure.paths) == ([], [])


def test_the_operator_s_networks_are_asked_for_through_a_proxy(
    secure: IndexServer, proxy: Proxy, certificate: Path, make_client: MakeClient
) -> None:
    client = make_client(fetch=settings(proxy, certificate, Guard(allowed=(ip_network("127.0.0.0/8"),))))
    with pytest.raises(IndexFailure, match="certificate"):
        client.get_page(Index(url="https://127.0.0.1/simple"), "a")
    assert [asked.partition(" HTTP")[0] for asked in proxy.asked] == ["CONNECT 127.0.0.1:443"]


def test_plain_requests_name_the_whole_address(server: IndexServer, make_client: MakeClient) -> None:
    index = Index(url="http://example.invalid/simple")
    server.replies["http://example.invalid/simple/a/"] = server.page("a", [])
    for guard in (None, Guard()):
        client = make_client(fetch=FetchSettings(proxies=Proxies(http=server.root), guard=guard))
        assert client.get_page(index, "a") is not None


def test_the_process_s_environment_counts_for_nothing(
    server: IndexServer, index: Index, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.page("a", [])
    assert make_client().get_page(index, "a") is not None
