"""Set-up's edge: GitHub, the data folder, the job database and the server that begins when all is there."""

from __future__ import annotations

import os
from contextlib import suppress

from bot.app.edges import make_app_client
from bot.app.registered import remember_app
from bot.app.setup.attempts import Attempts
from bot.app.setup.surroundings import Surroundings
from bot.app.setup.terms import (
    list_variables,
    want,
)
from bot.disk import find_nearest
from bot.errors import InputError, LockbotError
from bot.forge.github.grants import EVENTS, NEEDED
from bot.forge.github.registering.hook import fetch_sent
from bot.forge.github.registering.manifest import render_manifest
from bot.jobs.opening import open_database
from bot.jobs.setups import look_at_database
from bot.ports.forge import ForgeError
from bot.report.setup import render_kubernetes_secret, tell_none_sent, tell_sent, tell_unasked
from bot.settings import Registration, Settings, find_stored, read_server_settings, store
from bot.web.setup.edge import (
    Application,
    Choice,
    Fixed,
    Form,
    NotKept,
    Outcome,
    Unfinished,
)


class Registrar:
    """Implements ``bot.web.setup.edge.SetupEdge``. Used from one thread at a time, but for ``describe_sent``."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._attempts = Attempts(settings.data_dir, surroundings, self._check_free)
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

    def make_form(self, choice: Choice, state: str) -> Form:
        wanted = want(choice)
        return Form(
            address=wanted.find_form(state),
            manifest=render_manifest(wanted),
            permissions=dict(sorted(NEEDED.items())),
            events=tuple(sorted(EVENTS)),
        )

    def register(self, choice: Choice, code: str) -> Outcome:
        return self._attempts.register(choice, code)

    def complete(self) -> Outcome:
        return self._attempts.complete()

    def find_unfinished(self) -> Unfinished | None:
        return self._attempts.find_unfinished()

    def _check_free(self) -> None:
        """Before the code is spent: whether what comes of it could be stored."""
        if look_at_database(self._settings.get_database_url()).set_up:
            raise InputError("another process has set an App up for this job database", hint="stop this one")
        if find_stored(self._settings.data_dir) is not None:
            raise InputError(
                f"{self.folder}: an App is stored there already", hint="stop this server and start it again"
            )

    # --- what is kept -----------------------------------------------------------------------------

    def keep(self) -> NotKept | None:
        one = self._attempts.registration
        if one is None:
            return None
        try:
            self._check_alone(one)
            store(self._settings.data_dir, one)
            self._remember(one)
        except (OSError, LockbotError) as error:
            reason = f"{self.folder}: {error.strerror}" if isinstance(error, OSError) else str(error)
            return NotKept(reason=reason, kept_in=self._attempts.kept_in)
        self._attempts.end()
        return None

    def _check_alone(self, one: Registration) -> None:
        known = look_at_database(self._settings.get_database_url()).set_up
        others = [other for other in known if other.app_id != one.app_id]
        if others:
            raise InputError(
                f"another process has set the App {others[0].slug} up for this job database meanwhile",
                hint=f"stop this one, and delete {one.slug} on GitHub",
            )

    def render_secret(self) -> str | None:
        one = self._attempts.registration
        if one is None:
            return None
        with suppress(LockbotError):
            # A database that lasts remembers; one that goes with the container has nothing to tell.
            self._remember(one)
        self._attempts.end()
        return render_kubernetes_secret(list_variables(one))

    def _remember(self, one: Registration) -> None:
        database = open_database(self._settings.get_database_url())
        try:
            remember_app(database, one, self._surroundings.now())
        finally:
            database.engine.dispose()

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
