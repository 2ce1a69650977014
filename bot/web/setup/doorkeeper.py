"""Who may set the server up: whoever has the secret of the printed address, in the one browser that came with it first."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto
from hashlib import sha256

#: Wrong secrets, then nobody gets in any more: who has the right one doesn't guess.
MOST_ATTEMPTS = 20
#: Seconds that the forge gives for the whole of it.
STATE_LIFE = 3600.0


class Refusal(StrEnum):
    WRONG = auto()
    SPENT = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``cookie`` says that it is this browser, ``token`` that a form is of one of our pages."""

    cookie: str = field(repr=False)
    token: str = field(repr=False)

    def is_token(self, offered: str) -> bool:
        return _is_same(self.token, offered)


class Doorkeeper:
    """``secret``: of the printed address. ``make_token`` gives what nobody guesses; ``now`` counts seconds."""

    def __init__(self, secret: str, make_token: Callable[[], str], now: Callable[[], float]) -> None:
        self._secret = secret
        self._make_token = make_token
        self._now = now
        self._wrong = 0
        self._session: Session | None = None
        self._state: tuple[str, float] | None = None

    def enter(self, offered: str) -> Session | Refusal:
        """The secret is good once."""
        if self._wrong >= MOST_ATTEMPTS:
            return Refusal.CLOSED
        if not _is_same(self._secret, offered):
            self._wrong += 1
            return Refusal.CLOSED if self._wrong >= MOST_ATTEMPTS else Refusal.WRONG
        if self._session is not None:
            return Refusal.SPENT
        self._session = Session(cookie=self._make_token(), token=self._make_token())
        return self._session

    def find(self, cookie: str | None) -> Session | None:
        if self._session is None or cookie is None or not _is_same(self._session.cookie, cookie):
            return None
        return self._session

    def get_state(self) -> str:
        """What the forge has to send back: the same for as long as it is good, so that a page may be loaded again."""
        if self._state is None or self._now() >= self._state[1]:
            self._state = (self._make_token(), self._now() + STATE_LIFE)
        return self._state[0]

    def forget_state(self) -> None:
        """The one that was given out is good no longer."""
        self._state = None

    def take_state(self, offered: str) -> bool:
        """Whether it is the one that was given out last, within its hour; it is good once."""
        if self._state is None or not _is_same(self._state[0], offered):
            return False
        (_, until), self._state = self._state, None
        return self._now() < until

    def end(self) -> None:
        """From now on nobody is known here."""
        self._session = self._state = None
        self._wrong = MOST_ATTEMPTS


def _is_same(known: str, offered: str) -> bool:
    """In a time that tells nothing, not even of lengths."""
    return hmac.compare_digest(sha256(known.encode()).digest(), sha256(offered.encode(errors="replace")).digest())
