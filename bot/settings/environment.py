"""Environment variables -> one frozen value, read once; for the server what set-up stored is the layer below.

Secrets are ``SecretStr``: they show neither in a repr nor in an error. An error names the variable, what is wrong with
it and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.addresses import PUBLIC_GITHUB, find_github_api
from bot.errors import InputError
from bot.settings.files import SecretFiles, name_variable
from bot.settings.keys import AppCredentials, list_key_lines, parse_key, read_key
from bot.settings.stored import Registration, Stored, StoredProblem, find_stored
from bot.settings.texts import (
    DatabaseUrl,
    Feeds,
    GitHubUrl,
    Indexes,
    Networks,
    Operators,
    OsvUrl,
    Place,
    PublicUrl,
    Registries,
)

PUBLIC_OSV = "https://api.osv.dev"
#: Whose packages everybody may know the names of.
PUBLIC_INDEXES = ("https://pypi.org/simple",)
#: Where these tell of new releases.
PUBLIC_FEEDS = (("https://pypi.org/simple", "https://pypi.org/rss/updates.xml"),)


class Settings(BaseSettings):
    """Every ``LOCKBOT_`` variable. Empty variables count as unset."""

    model_config = SettingsConfigDict(
        env_prefix="LOCKBOT_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    token: SecretStr | None = None
    app_id: int | None = None
    private_key: SecretStr | None = None
    private_key_file: Place | None = None
    webhook_secret: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    public_url: PublicUrl | None = None
    operators: Operators = ()
    metrics_token: SecretStr | None = None
    github_url: GitHubUrl = PUBLIC_GITHUB
    data_dir: Place = Path("~/.local/state/lockbot")
    database_url: DatabaseUrl | None = None
    cache_dir: Place = Path("~/.cache/lockbot")
    cache_size: Annotated[int, Field(gt=0)] = 2000
    index_credentials: Place | None = None
    osv_url: OsvUrl = PUBLIC_OSV
    public_indexes: Indexes = ()
    allow_private_network: Networks = ()
    registries: Registries = ()
    log_format: Literal["text", "json"] = "text"
    recorded: bool = True
    onboarding: bool = True
    release_notes: bool = True
    index_watching: bool = True
    index_interval: Annotated[float, Field(gt=0, le=1440)] = 30
    index_feeds: Feeds = None
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
        variables = [name_variable(name) for name in given if name not in self._from_stored]
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
            return parse_key(self.private_key.get_secret_value())
        if self.private_key_file is None:
            raise _missing(
                "LOCKBOT_PRIVATE_KEY", "the App's private key (PEM), or its path in LOCKBOT_PRIVATE_KEY_FILE"
            )
        return read_key(self.private_key_file)

    def list_secrets(self) -> tuple[str, ...]:
        """All that must not be shown; of a key each line too, as it may be shown apart."""
        apps = (self.private_key, self.webhook_secret, self.client_secret)
        given = (self.token, *apps, self.database_url, self.metrics_token)
        texts = [one.get_secret_value() for one in given if one is not None]
        password = urlsplit(self.database_url.get_secret_value()).password if self.database_url else None
        if password:
            # A driver may name a part of its address.
            texts += {password, unquote(password)}
        return (*texts, *(line for text in texts for line in list_key_lines(text)))

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
        name = name_variable(str(first["loc"][0]) if first["loc"] else "*")
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name}: {reason}", hint=f"correct or unset the environment variable {name}") from None


def _missing(name: str, what: str) -> InputError:
    return InputError(f"{name} is not set", hint=f"set it to {what}")


def get_environment() -> Mapping[str, str]:
    """A copy of the process's environment, for the programs that are started."""
    return dict(os.environ)
