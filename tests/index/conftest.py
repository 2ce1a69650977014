"""Fixtures for the index adapter: a local server, clients on it, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.index.client import IndexClient, IndexSettings
from bot.index.http.fetch import FetchSettings
from bot.resolver.model.index import Index
from tests.index.server import IndexServer, running_server

MakeClient = Callable[..., IndexClient]


@dataclass(slots=True)
class HandClock:
    """``now`` moves by hand; waiting for a moment moves there at once."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def index(server: IndexServer) -> Index:
    return Index(url=f"{server.root}/simple")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_client(clock: HandClock) -> Iterator[MakeClient]:
    """Make clients that are closed at the end; keyword arguments are those of ``IndexSettings``."""
    with ExitStack() as stack:

        def make(**settings: object) -> IndexClient:
            fetch = settings.pop("fetch", FetchSettings())
            assert isinstance(fetch, FetchSettings)
            quick = replace(fetch, clock=clock, wait=clock.wait)
            client = IndexClient(IndexSettings(fetch=quick, clock=clock, **settings))  # type: ignore[arg-type]
            return stack.enter_context(client)

        yield make


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    return tmp_path / "own.pem"
