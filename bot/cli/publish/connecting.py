"""With what to publish, and where: a token, or an App's own credentials, and the repository as the forge has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.cli.publish.place import check_name, find_name
from bot.errors import DOCUMENTS, InputError
from bot.forge.github.app import GitHubApp
from bot.forge.github.client import GitHubAccess, TokenAccess
from bot.forge.github.tokens.app import DryApp, TokenApp
from bot.forge.github.tokens.repository import Lessons
from bot.ports.forge import AppIdentity, ForgeForbidden, ForgeNotFound, Repository, TokenKind
from bot.proxies import read_proxies
from bot.settings import Settings
from bot.values import value

_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable


@value
class Connection:
    """``lessons``: what a token was refused so far; of an App that stays empty."""

    app: GitHubApp | TokenApp
    identity: AppIdentity
    repository: Repository
    lessons: Lessons


def connect(
    settings: Settings, environ: Mapping[str, str], path: Path, named: str | None, *, is_dry: bool
) -> Connection:
    """Raises ``InputError`` where there is nothing to publish with or no such repository, ``ForgeError`` where the forge
    does not answer."""
    app = _make_app(settings, environ, is_dry=is_dry)
    full_name = find_name(path, environ, settings.github_url) if named is None else check_name(named)
    try:
        identity = app.get_identity()
        repository = app.get_repository(full_name)
    except ForgeNotFound as error:
        raise _not_there(app, full_name) from error
    except ForgeForbidden as error:
        raise InputError(str(error)) from error
    lessons = app.lessons if isinstance(app, TokenApp) else Lessons()
    return Connection(app=app, identity=identity, repository=repository, lessons=lessons)


def _make_app(settings: Settings, environ: Mapping[str, str], *, is_dry: bool) -> GitHubApp | TokenApp:
    """What was set for lockbot comes before what is set for everything."""
    web_url, api_url = settings.github_url, settings.api_url
    proxy = read_proxies(environ).find(api_url)
    token = settings.token.get_secret_value() if settings.token is not None else ""
    if not token and settings.app_id is not None:
        access = GitHubAccess(
            web_url=web_url,
            api_url=api_url,
            proxy=proxy,
            app_id=settings.app_id,
            private_key=settings.read_private_key(),
        )
        return DryApp(access) if is_dry else GitHubApp(access)
    token = (token or environ.get(_TOKEN, "")).strip()
    if not token:
        raise InputError(
            "there is no token to publish with",
            hint="set GITHUB_TOKEN or LOCKBOT_TOKEN, or an App's LOCKBOT_APP_ID and LOCKBOT_PRIVATE_KEY: "
            f"{DOCUMENTS}/action.md",
        )
    if not token.isascii() or any(one.isspace() for one in token):
        raise InputError("the token is none", hint=f"it is one word, such as github_pat_…: {DOCUMENTS}/action.md")
    return TokenApp(TokenAccess(web_url=web_url, api_url=api_url, proxy=proxy, token=token), is_dry=is_dry)


def _not_there(app: GitHubApp | TokenApp, full_name: str) -> InputError:
    if isinstance(app, TokenApp):
        is_classic = app.kind is TokenKind.CLASSIC
        return InputError(
            f"there is no repository {full_name}, or the token may not see it",
            hint="check the name, and "
            + ("that the token has the scope `repo`" if is_classic else "which repositories the token was made for"),
        )
    return InputError(f"the App is not installed on {full_name}", hint="install it there, or check the name")
