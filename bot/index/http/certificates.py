"""Which certificate authorities vouch for index servers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from bot.values import value


@value
class Certificates:
    """A file of certificates, or a folder of them by hash."""

    file: str | None = None
    folder: str | None = None


def find_certificates(environment: Mapping[str, str]) -> Certificates:
    """What ``SSL_CERT_FILE``, else ``SSL_CERT_DIR`` names, else the bundle of Mozilla's that lockbot brings along."""
    if file := environment.get("SSL_CERT_FILE"):
        return Certificates(file=file)
    if folder := environment.get("SSL_CERT_DIR"):
        return Certificates(folder=folder)
    # ``certifi.where`` names the same file, but loads the machinery of packed packages first.
    bundle = find_spec("certifi")
    assert bundle is not None and bundle.submodule_search_locations is not None  # noqa: PT018
    return Certificates(file=f"{bundle.submodule_search_locations[0]}/cacert.pem")
