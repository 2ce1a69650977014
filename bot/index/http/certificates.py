"""Which certificate authorities vouch for index servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from bot.errors import InputError
from bot.values import value

#: Where Debian, Fedora, SUSE, RHEL and (last) Alpine and macOS keep the authorities that they trust.
_OF_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@value
class Certificates:
    """A file of certificates, or a folder of them by hash. ``insecure``: hosts that may show any."""

    file: str | None = None
    folder: str | None = None
    insecure: tuple[TrustedHost, ...] = ()

    def are_needed(self, url: str) -> bool:
        """Whether the server of a URL has to show a certificate that somebody vouches for."""
        return not self.insecure or not any(host.admits(url) for host in self.insecure)


@value
class TrustedHost:
    """``host`` (``*``: every one), and scheme and port where they were said."""

    host: str
    scheme: str | None = None
    port: int | None = None

    def admits(self, url: str) -> bool:
        parts = urlsplit(url)
        return (
            self.host in ("*", parts.hostname)
            and self.scheme in (None, parts.scheme)
            and (self.port is None or self.port == parts.port)
        )


def parse_host(text: str) -> TrustedHost:
    """``host``, ``host:port`` or a URL, as ``--allow-insecure-host`` takes them; raises ``InputError``."""
    scheme, colon, rest = text.partition("://")
    try:
        parts = urlsplit(f"//{rest if colon else text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or scheme.isspace():
        raise InputError(f"--allow-insecure-host: {text!r} is no host", hint="write a name, name:port or https://name")
    return TrustedHost(host=host, scheme=scheme.lower() if colon else None, port=port)


def find_certificates(environment: Mapping[str, str], *, of_system: bool = False) -> Certificates:
    """What ``SSL_CERT_FILE``, else ``SSL_CERT_DIR`` names, else the bundle of Mozilla's that lockbot brings along.

    ``of_system``: instead of that bundle, the one that the machine has, where it lies in a usual place.
    """
    if file := environment.get("SSL_CERT_FILE"):
        return Certificates(file=file)
    if folder := environment.get("SSL_CERT_DIR"):
        return Certificates(folder=folder)
    if of_system and (kept := next((path for path in _OF_SYSTEM if os.path.isfile(path)), None)):
        return Certificates(file=kept)
    # ``certifi.where`` names the same file, but loads the machinery of packed packages first.
    bundle = find_spec("certifi")
    assert bundle is not None and bundle.submodule_search_locations is not None  # noqa: PT018
    return Certificates(file=f"{bundle.submodule_search_locations[0]}/cacert.pem")
