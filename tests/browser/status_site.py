"""A server whose status pages have something of everything, and the way into them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bot.jobs.database.tables import LEDGER
from bot.work.records.record import Budget, Sight
from tests.browser.looking import Looking
from tests.browser.looking import Sight as Look
from tests.web.facts import BASE, hostile_facts, sample_run, sample_sight
from tests.web.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATHS = {
    "overview": "/",
    "search": "/?q=nothing",
    "repository": "/repositories/octo/app",
    "new": "/repositories/octo/tools",
    "run": "/repositories/octo/app/run?",
    "missing": "/repositories/octo/none",
    "operators": "/operators",
}


def fill(site: Site) -> str:
    now, registry = site.clock.now().timestamp(), site.database.registry
    for name in ("octo/app", "octo/tools", "octo/broken"):
        repository = site.hub.add_repository(name, {"pyproject.toml": ""})
        site.hub.add_collaborator(repository, "boss", "admin")
        site.hub.install(repository)
        site.know(repository)
    ids = {one.name: one.id for one in site.hub.repositories.values()}
    registry.record_sight(ids["app"], sample_sight(now - 200))
    for at, (outcome, note) in enumerate(
        [
            ("done", "lockbot/jinja2 opened, lockbot/all-non-major refreshed"),
            ("put off", "put off for 5 s: GitHub answered 502"),
            ("failed", "unexpected failure"),
        ]
    ):
        registry.record_run(sample_run(ids["app"], now - 200 - at * 900, outcome=outcome, note=note))
    registry.record_sight(
        ids["broken"], Sight(base=BASE, moment=now, facts=hostile_facts("<b>&amp; 'x' \"y\" ☃ " + "w" * 80))
    )
    registry.beat("9f31c0a77d52e8b4:0", now)
    registry.record_budgets(
        [Budget(installation=7, account="", resource="core", allowed=5000, remaining=4321, moment=now)]
    )
    row = {
        "repository": "octo/app",
        "head": BASE,
        "begun": 2,
        "moment": now - 500,
        "reason": "memory ended",
        "set_aside": True,
    }
    with site.database.engine.begin() as connection:
        connection.execute(LEDGER.insert().values(row))
    return sample_run(ids["app"], now - 200).job


def path_to(site: Site, name: str) -> str:
    path = PATHS[name]
    if name != "run":
        return path
    number = next(one.id for one in site.hub.repositories.values() if one.name == "app")
    return path + urlencode({"job": site.database.registry.list_runs(number)[0].job})


def sign_in(looking: Looking, site: Site, login: str = "boss", sight: Look = Look()) -> Page:  # noqa: B008
    page = looking.look_at(f"{site.public}/", sight)
    # Who is not signed in is told so by the answer's status, which a browser writes down.
    looking.forget()
    page.get_by_role("link", name="Sign in with GitHub").click()
    page.get_by_role("button", name=f"Authorize as {login}", exact=True).click()
    page.wait_for_url(f"{site.public}/")
    return page
