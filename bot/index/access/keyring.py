"""The user's ``keyring`` program, asked as uv asks it (``keyring-provider = "subprocess"``)."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from bot.index.access.programs import Surroundings, find_program, run_program
from bot.index.access.secret import NoSecretError
from bot.values import field, value

#: A provider may show a person a device code to type in somewhere, and waits for that.
_SECONDS = 300.0
_PORTS = {"http": 80, "https": 443}


@value
class KeyringLogin:
    username: str
    password: str = field(repr=False)


@value
class Keyring:
    """Asks for a URL, then for its host, then (not over https) for its scheme and host. Each answer may take long."""

    around: Surroundings

    def find(self, url: str, username: str | None) -> KeyringLogin | None:
        """What the program has for a URL without credentials; nothing where it is not there or knows nothing."""
        path = find_program("keyring", self.around)
        if path is None:
            return None
        for service in services_of(url):
            arguments = ["get", service, *([username] if username is not None else ["--mode", "creds"])]
            try:
                # Of an older program, which knows no modes, the complaint is of no use.
                done = run_program(path, arguments, self.around, shows_errors=username is not None, seconds=_SECONDS)
            except NoSecretError:
                return None
            found = _read(done.text, username) if done.status == 0 else None
            if found is not None:
                return found
        return None


def services_of(url: str) -> tuple[str, ...]:
    """What ``keyring get`` is asked for, in this order, with addresses as uv writes them."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    place = host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
    whole = urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
    return (whole, place) if parts.scheme == "https" else (whole, place, f"{parts.scheme}://{place}")


def _read(text: str, username: str | None) -> KeyringLogin | None:
    if username is not None:
        password = text.removesuffix("\n").removesuffix("\r")
        return KeyringLogin(username=username, password=password)
    lines = text.splitlines()
    return KeyringLogin(username=lines[0], password=lines[1]) if len(lines) > 1 else None
