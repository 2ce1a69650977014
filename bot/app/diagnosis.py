"""What ``lockbot doctor`` looks at: each part of the outside world that the server needs, asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.app.edges import make_forge_app
from bot.app.solving import open_index
from bot.errors import LockbotError
from bot.forge.github import GitHubApp
from bot.git.command import check_pinning
from bot.jobs.database import Registry, open_engine
from bot.jobs.queue import migrate
from bot.resolver.lowering.indexes import PYPI_URL
from bot.resolver.model.index import Index
from bot.settings import Settings, get_environment

#: What ``app.yml`` asks for: permission -> level.
NEEDED: Mapping[str, str] = {
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "metadata": "read",
    "issues": "read",
}
EVENTS = frozenset({"push", "pull_request", "issue_comment"})
_LEVELS = ("none", "read", "write", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``problem`` says what is wrong and what to do; None: all is well, as ``detail`` tells."""

    what: str
    detail: str = ""
    problem: str | None = None


def diagnose(settings: Settings) -> tuple[Finding, ...]:
    return (*diagnose_server(settings), _ask("index", partial(_check_index, settings)))


def diagnose_server(settings: Settings) -> tuple[Finding, ...]:
    """All but the index: nothing here leaves the operator's own network."""
    return (
        _ask("credentials", lambda: f"App {settings.get_app_credentials().app_id}"),
        _ask("forge", lambda: make_forge_app(settings).get_identity().login),
        _ask("permissions", lambda: check_grants(make_forge_app(settings))),
        _ask("installations", lambda: f"{len(make_forge_app(settings).list_installations())}"),
        _ask("database", partial(_check_database, settings)),
        _ask("git", partial(check_pinning, get_environment())),
    )


def _ask(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, detail=check())
    except (LockbotError, OSError) as error:
        return Finding(what=what, problem=str(error))


def check_grants(app: GitHubApp) -> str:
    grants = app.get_grants()
    short = [
        f"{name}: {level}"
        for name, level in NEEDED.items()
        if _LEVELS.index(grants.permissions.get(name, "none")) < _LEVELS.index(level)
    ]
    missing = sorted(EVENTS - set(grants.events))
    if short or missing:
        wanted = [f"permission {one}" for one in short] + [f"event {one}" for one in missing]
        raise LockbotError(f"the App lacks {', '.join(wanted)}; add them on its settings page")
    return ", ".join(f"{name} {level}" for name, level in sorted(NEEDED.items()))


def _check_database(settings: Settings) -> str:
    url = settings.get_database_url()
    engine = open_engine(url)
    migrate(url)
    registry = Registry(engine)
    registry.create_tables()
    return f"{engine.dialect.name}, {len(registry.list_repositories())} repositories known"


def _check_index(settings: Settings) -> str:
    with open_index(settings) as index:
        page = index.get_page(Index(url=PYPI_URL, default=True), "packaging")
    if page is None:
        raise LockbotError("PyPI does not know the package 'packaging': is something else answering in its place?")
    return "PyPI answers"
