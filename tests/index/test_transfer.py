"""Single requests: what is sent as a URL, certificates, proxies, retries by the real clock."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.index.client import IndexClient, IndexSettings
from bot.index.http.certificates import Certificates, find_certificates, parse_host
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import AddressRefusedError, Guard
from bot.index.http.transfer import FetchFailedError, wire_url
from bot.resolver.model.index import Index
from bot.retry import FailureKind
from tests.index.conftest import MakeClient
from tests.index.server import IndexServer


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com:8443/simple/a/", "https://example.com:8443/simple/a/"),
        ("https://example.com/a%20b/ü c?x=ü&y=1#part", "https://example.com/a%20b/%C3%BC%20c?x=%C3%BC&y=1"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("https://example.com/a\\b", "https://example.com/a%5Cb"),
    ],
)
def test_what_is_sent_as_a_url(url: str, sent: str) -> None:
    assert wire_url(url) == sent


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://example.com\\@evil.org/",
        "https://u@example.com/",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "http://[::1/",
        "https://example.com/\udcff",
    ],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(FetchFailedError, match="malformed"):
        wire_url(url)


def test_other_schemes_are_refused() -> None:
    with pytest.raises(FetchFailedError, match="only http and https"):
        wire_url("file:///etc/passwd")


def test_certificates_are_the_named_ones_or_the_bundle() -> None:
    both = {"SSL_CERT_FILE": "/x.pem", "SSL_CERT_DIR": "/certs"}
    assert find_certificates(both) == Certificates(file="/x.pem")
    assert find_certificates({"SSL_CERT_DIR": "/certs"}) == Certificates(folder="/certs")
    bundle = find_certificates({"SSL_CERT_FILE": ""}).file
    assert bundle is not None
    assert Path(bundle).read_text().count("BEGIN CERTIFICATE") > 50


def test_the_sentence_of_a_refused_address(make_client: MakeClient) -> None:
    client = make_client(fetch=FetchSettings(guard=Guard()))
    with pytest.raises(AddressRefusedError, match=r"^localhost leads to (127\.0\.0\.1|::1), which is not a public"):
        client.get_page(Index(url="http://localhost:9/simple"), "a")


def test_a_retry_waits_by_the_clock_of_the_machine(server: IndexServer, index: Index) -> None:
    server.page("a", []).statuses = [503]
    with IndexClient(IndexSettings(fetch=FetchSettings(chance=lambda: 0.0))) as client:
        assert client.get_page(index, "a") is not None
    assert len(server.paths) == 2


def test_a_server_must_be_vouched_for(own_certificate: Path, make_client: MakeClient) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own_certificate)
    with IndexServer(tls) as server:
        server.page("a", [])
        index = Index(url=f"{server.root}/simple")
        trusting = FetchSettings(certificates=Certificates(file=str(own_certificate)))
        assert make_client(fetch=trusting).get_page(index, "a") is not None
        with pytest.raises(FetchFailedError, match="certificate") as caught:
            make_client().get_page(index, "a")
    assert caught.value.failure.kind is FailureKind.REFUSED
    assert len(server.paths) == 1


@pytest.mark.parametrize(
    "said", ["127.0.0.1", "127.0.0.1:{port}", "https://127.0.0.1", "*", "http://127.0.0.1", "other"]
)
def test_a_host_that_is_named_need_not_be_vouched_for(
    own_certificate: Path, make_client: MakeClient, said: str
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own_certificate)
    with IndexServer(tls) as server:
        server.page("a", [])
        host = parse_host(said.format(port=server.root.rpartition(":")[2]))
        client = make_client(fetch=FetchSettings(certificates=Certificates(insecure=(host,))))
        if said in ("http://127.0.0.1", "other"):
            with pytest.raises(FetchFailedError, match="certificate"):
                client.get_page(Index(url=f"{server.root}/simple"), "a")
        else:
            assert client.get_page(Index(url=f"{server.root}/simple"), "a") is not None


@pytest.mark.parametrize("said", ["", "http://", "a:b"])
def test_what_names_no_host_is_refused(said: str) -> None:
    with pytest.raises(InputError, match="is no host"):
        parse_host(said)


def test_no_more_requests_run_side_by_side_than_is_set(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    names = [f"p{number}" for number in range(12)]
    for name in names:
        server.page(name, [])
    client = make_client(fetch=FetchSettings(requests=2, connections=1))
    client.request_pages(index, names)
    assert all(client.get_page(index, name) is not None for name in names)
    assert sorted(server.paths) == sorted(f"/simple/{name}/" for name in names)
