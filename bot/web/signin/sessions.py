"""Who is signed in, and what they may see: looked up in the store, and asked of the forge again every five minutes.

A forge that can't be asked shows nobody anything. Of several processes that renew the same token one wins, as what renews it
is good for once; the others take what it stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from bot.errors import LockbotError
from bot.ports.people import (
    Access,
    May,
    PeoplePort,
    SessionStore,
    SignInEnded,
    StoredSession,
    UserTokens,
)
from bot.web.signin.keys import Keys

#: Seconds: of a session in all, unused, and until what it may see is asked for again.
LIFE, IDLE, CHECKED = 8 * 3600.0, 3600.0, 300.0
#: How exactly the last use is noted.
_TOUCHED = 60.0
#: Of one person at a time.
_MOST = 10
#: Sooner than a token runs out, as clocks differ and requests take their time.
_EARLY = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Of a person whose access was checked within the last minutes. ``form_token`` stands in their forms."""

    digest: str
    access: Access
    form_token: str = field(repr=False)
    is_operator: bool = False

    def find_right(self, repository: int) -> May | None:
        """None: as far as this person is concerned there is no such repository."""
        if self.is_operator:
            return May.WRITE
        return self.access.repositories.get(repository)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """``cookie`` is the new session's; ``over`` are others that it ended, as ``revoke`` takes them."""

    cookie: str = field(repr=False)
    over: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is sealed: ``until`` is when the token runs out."""

    access: str
    until: float | None
    renewing: str | None


_KEPT = TypeAdapter(_Kept)


class Sessions:
    """``operators``: logins in lower case, or numbers of accounts. Safe to share between threads; all waits."""

    def __init__(
        self,
        *,
        store: SessionStore,
        people: PeoplePort,
        keys: Keys,
        operators: frozenset[str],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._people = people
        self._keys = keys
        self._operators = operators
        self._now = now
        # Of this process one thread at a time asks the forge for a session.
        self._locks = tuple(threading.Lock() for _ in range(64))

    def begin(self, tokens: UserTokens, access: Access, former: str | None) -> Begun:
        """A new session; that of ``former`` is over."""
        over = self.end(former) if former is not None else ()
        cookie, now = self._keys.make_cookie(), self._now()
        digest = self._keys.find_digest(cookie)
        assert digest is not None, "a cookie of our own is ours"
        sealed = self._seal(tokens, now)
        session = StoredSession(digest=digest, sealed=sealed, access=access, ends=now + LIFE, used=now, checked=now)
        return Begun(cookie=cookie, over=(*over, *self._store.add(session, most=_MOST)))

    def end(self, cookie: str) -> tuple[str, ...]:
        """What is left of it, as ``revoke`` takes it: here it is over already, whatever the forge says."""
        digest = self._keys.find_digest(cookie)
        stored = self._store.find(digest) if digest is not None else None
        if stored is None:
            return ()
        self._store.drop(stored.digest)
        return (stored.sealed,)

    def revoke(self, over: Sequence[str]) -> tuple[str, ...]:
        """Have the forge forget the tokens of sessions that are over; why it did not, for each. What ran out is gone already,
        and of what was sealed with another key nobody knows the token any more."""
        kept = (self._keys.open(_KEPT, sealed) for sealed in over)
        good = (one for one in kept if one is not None and (one.until is None or self._now() < one.until))
        reasons = (self._revoke(one.access) for one in good)
        return tuple(reason for reason in reasons if reason)

    def _revoke(self, token: str) -> str:
        try:
            self._people.revoke(token)
        except LockbotError as error:
            return str(error)
        return ""

    def find(self, cookie: str, *, fresh: bool = False, is_use: bool = True) -> Session | None:
        """None for who is not signed in, or no longer. ``fresh``: the forge is asked now, whatever is known. ``is_use``
        False: a page that lies open is no person who uses it.

        Raises ``ForgeError`` where the forge has to be asked and is unwell.
        """
        digest = self._keys.find_digest(cookie)
        stored = self._look_up(digest, is_use=is_use) if digest is not None else None
        if stored is None:
            return None
        if fresh or self._now() >= stored.checked + CHECKED:
            stored = self._check(stored, fresh=fresh)
        return None if stored is None else self._show(stored)

    def _look_up(self, digest: str, *, is_use: bool) -> StoredSession | None:
        stored, now = self._store.find(digest), self._now()
        if stored is None or now >= min(stored.ends, stored.used + IDLE):
            return None
        if is_use and now >= stored.used + _TOUCHED:
            self._store.touch(digest, now)
        return stored

    def _show(self, stored: StoredSession) -> Session:
        person = stored.access.person
        is_operator = bool({person.login.lower(), str(person.id)} & self._operators)
        token = self._keys.make_form_token(stored.digest)
        return Session(digest=stored.digest, access=stored.access, form_token=token, is_operator=is_operator)

    def is_form_token(self, digest: str, token: str) -> bool:
        return self._keys.is_form_token(digest, token)

    # --- asked again ------------------------------------------------------------------------------

    def _check(self, stored: StoredSession, *, fresh: bool) -> StoredSession | None:
        with self._locks[int(stored.digest[:8], 16) % len(self._locks)]:
            now = self._store.find(stored.digest)
            if now is None or (not fresh and self._now() < now.checked + CHECKED):
                return now
            try:
                return self._ask(now)
            except SignInEnded:
                self._store.drop(stored.digest)
                return None

    def _ask(self, stored: StoredSession) -> StoredSession | None:
        kept = self._keys.open(_KEPT, stored.sealed)
        if kept is None:
            raise SignInEnded("the session was sealed with another key")
        if kept.until is None or self._now() < kept.until - _EARLY:
            try:
                return self._note(stored, self._people.read_access(kept.access))
            except SignInEnded:
                if kept.renewing is None:
                    raise
        renewed = self._renew(stored, kept)
        found = self._keys.open(_KEPT, renewed.sealed)
        if found is None:
            raise SignInEnded("the session was sealed with another key")
        return self._note(renewed, self._people.read_access(found.access))

    def _renew(self, stored: StoredSession, kept: _Kept) -> StoredSession:
        """Stored before it is used: what renewed the token renews none again."""
        if kept.renewing is None:
            raise SignInEnded("the token ran out, and nothing renews it")
        try:
            tokens = self._people.renew(kept.renewing)
        except SignInEnded:
            other = self._store.find(stored.digest)
            if other is None or other.sealed == stored.sealed:
                raise
            return other
        sealed = self._seal(tokens, self._now())
        now: StoredSession | None = stored
        while now is not None:
            renewed = replace(now, sealed=sealed)
            if self._store.change(renewed):
                return replace(renewed, version=renewed.version + 1)
            now = self._store.find(stored.digest)
        # Who ended it knew of the token before this one.
        self._revoke(tokens.access)
        raise SignInEnded("the session was ended")

    def _note(self, stored: StoredSession, access: Access) -> StoredSession:
        return self._put(replace(stored, access=access, checked=self._now()))

    def _put(self, session: StoredSession) -> StoredSession:
        """Whoever changed it meanwhile asked as lately."""
        if self._store.change(session):
            return replace(session, version=session.version + 1)
        other = self._store.find(session.digest)
        if other is None:
            raise SignInEnded("the session was ended")
        return other

    def _seal(self, tokens: UserTokens, now: float) -> str:
        until = None if tokens.lasts is None else now + tokens.lasts
        return self._keys.seal({"access": tokens.access, "until": until, "renewing": tokens.renewing})
