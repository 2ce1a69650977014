"""Set-up's edge: GitHub, the data folder, the job database and the server that begins when all is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.addresses import find_github_api
from bot.app.edges import make_app_client
from bot.app.registered import remember_app
from bot.app.setup.mode import MARK
from bot.disk import find_nearest
from bot.errors import LockbotError
from bot.forge.github.grants import EVENTS, NEEDED
from bot.forge.github.registering.conversion import Converted, convert
from bot.forge.github.registering.hook import fetch_sent
from bot.forge.github.registering.manifest import Wanted, render_manifest
from bot.jobs.opening import open_database
from bot.jobs.setups import look_at_database
from bot.ports.forge import ForgeError, ForgeNotFound, ForgeUnavailable
from bot.proxies import read_proxies
from bot.report.setup import render_kubernetes_secret, tell_none_sent, tell_sent, tell_unasked
from bot.settings import Registration, Settings, get_environment, read_server_settings, store
from bot.web.setup.edge import Application, Choice, Fixed, Form, NotKept, NotRegistered, Registered, Unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``learn`` hears of secrets, to keep them out of the log; ``begin`` makes the server of complete settings; ``now``
    counts seconds since the epoch."""

    learn: Callable[[str], None]
    begin: Callable[[Settings], Application]
    now: Callable[[], float]


class Registrar:
    """Implements ``bot.web.setup.edge.SetupEdge``. Used from one thread at a time, but for ``describe_sent``."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._registration: Registration | None = None
        self._live: Settings | None = None

    @property
    def folder(self) -> str:
        return str(self._settings.data_dir / "app")

    @property
    def fixed(self) -> Fixed:
        given = self._settings.model_fields_set
        return Fixed(
            github_url=self._settings.github_url if "github_url" in given else None,
            public_url=self._settings.public_url,
        )

    def find_trouble(self) -> str | None:
        """Looks without making anything."""
        nearest = find_nearest(self._settings.data_dir)
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return None
        return f"{nearest} may not be written to"

    # --- the App ----------------------------------------------------------------------------------

    def make_form(self, choice: Choice, state: str) -> Form:
        wanted = _want(choice)
        return Form(
            address=wanted.find_form(state),
            manifest=render_manifest(wanted),
            permissions=dict(sorted(NEEDED.items())),
            events=tuple(sorted(EVENTS)),
        )

    def register(self, choice: Choice, code: str) -> Registered | NotRegistered:
        try:
            if look_at_database(self._settings.get_database_url()).set_up:
                return NotRegistered(reason="another process has set an App up for this job database: stop this one")
            self._mark(choice)
            api_url = find_github_api(choice.github_url)
            made = convert(api_url, code, read_proxies(get_environment()).find(api_url))
        except ForgeNotFound:
            # Also what comes of an answer that was lost on its way: the code is spent then.
            return NotRegistered(
                reason="GitHub doesn't know the code (any more): it is good once, for an hour", is_spent=True
            )
        except ForgeUnavailable as error:
            return NotRegistered(reason=str(error), may_retry=True, is_spent=True)
        except ForgeError as error:
            return NotRegistered(reason=str(error), is_spent=True)
        except LockbotError as error:
            return NotRegistered(reason=str(error), may_retry=True)
        self._registration = _register(choice, made)
        self._learn(self._registration)
        return _describe(choice, made)

    def _learn(self, one: Registration) -> None:
        for secret in (one.webhook_secret, one.client_secret, one.private_key, *one.private_key.splitlines()[1:-1]):
            self._surroundings.learn(secret)

    # --- what is kept -----------------------------------------------------------------------------

    def keep(self) -> NotKept | None:
        if self._registration is None:
            return None
        try:
            store(self._settings.data_dir, self._registration)
            self._remember(self._registration)
        except (OSError, LockbotError) as error:
            return NotKept(reason=f"{self.folder}: {error.strerror}" if isinstance(error, OSError) else str(error))
        self._unmark()
        self._registration = None
        return None

    def render_secret(self) -> str | None:
        one, self._registration = self._registration, None
        if one is None:
            return None
        with suppress(LockbotError):
            # A database that lasts remembers; one that goes with the container has nothing to tell.
            self._remember(one)
        self._unmark()
        return render_kubernetes_secret(
            {
                "LOCKBOT_APP_ID": str(one.app_id),
                "LOCKBOT_CLIENT_ID": one.client_id,
                "LOCKBOT_CLIENT_SECRET": one.client_secret,
                "LOCKBOT_GITHUB_URL": one.github_url,
                "LOCKBOT_PRIVATE_KEY": one.private_key,
                "LOCKBOT_PUBLIC_URL": one.public_url,
                "LOCKBOT_WEBHOOK_SECRET": one.webhook_secret,
            }
        )

    def _remember(self, one: Registration) -> None:
        database = open_database(self._settings.get_database_url())
        try:
            remember_app(database, one, self._surroundings.now())
        finally:
            database.engine.dispose()

    # --- a try that does not end ------------------------------------------------------------------

    def find_unfinished(self) -> Unfinished | None:
        try:
            found = json.loads(self._mark_path.read_text("utf-8"))
            return Unfinished(name=str(found["name"]), settings_page=str(found["settings_page"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def _mark_path(self) -> Path:
        return self._settings.data_dir / MARK

    def _mark(self, choice: Choice) -> None:
        """From here on a code may be spent whose secrets nobody has: who starts the server again is told. Nothing secret."""
        with suppress(OSError):
            self._settings.data_dir.mkdir(parents=True, exist_ok=True)
            self._mark_path.write_text(json.dumps({"name": choice.name, "settings_page": _want(choice).settings_page}))

    def _unmark(self) -> None:
        with suppress(OSError):
            self._mark_path.unlink(missing_ok=True)

    # --- in service -------------------------------------------------------------------------------

    def go_live(self) -> Application:
        """Of what is stored: a start anew would find the same."""
        settings = read_server_settings()
        app = self._surroundings.begin(settings)
        self._live = settings
        return app

    def describe_sent(self) -> str:
        if self._live is None:
            return ""
        try:
            sent = fetch_sent(make_app_client(self._live))
        except ForgeError as error:
            return tell_unasked(str(error))
        if not sent:
            return tell_none_sent()
        last = sent[0]
        return tell_sent(last.event, last.moment, last.answer, last.status, is_good=last.is_good)


def _want(choice: Choice) -> Wanted:
    return Wanted(
        github_url=choice.github_url,
        organization=choice.organization,
        public_url=choice.public_url,
        name=choice.name,
    )


def _register(choice: Choice, made: Converted) -> Registration:
    return Registration(
        app_id=made.app_id,
        slug=made.slug,
        github_url=choice.github_url,
        public_url=choice.public_url,
        client_id=made.client_id,
        private_key=made.private_key,
        webhook_secret=made.webhook_secret,
        client_secret=made.client_secret,
    )


def _describe(choice: Choice, made: Converted) -> Registered:
    page = f"{_want(choice).settings_page}/{made.slug}"
    return Registered(
        slug=made.slug,
        install_page=f"{made.page}/installations/new",
        settings_page=page,
        deliveries_page=f"{page}/advanced",
    )
