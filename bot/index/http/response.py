"""What an index answered, apart from how it was asked: reading what is kept of it needs no HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from bot.values import field, value


@value
class Answer:
    """What a server said in the end: ``url`` is the one that answered, after redirects.

    ``shown`` says where the credentials are from that it was shown; ``""`` where there were none.
    """

    status: int
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    shown: str = ""

    def header(self, name: str) -> str | None:
        return self.headers.get(name)
