"""The user's netrc file, as uv reads it: hosts with a login and a password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.values import field, value

_SPACE = frozenset("\n\t\r ")
_HEADS = frozenset({"", "machine", "default", "macdef"})
_DEFAULT = "default"
_MOST = 1 << 20


class NetrcError(ValueError):
    """A text that is no netrc file; says where."""


@value
class NetrcLogin:
    login: str = ""
    password: str = field(default="", repr=False)


@value
class Netrc:
    """``hosts``: what is known of each, of ``default`` for all others. ``place`` is the file, for messages."""

    hosts: Mapping[str, NetrcLogin] = field(default_factory=dict, repr=False)
    place: str = ""

    def find(self, host: str, username: str | None) -> NetrcLogin | None:
        """What is known of a host; where a user name is known already, only if it is that one."""
        found = self.hosts.get(host) or self.hosts.get(_DEFAULT)
        return None if found is None or (username is not None and found.login != username) else found


def find_netrc(environment: Mapping[str, str]) -> Path | None:
    """The file that counts: the one that ``NETRC`` names, else that of the home folder; ``None`` where there is none."""
    home = environment.get("HOME")
    named, places = environment.get("NETRC"), []
    if named:
        places.append(Path(home, named[2:]) if home and named.startswith("~/") else Path(named))
    if home:
        places.append(Path(home, ".netrc"))
    return next((place for place in places if place.exists()), None)


def read_netrc(environment: Mapping[str, str]) -> Netrc:
    """The user's file, empty where there is none or it can't be read (as uv, which then goes on without)."""
    place = find_netrc(environment)
    if place is None:
        return Netrc()
    try:
        with place.open("rb") as stream:
            text = stream.read(_MOST).decode("utf-8", "replace")
        return Netrc(hosts=parse_netrc(text), place=str(place))
    except (OSError, NetrcError):
        return Netrc(place=str(place))


def parse_netrc(text: str) -> Mapping[str, NetrcLogin]:
    """Raises ``NetrcError``."""
    return _Parser(text).parse()


class _Parser:
    """A cursor in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._again: str | None = None

    def parse(self) -> Mapping[str, NetrcLogin]:
        hosts: dict[str, NetrcLogin] = {}
        for head in self._tokens():
            if head == "macdef":
                self._skip_macro()
                continue
            if head not in ("machine", _DEFAULT):
                raise NetrcError(f"line {self._line()}: neither machine, default nor macdef begins here")
            host = self._token() if head == "machine" else _DEFAULT
            if not host:
                raise NetrcError(f"line {self._line()}: a machine without a name")
            hosts[host] = self._login()
        return hosts

    def _login(self) -> NetrcLogin:
        said = {"login": "", "password": ""}
        for word in self._tokens():
            if word in _HEADS:
                self._again = word
                break
            if word not in ("login", "user", "account", "password"):
                raise NetrcError(f"line {self._line()}: not known in a machine's entry")
            said["login" if word == "user" else word] = self._token()
        else:
            self._again = ""
        return NetrcLogin(login=said["login"], password=said["password"])

    def _tokens(self) -> Iterator[str]:
        """Tokens up to the end, without comments."""
        while True:
            line, token = self._line(), self._token()
            if not token:
                return
            if not token.startswith("#"):
                yield token
            elif self._line() == line:
                self._rest_of_line()

    def _skip_macro(self) -> None:
        self._token()
        while self._rest_of_line().strip():
            pass

    # --- characters ---

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _next(self) -> str:
        sign = self._text[self._at : self._at + 1]
        self._at += len(sign)
        return sign

    def _rest_of_line(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        line, self._at = self._text[self._at : end], min(end + 1, len(self._text))
        return line

    def _token(self) -> str:
        """The next word, or what stands in quotes; a backslash keeps the sign behind it. ``""`` at the end."""
        if self._again is not None:
            token, self._again = self._again, None
            return token
        while (sign := self._next()) in _SPACE:
            pass
        return self._quoted() if sign == '"' else self._word(sign)

    def _quoted(self) -> str:
        signs: list[str] = []
        while (sign := self._next()) not in ('"', ""):
            signs.append((self._next() or " ") if sign == "\\" else sign)
        return "".join(signs)

    def _word(self, sign: str) -> str:
        signs: list[str] = []
        while sign and sign not in _SPACE:
            signs.append((self._next() or " ") if sign == "\\" else sign)
            sign = self._next()
        return "".join(signs)
