"""URLs that strangers wrote: whether they can be taken apart at all; and where of a GitHub its API is."""

from __future__ import annotations

from urllib.parse import urlsplit

PUBLIC_GITHUB = "https://github.com"
PUBLIC_GITHUB_API = "https://api.github.com"
#: GitHub Enterprise Cloud with data residency: each enterprise has a host below it.
_RESIDENCE = ".ghe.com"


def is_address(url: str) -> bool:
    """Whether the standard library takes the URL apart; it raises for some hosts, and later for a port beyond all."""
    try:
        parts = urlsplit(url)
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False


def is_plain_address(url: str) -> bool:
    """The same, where many are read: only brackets and other alphabets can be wrong in what is not connected to."""
    return ("[" not in url and "]" not in url and url.isascii()) or is_address(url)


def is_server_address(url: str) -> bool:
    """Whether it is http(s), with a host and without credentials, parameters or a fragment."""
    if not is_address(url):
        return False
    parts = urlsplit(url)
    plain = not parts.query and not parts.fragment and "@" not in parts.netloc and not any(map(str.isspace, url))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def find_github_api(web: str) -> str:
    """The REST API's root of the GitHub at ``web``. An Enterprise Server has it below its web address, the others on a host
    of its own."""
    if web == PUBLIC_GITHUB:
        return PUBLIC_GITHUB_API
    parts = urlsplit(web)
    if (parts.hostname or "").endswith(_RESIDENCE):
        return f"{parts.scheme}://api.{parts.netloc}"
    return f"{web}/api/v3"
