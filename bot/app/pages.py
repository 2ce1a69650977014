"""The pages for people who sign in, wired to the forge and the job database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.forge.github.people.people import GitHubPeople, SignInAccess
from bot.forge.github.people.places import GitHubPlaces
from bot.jobs.database.sessions import SessionTable
from bot.jobs.opening import JobDatabase
from bot.jobs.operating import list_troubled, try_again
from bot.jobs.queue.queue import JobQueue
from bot.ports.steps import Clock
from bot.proxies import read_proxies
from bot.settings import Settings, get_environment
from bot.web.pages.routes import PagesParts
from bot.web.signin.cookies import Jar
from bot.web.signin.keys import Keys
from bot.web.signin.routes import SignInParts
from bot.web.signin.sessions import Sessions
from bot.web.signin.visitors import Visitors
from bot.work.records.record import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """Implements ``work.records.reading.TroublesPort``."""

    database: JobDatabase
    queue: JobQueue
    clock: Clock

    def list_troubled(self) -> Sequence[Trouble]:
        return list_troubled(self.database, self.queue)

    def try_again(self, name: str) -> str:
        return try_again(self.database, self.queue, name, self.clock.now())


def make_pages(settings: Settings, database: JobDatabase, queue: JobQueue, clock: Clock) -> PagesParts | None:
    """None where nobody can sign in, for want of one of the three settings."""
    if settings.client_id is None or settings.client_secret is None or settings.public_url is None:
        return None
    secret = settings.client_secret.get_secret_value()

    def now() -> float:
        return clock.now().timestamp()

    people = GitHubPeople(
        SignInAccess(
            web_url=settings.github_url,
            api_url=settings.api_url,
            client_id=settings.client_id,
            client_secret=secret,
            # Sign-in asks the web address, the rest its API: an operator has one way to both.
            proxy=read_proxies(get_environment()).find(settings.api_url),
        )
    )
    keys = Keys(secret, forge=settings.github_url, client=settings.client_id)
    sessions = Sessions(
        store=SessionTable(database.engine),
        people=people,
        keys=keys,
        operators=frozenset(settings.operators),
        now=now,
    )
    visitors = Visitors(sessions=sessions, jar=Jar(is_secure=settings.public_url.startswith("https://")))
    return PagesParts(
        sign_in=SignInParts(visitors=visitors, people=people, keys=keys, public_url=settings.public_url, now=now),
        records=database.registry,
        troubles=Troubles(database=database, queue=queue, clock=clock),
        places=GitHubPlaces(web_url=settings.github_url),
    )
