"""The index client of the command line: no address guard (it is the user's machine), credentials from ``UV_INDEX_*``."""

from __future__ import annotations

from bot.cli.index_choice import IndexChoice
from bot.index.client import IndexClient, IndexSettings, OpenGit
from bot.index.http.certificates import find_certificates
from bot.index.http.credentials import configured_credentials
from bot.index.http.fetch import FetchSettings
from bot.proxies import read_proxies


def make_client(choice: IndexChoice, open_git: OpenGit | None = None) -> IndexClient:
    return IndexClient(
        IndexSettings(
            fetch=FetchSettings(
                credentials=configured_credentials(choice.indexes, choice.environment),
                environment=choice.environment,
                certificates=find_certificates(choice.environment),
                proxies=read_proxies(choice.environment),
            ),
            cache_dir=choice.cache_dir,
            offline=choice.offline,
            recorded=choice.recorded,
        ),
        open_git=open_git,
    )
