"""URLs that strangers wrote: whether they can be taken apart at all."""

from __future__ import annotations

from urllib.parse import urlsplit


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
