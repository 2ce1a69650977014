"""A secret that somebody gives when asked: kept while it lasts, obtained anew before it ends and where it was refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from bot.errors import IndexFailure
from bot.redaction import redact_urls
from bot.values import field, value

#: A secret is obtained anew this many seconds before it ends, or when four fifths of its time are over.
_MARGIN = 300.0
_SHARE = 0.2
#: What failed, or was refused although it had just been obtained, is not tried again for so many seconds.
_PAUSE = 60.0


@value
class Secret:
    """``ends_at``: seconds since the epoch; ``None`` where nothing is known of an end. ``username`` where one is named."""

    password: str = field(repr=False)
    username: str | None = None
    ends_at: float | None = None


class SecretSource(Protocol):
    """Where a secret comes from. ``kind`` is the word for it in messages."""

    @property
    def kind(self) -> str: ...

    def obtain(self) -> Secret:
        """Ask for the secret; may take long. Raises ``NoSecretError``."""

    def has_changed(self) -> bool:
        """Whether what was obtained last is known to be old; a quick look."""


class NoSecretError(Exception):
    """A secret could not be obtained; the text says why, to whom it belongs."""


class Keeper:
    """One secret. ``learn`` hears of every new one, so that logs can leave it out.

    ``tell`` takes the reason of a failure where those who read messages are not those whose secret it is: then messages
    do not say it.
    """

    def __init__(
        self,
        source: SecretSource,
        clock: Callable[[], float],
        *,
        learn: Callable[[str], None] = lambda _: None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._learn = learn
        self._tell = tell
        self._lock = threading.Lock()
        self._kept: Secret | None = None
        self._due: float | None = None
        self._failure: tuple[float, str] | None = None
        self._renewed_at: float | None = None

    def __repr__(self) -> str:
        return f"Keeper({self._source.kind})"

    def find(self) -> Secret | None:
        """The secret, where that is at hand and lasts; asks nobody."""
        kept, due = self._kept, self._due
        if kept is None or (due is not None and self._clock() >= due) or self._source.has_changed():
            return None
        return kept

    def get(self) -> Secret:
        """The secret; may take long. Raises ``IndexFailure``."""
        with self._lock:
            return self.find() or self._obtain()

    def renew(self, refused: Secret) -> Secret | None:
        """Another secret in place of one that was refused; ``None`` where there is none, or was none a moment ago."""
        with self._lock:
            now = self._clock()
            if self._kept is not None and self._kept != refused:
                return self._kept  # somebody else has renewed it meanwhile
            if self._renewed_at is not None and now - self._renewed_at < _PAUSE:
                return None
            self._renewed_at = now
            self._kept = None
            found = self._obtain()
            return None if found.password == refused.password else found

    def _obtain(self) -> Secret:
        now = self._clock()
        if self._failure is not None and now - self._failure[0] < _PAUSE:
            raise IndexFailure(self._failure[1])
        try:
            found = self._source.obtain()
        except NoSecretError as problem:
            return self._go_on(now, redact_urls(str(problem)))
        except Exception as problem:  # noqa: BLE001  # libraries of clouds raise more than they tell of
            return self._go_on(now, redact_urls(f"{type(problem).__name__}: {problem}"))
        self._learn(found.password)
        self._kept, self._failure = found, None
        self._due = None if found.ends_at is None else found.ends_at - min(_MARGIN, (found.ends_at - now) * _SHARE)
        return found

    def _go_on(self, now: float, reason: str) -> Secret:
        """With the secret that is still good for a while, where a new one could not be had."""
        if self._tell is not None:
            self._tell(reason)
        kept = self._kept
        if kept is not None and kept.ends_at is not None and kept.ends_at > now:
            self._due = min(kept.ends_at, now + _PAUSE)
            return kept
        said = f": {reason}" if self._tell is None else "; who operates lockbot finds the reason in its log"
        sentence = f"the credentials by {self._source.kind} could not be obtained{said}"
        self._failure = now, sentence
        raise IndexFailure(sentence)
