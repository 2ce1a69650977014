"""The index client of the command line: no address guard (it is the user's machine), credentials from ``UV_INDEX_*``."""

from __future__ import annotations

from bot.cli.index_choice import IndexChoice
from bot.index.client import IndexClient, IndexSettings, OpenGit
from bot.index.http.certificates import find_certificates
from bot.index.http.credentials import Credentials, named_credentials
from bot.index.http.fetch import FetchSettings


def make_client(choice: IndexChoice, open_git: OpenGit | None = None) -> IndexClient:
    named = {index.name: index.url for index in choice.indexes if index.name}
    credentials = Credentials(entries=named_credentials(named, choice.environment))
    return IndexClient(
        IndexSettings(
            fetch=FetchSettings(
                credentials=credentials,
                certificates=find_certificates(choice.environment),
                # libcurl reads the other variables itself, but not this one: a web server's child must not obey it.
                plain_proxy=choice.environment.get("HTTP_PROXY"),
            ),
            cache_dir=choice.cache_dir,
            offline=choice.offline,
            recorded=choice.recorded,
        ),
        open_git=open_git,
    )
