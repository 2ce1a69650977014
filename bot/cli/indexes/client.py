"""The index client of the command line: no address guard (it is the user's machine), and all credentials of the user."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.indexes.choice import IndexChoice
from bot.index.access.programs import Surroundings
from bot.index.access.stores import Stores
from bot.index.client import IndexClient, IndexSettings, OpenGit
from bot.index.http.certificates import Certificates, find_certificates, parse_host
from bot.index.http.credentials import Credential, configured_credentials
from bot.index.http.fetch import CONNECTIONS, REQUESTS, FetchSettings
from bot.values import replace

if TYPE_CHECKING:
    from bot.index.granted import Granted


def make_client(choice: IndexChoice, open_git: OpenGit | None = None) -> IndexClient:
    return IndexClient(
        IndexSettings(
            fetch=FetchSettings(
                credentials=configured_credentials(choice.indexes, choice.environment).extended(_granted(choice)),
                environment=choice.environment,
                stores=Stores(
                    Surroundings(environment=choice.environment, foreign=choice.foreign),
                    asks_keyring=choice.asks_keyring,
                ),
                certificates=_certificates(choice),
                proxies=choice.find_proxies(),
                requests=_at_most(REQUESTS, choice),
                connections=_at_most(CONNECTIONS, choice),
            ),
            cache_dir=choice.cache_dir,
            offline=choice.offline,
            recorded=choice.recorded,
            refresh=choice.refresh,
        ),
        open_git=open_git,
    )


def _granted(choice: IndexChoice) -> tuple[Credential, ...]:
    """What ``LOCKBOT_INDEX_CREDENTIALS`` has for all; no forge vouches for what a repository here is called."""
    named = choice.environment.get("LOCKBOT_INDEX_CREDENTIALS")
    if not named:
        return ()
    # Few have such a file, and it takes more to read than the network stack needs otherwise.
    made: Granted = import_module("bot.index.granted").grant_file(
        Path(named).expanduser(), choice.environment, time.time
    )
    return made.for_all


def _at_most(usual: int, choice: IndexChoice) -> int:
    return usual if choice.requests is None else min(usual, choice.requests)


def _certificates(choice: IndexChoice) -> Certificates:
    found = find_certificates(choice.environment, of_system=choice.system_certificates)
    return replace(found, insecure=tuple(parse_host(host) for host in choice.insecure_hosts))
