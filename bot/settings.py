"""Environment variables -> one frozen value, read once.

Secrets are ``SecretStr``: they show neither in a repr nor in an error. An error names the variable, what is wrong with
it and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import InputError

PUBLIC_GITHUB = "https://github.com"
PUBLIC_GITHUB_API = "https://api.github.com"
PUBLIC_OSV = "https://api.osv.dev"
#: Whose packages everybody may know the names of.
PUBLIC_INDEXES = ("https://pypi.org/simple",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCredentials:
    """What the App proves itself with. ``private_key`` is PEM text."""

    app_id: int
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


class Settings(BaseSettings):
    """Every ``LOCKBOT_`` variable. Empty variables count as unset."""

    model_config = SettingsConfigDict(
        env_prefix="LOCKBOT_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    app_id: int | None = None
    private_key: SecretStr | None = None
    private_key_file: Path | None = None
    webhook_secret: SecretStr | None = None
    github_url: str = PUBLIC_GITHUB
    data_dir: Path = Path("~/.local/state/lockbot")
    database_url: SecretStr | None = None
    cache_dir: Path = Path("~/.cache/lockbot")
    cache_size: Annotated[int, Field(gt=0)] = 2000
    index_credentials: Path | None = None
    osv_url: str = PUBLIC_OSV
    public_indexes: Annotated[tuple[str, ...], NoDecode] = ()
    allow_private_network: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    registries: Annotated[tuple[tuple[str, str], ...], NoDecode] = ()
    log_format: Literal["text", "json"] = "text"
    recorded: bool = True
    onboarding: bool = True
    release_notes: bool = True
    job_memory: Annotated[int, Field(ge=100)] = 2000
    job_seconds: Annotated[int, Field(ge=10)] = 1800

    @field_validator("osv_url")
    @classmethod
    def _check_osv_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            raise ValueError("must be an http(s) address without credentials, such as https://api.osv.dev")
        return value.rstrip("/")

    @field_validator("public_indexes", mode="before")
    @classmethod
    def _split_indexes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @field_validator("github_url")
    @classmethod
    def _check_github_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            raise ValueError("must be an http(s) address without credentials, such as https://github.example.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("allow_private_network", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())

    @field_validator("registries", mode="before")
    @classmethod
    def _split_registries(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        found = tuple((name.strip(), url.strip()) for name, _, url in pairs)
        for _, url in found:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
                raise ValueError("must be pairs like ghcr.io=https://mirror.example.org, without credentials")
        return found

    @field_validator("data_dir", "cache_dir", "index_credentials", "private_key_file")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @property
    def api_url(self) -> str:
        """The REST API's root; an Enterprise Server has it below its web address."""
        return PUBLIC_GITHUB_API if self.github_url == PUBLIC_GITHUB else f"{self.github_url}/api/v3"

    @property
    def cache_bytes(self) -> int:
        """How much the cache of indexes may keep."""
        return self.cache_size * 1_000_000

    @property
    def all_public_indexes(self) -> tuple[str, ...]:
        """The indexes whose packages may be asked about elsewhere."""
        return (*PUBLIC_INDEXES, *self.public_indexes)

    @property
    def registry_urls(self) -> Mapping[str, str]:
        """Where container registries answer, by name, if not at their own address."""
        return dict(self.registries)

    def get_database_url(self) -> str:
        """The URL of the job database; makes no file."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'lockbot.sqlite'}"

    def get_app_credentials(self) -> AppCredentials:
        """Raises ``InputError`` when one is missing: only server commands need them."""
        if self.app_id is None:
            raise _missing("LOCKBOT_APP_ID", "the number on the App's settings page")
        if self.webhook_secret is None:
            raise _missing("LOCKBOT_WEBHOOK_SECRET", "the secret that the App's webhook is set up with")
        return AppCredentials(
            app_id=self.app_id,
            private_key=self._read_private_key(),
            webhook_secret=self.webhook_secret.get_secret_value(),
        )

    def _read_private_key(self) -> str:
        if self.private_key is not None:
            # One-line environments carry the key with its line ends written as \n.
            return _check_pem("LOCKBOT_PRIVATE_KEY", self.private_key.get_secret_value().replace("\\n", "\n"))
        if self.private_key_file is None:
            raise _missing(
                "LOCKBOT_PRIVATE_KEY", "the App's private key (PEM), or its path in LOCKBOT_PRIVATE_KEY_FILE"
            )
        try:
            text = self.private_key_file.read_text(encoding="ascii")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise InputError(
                f"LOCKBOT_PRIVATE_KEY_FILE: {self.private_key_file} can't be read: {reason}",
                hint="point it to the PEM file downloaded from the App's settings page",
            ) from None
        return _check_pem("LOCKBOT_PRIVATE_KEY_FILE", text)


def read_settings() -> Settings:
    """Raises ``InputError`` naming the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = f"LOCKBOT_{str(first['loc'][0]).upper()}" if first["loc"] else "LOCKBOT_*"
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name}: {reason}", hint=f"correct or unset the environment variable {name}") from None


def _missing(name: str, what: str) -> InputError:
    return InputError(f"{name} is not set", hint=f"set it to {what}")


def _check_pem(name: str, text: str) -> str:
    if "-----BEGIN" not in text or "PRIVATE KEY-----" not in text:
        raise InputError(
            f"{name}: not a PEM private key", hint="it starts with -----BEGIN RSA PRIVATE KEY----- or the like"
        )
    return text


def get_environment() -> Mapping[str, str]:
    """A copy of the process's environment, for the programs that are started."""
    return dict(os.environ)
