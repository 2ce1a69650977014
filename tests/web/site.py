"""A web process in front of a real job database and the stand-in for GitHub, and visitors with browsers of their own."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.types import ASGIApp

from bot.app.pages import make_pages
from bot.app.serve import Door
from bot.forge.github.webhooks.doorway import GitHubDoorway
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue.inbox import Inbox
from bot.jobs.queue.queue import JobQueue
from bot.ports.forge import RepositoryRef
from bot.settings import read_settings
from bot.web.metrics import Metrics
from bot.web.pages.state import LivingWorker
from bot.web.server import WebParts, WorkerCount, make_server
from tests.github import Hub
from tests.github.model import Repository

PUBLIC = "https://lockbot.example"
CALLBACK = f"{PUBLIC}/sign-in/callback"
START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@dataclass
class MovedClock:
    """Moves when it is told to."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Site:
    """``more``: settings that differ. Each call of ``start`` is a web process of its own on the same database."""

    hub: Hub
    folder: Path
    public: str = PUBLIC
    more: Mapping[str, object] = field(default_factory=dict)
    clock: MovedClock = field(default_factory=MovedClock)

    def __post_init__(self) -> None:
        self.hub.signing_in.callbacks = (f"{self.public}/sign-in/callback",)
        self.database: JobDatabase = open_database(f"sqlite:///{self.folder / 'jobs.sqlite'}")
        self.queue: JobQueue = self.database.open_queue(self.clock)
        self.inbox = Inbox(self.folder / "inbox.sqlite", self.queue, self.clock)
        self.app = self.start()

    def start(self, **more: object) -> ASGIApp:
        own = self.hub.signing_in
        given = {
            "github_url": self.hub.url,
            "client_id": own.client_id,
            "client_secret": own.client_secret,
            "public_url": self.public,
            "operators": "boss",
        }
        variables = {
            f"LOCKBOT_{name.upper()}": str(value or "") for name, value in (given | dict(self.more) | more).items()
        }
        with patch.dict(os.environ, variables):
            settings = read_settings()
        return make_server(
            WebParts(
                queue=Door(inbox=self.inbox, queue=self.queue, registry=self.database.registry, clock=self.clock),
                doorway=GitHubDoorway(secret="it is a secret to everybody"),
                metrics=Metrics(),
                count_workers=lambda: WorkerCount(running=2, restarts=1),
                version="1.2.3",
                list_workers=lambda: [
                    LivingWorker(name=name, seen=seen) for name, seen in self.database.registry.list_workers()
                ],
                pages=make_pages(settings, self.database, self.queue, self.clock),
            )
        )

    def close(self) -> None:
        self.queue.close()
        self.database.engine.dispose()

    def know(self, *repositories: Repository) -> None:
        """The job database has heard of them."""
        for one in repositories:
            installation = next(each.id for each in self.hub.installations.values() if one.id in each.repositories)
            ref = RepositoryRef(installation=installation, id=one.id, owner=one.owner.login, name=one.name)
            self.database.registry.remember([ref], self.clock.now())

    def visit(self) -> Visitor:
        return Visitor(self)


@contextmanager
def made_site(folder: Path, **more: object) -> Iterator[Site]:
    with Hub(folder / "hub") as hub:
        site = Site(hub=hub, folder=folder, **more)  # type: ignore[arg-type]
        try:
            yield site
        finally:
            site.close()


@dataclass
class Visitor:
    """A person with a browser: cookies are kept, redirects are followed when asked for."""

    site: Site
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, *, app: ASGIApp | None = None, **more: object) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=app or self.site.app)
            async with httpx.AsyncClient(
                transport=transport, base_url=self.site.public, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **more)  # type: ignore[arg-type]
                self.cookies = client.cookies
                return answer

        return asyncio.run(go())

    def get(self, path: str, **more: object) -> httpx.Response:
        return self.ask("GET", path, **more)  # type: ignore[arg-type]

    def go_to_github(self, path: str = "/sign-in", *, app: ASGIApp | None = None) -> dict[str, str]:
        """What GitHub is asked for."""
        sent = self.get(path, app=app)
        assert sent.status_code == 303
        address = urlsplit(sent.headers["location"])
        assert f"{address.scheme}://{address.netloc}" == self.site.hub.url
        return dict(parse_qsl(address.query))

    def click(self, asked: Mapping[str, str], login: str) -> str:
        """On GitHub's page; the path that the person is sent back to."""
        answer = httpx.post(f"{self.site.hub.url}/login/oauth/authorize", data={**asked, "as": login})
        assert answer.status_code == 302
        where = urlsplit(answer.headers["location"])
        assert f"{where.scheme}://{where.netloc}" == self.site.public
        return f"{where.path}?{where.query}"

    def sign_in(self, login: str, path: str = "/sign-in", *, app: ASGIApp | None = None) -> httpx.Response:
        self.site.hub.add_account(login)
        return self.get(self.click(self.go_to_github(path, app=app), login), app=app)

    def find_token(self, path: str = "/") -> str:
        """What stands in the forms of this person's pages."""
        found = re.search(r'name="token" value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, **form: str) -> httpx.Response:
        return self.ask("POST", path, data=form)

    @property
    def session(self) -> str | None:
        return self.cookies.get("__Host-lockbot")
