"""Environment variables -> one frozen value, read once; for the server what set-up stored is the layer below.

Secrets are ``SecretStr``: they show neither in a repr nor in an error. An error names the variable, what is wrong with
it and what to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.addresses import PUBLIC_GITHUB, find_github_api, is_server_address
from bot.errors import InputError
from bot.settings.stored import Registration, Stored, StoredProblem, find_stored

PUBLIC_OSV = "https://api.osv.dev"
#: Whose packages everybody may know the names of.
PUBLIC_INDEXES = ("https://pypi.org/simple",)
#: Where these tell of new releases.
PUBLIC_FEEDS = (("https://pypi.org/simple", "https://pypi.org/rss/updates.xml"),)


#: A login (with the underscore of enterprise-managed users), or the number of an account.
_OPERATOR = re.compile(r"[a-z0-9][a-z0-9_-]{0,100}")


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

    token: SecretStr | None = None
    app_id: int | None = None
    private_key: SecretStr | None = None
    private_key_file: Path | None = None
    webhook_secret: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    public_url: str | None = None
    operators: Annotated[tuple[str, ...], NoDecode] = ()
    metrics_token: SecretStr | None = None
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
    index_watching: bool = True
    index_interval: Annotated[float, Field(gt=0, le=1440)] = 30
    #: () is said, None is not.
    index_feeds: Annotated[tuple[tuple[str, str], ...] | None, NoDecode] = None
    job_memory: Annotated[int, Field(ge=100)] = 2000
    job_seconds: Annotated[int, Field(ge=10)] = 1800
    #: Where set-up stored an App, and which fields were taken from there.
    _stored: Stored | None = PrivateAttr(default=None)
    _from_stored: frozenset[str] = PrivateAttr(default=frozenset())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not is_server_address(value) or urlsplit(value).path not in ("", "/"):
            raise ValueError(
                "must be this server's own http(s) address without a path, such as https://lockbot.example.org"
            )
        return value.rstrip("/")

    @field_validator("osv_url")
    @classmethod
    def _check_osv_url(cls, value: str) -> str:
        if not _is_web_address(value):
            raise ValueError("must be an http(s) address without credentials, such as https://api.osv.dev")
        return value.rstrip("/")

    @field_validator("operators", mode="before")
    @classmethod
    def _split_operators(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = tuple(part.strip().removeprefix("@").lower() for part in value.split(",") if part.strip())
        if any(not _OPERATOR.fullmatch(one) for one in found):
            raise ValueError("must be logins on GitHub or numbers of accounts there, such as octocat, 583231")
        return found

    @field_validator("public_indexes", mode="before")
    @classmethod
    def _split_indexes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @field_validator("github_url")
    @classmethod
    def _check_github_url(cls, value: str) -> str:
        if not is_server_address(value):
            raise ValueError("must be an http(s) address without credentials, such as https://github.example.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        url = value.get_secret_value() if value else ""
        if url.startswith("postgres://"):
            # The name that most hosts of Postgres give in what is to be copied.
            return SecretStr(f"postgresql{url.removeprefix('postgres')}")
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
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
        if not all(_is_web_address(url) for _, url in found):
            raise ValueError("must be pairs like ghcr.io=https://mirror.example.org, without credentials")
        return found

    @field_validator("index_feeds", mode="before")
    @classmethod
    def _split_feeds(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.strip().lower() == "none":
            return ()
        # Addresses may have "=" in them.
        pairs = [part.strip().partition("=http") for part in value.split(",") if part.strip()]
        found = tuple((index.rstrip("/"), f"http{rest}") for index, _, rest in pairs)
        if not all(_is_web_address(one) for pair in found for one in pair):
            raise ValueError(
                "must be pairs like https://mirror.example.org/simple=https://feeds.example.org/updates.xml, "
                "without credentials, or none"
            )
        return found

    @field_validator("data_dir", "cache_dir", "index_credentials", "private_key_file")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @property
    def api_url(self) -> str:
        """The REST API's root."""
        return find_github_api(self.github_url)

    @property
    def stored_folder(self) -> Path | None:
        """Where what set-up stored is, if anything of it is used."""
        return self._stored.folder if self._stored and self._from_stored else None

    @property
    def stored_app(self) -> Registration | None:
        """The App that set-up stored, where it is the one that is used."""
        return self._stored.registration if self._stored and "app_id" in self._from_stored else None

    def describe_origin(self, *names: str) -> str:
        """Where these fields come from, in words; of those that are not set nothing is said."""
        given = [name for name in names if name in self.model_fields_set]
        stored = [name for name in given if name in self._from_stored]
        variables = [_variable(name) for name in given if name not in self._from_stored]
        rest = f"{', '.join(stored)} stored by set-up in {self.stored_folder}" if stored else ""
        return "; ".join(one for one in (", ".join(variables), rest) if one)

    @property
    def cache_bytes(self) -> int:
        """How much the cache of indexes may keep."""
        return self.cache_size * 1_000_000

    @property
    def all_public_indexes(self) -> tuple[str, ...]:
        """The indexes whose packages may be asked about elsewhere."""
        return (*PUBLIC_INDEXES, *self.public_indexes)

    @property
    def all_index_feeds(self) -> Mapping[str, str]:
        """Where indexes tell of new releases, by the index; what is said wins over what is known."""
        return {} if self.index_feeds == () else dict(PUBLIC_FEEDS) | dict(self.index_feeds or ())

    @property
    def registry_urls(self) -> Mapping[str, str]:
        """Where container registries answer, by name, if not at their own address."""
        return dict(self.registries)

    def get_database_url(self) -> str:
        """The URL of the job database; makes no file."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'lockbot.sqlite'}"

    def has_app(self) -> bool:
        """Whether all is there that an App needs to prove itself; nothing of it is looked at."""
        return None not in (self.app_id, self.webhook_secret, self.private_key or self.private_key_file)

    def get_app_credentials(self) -> AppCredentials:
        """Raises ``InputError`` when one is missing: only server commands need them."""
        if self.app_id is None:
            raise _missing(
                "LOCKBOT_APP_ID",
                "the number on the App's settings page, or set an App up in the browser: lockbot serve",
            )
        if self.webhook_secret is None:
            raise _missing("LOCKBOT_WEBHOOK_SECRET", "the secret that the App's webhook is set up with")
        return AppCredentials(
            app_id=self.app_id,
            private_key=self.read_private_key(),
            webhook_secret=self.webhook_secret.get_secret_value(),
        )

    def read_private_key(self) -> str:
        """PEM text; raises ``InputError`` where there is none."""
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

    def list_secrets(self) -> tuple[str, ...]:
        """All that must not be shown; of a key each line too, as it may be shown apart."""
        apps = (self.private_key, self.webhook_secret, self.client_secret)
        given = (self.token, *apps, self.database_url, self.metrics_token)
        texts = [one.get_secret_value() for one in given if one is not None]
        password = urlsplit(self.database_url.get_secret_value()).password if self.database_url else None
        if password:
            # A driver may name a part of its address.
            texts += {password, unquote(password)}
        return (*texts, *(line for text in texts if "-----BEGIN" in text for line in text.splitlines()[1:-1]))

    def over(self, stored: Stored) -> Settings:
        """These, with what set-up stored for what they leave open. Stored secrets are those of one App: where another is
        named, nothing of it is used."""
        if self.app_id is not None and self.app_id != stored.registration.app_id:
            return self
        values = {name: one for name, one in _list_stored(stored.registration).items() if not self._says(name)}
        found = self.model_copy(update=values)
        found._stored, found._from_stored = stored, frozenset(values)
        return found

    def _says(self, name: str) -> bool:
        also = {"private_key_file"} if name == "private_key" else set[str]()
        return not self.model_fields_set.isdisjoint({name} | also)


#: Fields whose value may be that of a file, named by a variable of the same name with ``_FILE``: secrets are mounted so.
IN_FILES = ("webhook_secret", "client_secret", "database_url", "metrics_token")


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets in files, below the variables that hold them themselves."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        del field
        path = os.environ.get(f"{_variable(field_name)}_FILE") if field_name in IN_FILES else None
        return _read_secret(f"{_variable(field_name)}_FILE", path) if path else None, field_name, False

    def __call__(self) -> dict[str, object]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _read_secret(variable: str, path: str) -> str:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InputError(
            f"{variable}: {path} can't be read: {reason}", hint="name a file that holds the secret"
        ) from None
    if not text:
        raise InputError(f"{variable}: {path} is empty", hint="name a file that holds the secret")
    return text


def _list_stored(one: Registration) -> Mapping[str, object]:
    """Without what GitHub did not give."""
    secrets = {
        "private_key": one.private_key,
        "webhook_secret": one.webhook_secret,
        "client_secret": one.client_secret,
    }
    texts = {"client_id": one.client_id, "github_url": one.github_url, "public_url": one.public_url}
    return {
        "app_id": one.app_id,
        **{name: SecretStr(text) for name, text in secrets.items() if text},
        **{name: text for name, text in texts.items() if text},
    }


def read_server_settings() -> Settings:
    """Those of the environment, and below them what set-up stored. Raises ``InputError`` too where that can't be read and
    is needed: not all that an App needs is in the environment."""
    settings = read_settings()
    match find_stored(settings.data_dir):
        case Stored() as stored:
            return settings.over(stored)
        case StoredProblem(problem=problem) if not settings.has_app():
            raise problem
        case _:
            return settings


def read_settings() -> Settings:
    """Raises ``InputError`` naming the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = _variable(str(first["loc"][0]) if first["loc"] else "*")
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name}: {reason}", hint=f"correct or unset the environment variable {name}") from None


def _is_web_address(url: str) -> bool:
    """Less than ``is_server_address`` asks: what is asked for at one address may have parameters."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "@" not in parts.netloc


def _variable(name: str) -> str:
    return f"LOCKBOT_{name.upper()}"


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
