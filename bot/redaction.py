"""URLs as they may be shown: without user names, passwords and tokens, and without what signs them.

A URL of storage carries its signature among its parameters, under names that differ (``X-Amz-Signature``, ``sig``); none of
a URL's parameters tells a reader anything, so the values of all are blanked out.
"""

from __future__ import annotations

from bot.patterns import pattern

_USERINFO = pattern(r"(?<=://)[^/?#\s@]*@")
_QUERY = pattern(r"(://[^\s?#]*\?)([^\s#'\"<>]*)")
_VALUE = pattern(r"=[^&;]*")


def redact_urls(text: str, blank: str = "****") -> str:
    """``text`` with ``blank`` for the secrets of all URLs in it."""
    if "://" not in text:
        return text
    plain = _USERINFO.sub(f"{blank}@", text)
    return _QUERY.sub(lambda found: found[1] + _VALUE.sub(f"={blank}", found[2]), plain) if "?" in plain else plain
