"""Step 0: the real edges that server and workers share."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.forge.github import GitHubApp
from bot.forge.github.client import GitHubAccess
from bot.git.checkout import GitCloner
from bot.logs import set_up_logs
from bot.ports import Cloner
from bot.settings import Settings, get_environment, read_index_logins


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def start_logs(settings: Settings) -> None:
    """Everything that is a secret of this process is known to the log before its first line."""
    found = [settings.private_key, settings.webhook_secret, settings.database_url]
    secrets = [one.get_secret_value() for one in found if one is not None]
    secrets += [one.password for one in read_index_logins(settings.index_credentials)]
    set_up_logs(settings.log_format, secrets=secrets)


def make_forge_app(settings: Settings) -> GitHubApp:
    credentials = settings.get_app_credentials()
    return GitHubApp(
        GitHubAccess(
            web_url=settings.github_url,
            api_url=settings.api_url,
            app_id=credentials.app_id,
            private_key=credentials.private_key,
        )
    )


def make_cloner(settings: Settings) -> Cloner:
    # A server on plain http is one that its operator named so.
    return GitCloner(environ=get_environment(), protocols=(settings.github_url.partition("://")[0],))
