"""Which proxy a request goes through, as the environment says (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``).

Decided in one place for the index and for git, neither of which reads the environment itself: what a request goes through
decides what the address guard can check.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit

from bot.values import field, value


@value
class Proxies:
    """Proxy URLs for http and https requests; they may hold a password. ``direct``: hosts that are reached without one."""

    http: str | None = field(default=None, repr=False)
    https: str | None = field(default=None, repr=False)
    direct: tuple[str, ...] = ()

    def find(self, url: str) -> str | None:
        """The proxy for ``url``, ``None`` where it is reached directly."""
        parts = urlsplit(url)
        found = self.https if parts.scheme == "https" else self.http
        if found is None or any(_names(entry, parts.hostname or "") for entry in self.direct):
            return None
        return found


def read_proxies(environment: Mapping[str, str]) -> Proxies:
    """What the variables say; names in lower case win. ``HTTP_PROXY`` counts for nothing in a web server's child (httpoxy)."""

    def first(*names: str) -> str | None:
        return next((environment[name] for name in names if environment.get(name)), None)

    plain = ("http_proxy",) if "REQUEST_METHOD" in environment else ("http_proxy", "HTTP_PROXY")
    listed = (first("no_proxy", "NO_PROXY") or "").replace(",", " ").split()
    return Proxies(
        http=_with_scheme(first(*plain, "all_proxy", "ALL_PROXY")),
        https=_with_scheme(first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")),
        direct=tuple(entry.lower() for entry in listed),
    )


def list_passwords(proxies: Proxies) -> tuple[str, ...]:
    """What must not be shown of them: as it stands in the URL, and as it is meant."""
    found = [urlsplit(url).password for url in (proxies.http, proxies.https) if url is not None]
    return tuple(dict.fromkeys(text for one in found if one for text in (one, unquote(one))))


def _with_scheme(url: str | None) -> str | None:
    """Without one it is http, to curl and git as well."""
    return url if url is None or "://" in url else f"http://{url}"


def _names(entry: str, host: str) -> bool:
    """Whether an entry of ``NO_PROXY`` (a host with all below it, an address, a network) is of ``host``."""
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        domain = entry.lstrip(".").rstrip(".")
        plain = host.lower().rstrip(".")
        return plain == domain or plain.endswith(f".{domain}")
