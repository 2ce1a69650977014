"""The user's own stores of credentials, in the order in which uv looks into them: netrc, uv's own file, keyring."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

from bot.index.access.keyring import Keyring
from bot.index.access.netrc import Netrc, read_netrc
from bot.index.access.programs import Surroundings
from bot.index.access.uv_store import UvStore, read_uv_store
from bot.values import field, value


@value
class StoredLogin:
    """``origin`` says in messages where it comes from. ``is_bearer``: the password is a token, sent by itself."""

    username: str
    password: str = field(repr=False)
    origin: str
    is_bearer: bool = False


class Stores:
    """Each is opened when it is first wanted. ``asks_keyring``: whether the user wants that program to be run."""

    def __init__(self, around: Surroundings, *, asks_keyring: bool) -> None:
        self._around = around
        self._keyring = Keyring(around=around) if asks_keyring else None

    @cached_property
    def _netrc(self) -> Netrc:
        return read_netrc(self._around.environment)

    @cached_property
    def _uv_store(self) -> UvStore:
        return read_uv_store(self._around.environment)

    def find(self, url: str, place: str | None, username: str | None, *, always: bool) -> StoredLogin | None:
        """What there is for ``url``, below the index at ``place`` (``None``: below none); may take long.

        ``username``: the one that is known already. ``always``: the index is always to be given credentials. The program is
        slow, so it is asked only where one of these says that there is something.
        """
        found = self._netrc.find(urlsplit(url).hostname or "", username)
        if found is not None:
            return StoredLogin(username=found.login, password=found.password, origin=f"netrc ({self._netrc.place})")
        stored = self._uv_store.find(url, username)
        if stored is not None:
            return StoredLogin(
                username=stored.username or "",
                password=stored.password,
                origin="uv auth login",
                is_bearer=stored.is_bearer,
            )
        if self._keyring is None or (username is None and not (always and place is not None)):
            return None
        asked = self._keyring.find(place or url, username)
        if asked is None:
            return None
        return StoredLogin(username=asked.username, password=asked.password, origin="keyring")
