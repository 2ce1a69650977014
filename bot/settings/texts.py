"""Texts of variables, checked and taken apart. Pure: a ``ValueError`` says what has to be written instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from bot.addresses import is_server_address

Network: TypeAlias = IPv4Network | IPv6Network
#: Two addresses, or a name and one.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

#: A login (with the underscore of enterprise-managed users), or the number of an account.
_OPERATOR = re.compile(r"[a-z0-9][a-z0-9_-]{0,100}")


def _split(split: Callable[[str], object]) -> BeforeValidator:
    """For a variable that is a list; what is none but a text is given by the program itself."""
    return BeforeValidator(lambda value: split(value) if isinstance(value, str) else value)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


# --- one address ----------------------------------------------------------------------------------


def _check_public_url(value: str) -> str:
    if not is_server_address(value) or urlsplit(value).path not in ("", "/"):
        raise ValueError(
            "must be this server's own http(s) address without a path, such as https://lockbot.example.org"
        )
    return value.rstrip("/")


def _check_osv_url(value: str) -> str:
    if not _is_web_address(value):
        raise ValueError("must be an http(s) address without credentials, such as https://api.osv.dev")
    return value.rstrip("/")


def _check_github_url(value: str) -> str:
    if not is_server_address(value):
        raise ValueError("must be an http(s) address without credentials, such as https://github.example.org")
    return value.rstrip("/")


def _check_database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url.startswith("postgres://"):
        # The name that most hosts of Postgres give in what is to be copied.
        return SecretStr(f"postgresql{url.removeprefix('postgres')}")
    if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _is_web_address(url: str) -> bool:
    """Less than ``is_server_address`` asks: what is asked for at one address may have parameters."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "@" not in parts.netloc


# --- lists ----------------------------------------------------------------------------------------


def _split_operators(text: str) -> tuple[str, ...]:
    found = tuple(part.removeprefix("@").lower() for part in _parts(text))
    if any(not _OPERATOR.fullmatch(one) for one in found):
        raise ValueError("must be logins on GitHub or numbers of accounts there, such as octocat, 583231")
    return found


def _split_indexes(text: str) -> tuple[str, ...]:
    return tuple(part.rstrip("/") for part in _parts(text))


def _split_networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part, strict=False) for part in _parts(text))


def _split_registries(text: str) -> Pairs:
    pairs = [part.partition("=") for part in _parts(text)]
    found = tuple((name.strip(), url.strip()) for name, _, url in pairs)
    if not all(_is_web_address(url) for _, url in found):
        raise ValueError("must be pairs like ghcr.io=https://mirror.example.org, without credentials")
    return found


def _split_feeds(text: str) -> Pairs:
    if text.strip().lower() == "none":
        return ()
    # Addresses may have "=" in them.
    pairs = [part.partition("=http") for part in _parts(text)]
    found = tuple((index.rstrip("/"), f"http{rest}") for index, _, rest in pairs)
    if not all(_is_web_address(one) for pair in found for one in pair):
        raise ValueError(
            "must be pairs like https://mirror.example.org/simple=https://feeds.example.org/updates.xml, "
            "without credentials, or none"
        )
    return found


# --- the kinds of fields --------------------------------------------------------------------------

PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
OsvUrl = Annotated[str, AfterValidator(_check_osv_url)]
GitHubUrl = Annotated[str, AfterValidator(_check_github_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_database_url)]
#: ``~`` is the user's own folder.
Place = Annotated[Path, AfterValidator(Path.expanduser)]
Operators = Annotated[tuple[str, ...], NoDecode, _split(_split_operators)]
Indexes = Annotated[tuple[str, ...], NoDecode, _split(_split_indexes)]
Networks = Annotated[tuple[Network, ...], NoDecode, _split(_split_networks)]
Registries = Annotated[Pairs, NoDecode, _split(_split_registries)]
#: () is said, None is not.
Feeds = Annotated[Pairs | None, NoDecode, _split(_split_feeds)]
