"""What tells whether an index has another set of releases than before: short, equal for equal pages."""

from __future__ import annotations

from hashlib import blake2b

from bot.resolver.model.index import Page

_BYTES = 8


def fingerprint(page: Page | None) -> str:
    """Of the versions, when each came, and what the index says against the project; of ``None`` that there is no project.

    Files that come later to a version change nothing here.
    """
    found = blake2b(digest_size=_BYTES)
    if page is not None:
        found.update(b"\n".join(page.keys))
        found.update(repr(tuple(page.first_uploads)).encode())
        found.update(b"" if page.status is None else str(page.status.status).encode())
    return found.hexdigest()
