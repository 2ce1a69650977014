"""How long an HTTP answer holds (RFC 9111, as far as a private cache of public files needs it)."""

from __future__ import annotations

import re

from bot.index.http.response import Answer
from bot.patterns import pattern
from bot.values import replace, value

_MAX_AGE = pattern(r"(?:^|[\s,])max-age=\"?(\d{1,9})\"?(?=$|[\s,])", re.ASCII)
_ASK_ALWAYS = pattern(r"(?:^|[\s,])(?:no-cache|no-store)(?=$|[\s,=])")
_NO_STORE = pattern(r"(?:^|[\s,])no-store(?=$|[\s,])")


@value
class Validity:
    """What a server said about its answer, and when it said so (seconds since the epoch).

    ``max_age`` ``None``: it stated no age; 0: to be asked about every time.
    """

    checked_at: float
    max_age: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    may_store: bool = True

    def is_fresh(self, now: float) -> bool:
        """Whether the answer may be used without asking."""
        return self.max_age is not None and 0 <= now - self.checked_at < self.max_age

    def conditions(self) -> dict[str, str]:
        """Request headers that ask for the answer only if it has changed."""
        headers = {}
        if self.etag:
            headers["If-None-Match"] = self.etag
        if self.last_modified:
            headers["If-Modified-Since"] = self.last_modified
        return headers

    def confirmed(self, answer: Answer, now: float) -> Validity:
        """After the server said that nothing has changed: what it states now, else what it stated before."""
        stated = parse_validity(answer, now)
        return replace(
            stated,
            etag=stated.etag or self.etag,
            last_modified=stated.last_modified or self.last_modified,
            max_age=stated.max_age if answer.header("cache-control") else self.max_age,
        )


def parse_validity(answer: Answer, now: float) -> Validity:
    """Read the caching headers of an answer that came at ``now``."""
    control = (answer.header("cache-control") or "").lower()
    return Validity(
        checked_at=now,
        max_age=_parse_age(control, answer.header("age") or ""),
        etag=answer.header("etag"),
        last_modified=answer.header("last-modified"),
        may_store=not _NO_STORE.search(control),
    )


def _parse_age(control: str, age: str) -> int | None:
    if _ASK_ALWAYS.search(control):
        return 0
    stated = _MAX_AGE.search(control)
    if stated is None:
        return None
    return max(0, int(stated[1]) - (int(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0))
