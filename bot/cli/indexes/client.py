"""The index client of the command line: no address guard (it is the user's machine), credentials from ``UV_INDEX_*``."""

from __future__ import annotations

from bot.cli.indexes.choice import IndexChoice
from bot.index.client import IndexClient, IndexSettings, OpenGit
from bot.index.http.certificates import Certificates, find_certificates, parse_host
from bot.index.http.credentials import configured_credentials
from bot.index.http.fetch import CONNECTIONS, REQUESTS, FetchSettings
from bot.values import replace


def make_client(choice: IndexChoice, open_git: OpenGit | None = None) -> IndexClient:
    return IndexClient(
        IndexSettings(
            fetch=FetchSettings(
                credentials=configured_credentials(choice.indexes, choice.environment),
                environment=choice.environment,
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


def _at_most(usual: int, choice: IndexChoice) -> int:
    return usual if choice.requests is None else min(usual, choice.requests)


def _certificates(choice: IndexChoice) -> Certificates:
    found = find_certificates(choice.environment, of_system=choice.system_certificates)
    return replace(found, insecure=tuple(parse_host(host) for host in choice.insecure_hosts))
