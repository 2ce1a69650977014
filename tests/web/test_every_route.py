"""What holds at every address of the server, those that are added later too: they are asked of the application itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.jobs.database.tables import LEDGER
from bot.web.html.headers import SecurityHeaders
from bot.web.signin.sessions import CHECKED
from tests.github.wire import Reply
from tests.web.site import Site, Visitor, made_site

#: What a path's parts are filled with: a repository that the person may write to.
PARTS = {"{owner}": "octo", "{name}": "app", "{number:int}": "NUMBER"}
#: Asked by programs, and proven otherwise.
BY_PROGRAMS = {"/webhook", "/healthz", "/readyz", "/metrics"}
#: What anybody may see.
OPEN = {"/sign-in", "/sign-in/callback", "/installed", "/assets/{name}"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with capture_logs(), made_site(tmp_path) as one:
        repository = one.hub.add_repository("octo/app", {"pyproject.toml": ""})
        one.hub.add_collaborator(repository, "boss", "admin")
        one.hub.install(repository)
        one.know(repository)
        set_aside(one)
        yield one


def set_aside(site: Site) -> None:
    """There is something to be tried again."""
    row = {"repository": "octo/app", "head": "f" * 40, "begun": 2, "moment": 1.0, "reason": "x", "set_aside": True}
    with site.database.engine.begin() as connection:
        connection.execute(LEDGER.delete())
        connection.execute(LEDGER.insert().values(row))


def list_routes(site: Site, method: str) -> list[str]:
    """The paths of the application, filled in."""
    assert isinstance(site.app, SecurityHeaders)
    inner = site.app._app
    assert isinstance(inner, Starlette)
    (number,) = [one.id for one in site.hub.repositories.values()]
    found = [one for one in inner.routes if isinstance(one, Route) and method in (one.methods or ())]
    paths = []
    for one in found:
        if one.path not in BY_PROGRAMS:
            path = one.path
            for part, value in PARTS.items():
                path = path.replace(part, value)
            paths.append(path.replace("NUMBER", str(number)))
    assert len(paths) >= 3, "nobody looks at nothing"
    return paths


def signed_in(site: Site) -> Visitor:
    visitor = site.visit()
    visitor.sign_in("boss")
    return visitor


#: Of a session: when it was used, and when the forge was asked for it.
NOTED = {"used", "checked", "version"}


def read_database(site: Site) -> list[object]:
    """All that pages change but what is noted of a session."""
    tables = sa.MetaData()
    tables.reflect(site.database.engine, only=lambda name, _: name.startswith("lockbot_"))
    with site.database.engine.connect() as connection:
        return [
            [tuple(row) for row in connection.execute(sa.select(*(one for one in table.c if one.name not in NOTED)))]
            for table in tables.sorted_tables
        ]


FORMS = {
    "without a token": ({}, {}),
    "with a token that was made up": ({"token": "made-up"}, {}),
    "with somebody else's token": ({"token": "OTHER"}, {}),
    "with the own token, from another site": ({"token": "OWN"}, {"Sec-Fetch-Site": "cross-site"}),
    "with the own token, from a neighbour": ({"token": "OWN"}, {"Sec-Fetch-Site": "same-site"}),
    "with the own token in the address": ({}, {}),
    "as JSON": ({"token": "OWN"}, {"Content-Type": "application/json"}),
}


def test_no_form_of_elsewhere_changes_anything(site: Site) -> None:
    boss, other = signed_in(site), site.visit()
    other.sign_in("mallory")
    own, others = boss.find_token(), other.find_token()
    before = read_database(site)
    for path, how in product(list_routes(site, "POST"), FORMS):
        form, headers = FORMS[how]
        filled = {name: {"OWN": own, "OTHER": others}.get(value, value) for name, value in form.items()}
        address = f"{path}?token={own}" if "address" in how else path
        answer = boss.ask("POST", address, data=filled | {"name": "octo/app"}, headers=headers)
        assert answer.status_code in (400, 403), (path, how)
        assert read_database(site) == before, (path, how)
    assert boss.get("/").status_code == 200


def test_a_form_of_ours_changes_something_at_each_of_them(site: Site) -> None:
    """So that the others prove something."""
    for path in sorted(list_routes(site, "POST"), key=lambda one: one == "/sign-out"):
        boss = signed_in(site)
        set_aside(site)
        before = read_database(site)
        assert boss.post(path, token=boss.find_token(), name="octo/app").status_code == 303, path
        assert read_database(site) != before, path


def test_no_address_changes_anything_by_being_opened(site: Site) -> None:
    """A picture on another page, a link that is looked at in advance."""
    boss = signed_in(site)
    before = read_database(site)
    for path in (*list_routes(site, "POST"), *list_routes(site, "GET")):
        if "live" not in path:
            for method in ("GET", "HEAD"):
                boss.ask(method, f"{path}?token={boss.find_token()}&name=octo/app")
    assert read_database(site) == before
    assert boss.get("/").status_code == 200


@pytest.mark.parametrize("who", ["signed in", "nobody"])
def test_nobody_on_the_way_keeps_what_one_person_sees(site: Site, who: str) -> None:
    visitor = signed_in(site) if who == "signed in" else site.visit()
    for path in list_routes(site, "GET"):
        if "live" not in path:
            answer = visitor.get(path)
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["referrer-policy"] == "no-referrer", path
            assert answer.headers["x-frame-options"] == "DENY", path
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
    for method, path in (("GET", "/none"), ("DELETE", "/"), ("POST", "/")):
        assert visitor.ask(method, path).headers["cache-control"] == "no-store"


def test_who_is_not_signed_in_sees_nothing_anywhere(site: Site) -> None:
    visitor = site.visit()
    for path in list_routes(site, "GET"):
        answer = visitor.get(path)
        if not path.startswith(("/sign-in", "/installed", "/assets")):
            assert answer.status_code == 401, path
        assert "octo/app" not in answer.text.replace("octo%2Fapp", ""), path


def test_before_a_change_github_is_asked_and_without_its_answer_nothing_is_changed(site: Site) -> None:
    """Within the five minutes for which what one may see is known."""
    boss = signed_in(site)
    token, before = boss.find_token(), read_database(site)
    for path in list_routes(site, "POST"):
        if path != "/sign-out":
            asked = len(site.hub.seen)
            site.hub.fail_next(r"GET /api/v3/user$", Reply(status=502))
            assert boss.post(path, token=token, name="octo/app").status_code == 503, path
            assert len(site.hub.seen) > asked
    assert read_database(site) == before


def test_a_suspended_installation_shows_and_changes_nothing(site: Site) -> None:
    """At once for a change, after five minutes for what is seen."""
    visitor = site.visit()
    (repository,) = site.hub.repositories.values()
    site.hub.add_collaborator(repository, "dana", "write")
    visitor.sign_in("dana")
    token = visitor.find_token()
    for one in site.hub.installations.values():
        one.suspended = True
    assert visitor.post("/repositories/octo/app/retry", token=token, name="octo/app").status_code == 404
    site.clock.wait(CHECKED)
    assert visitor.get("/repositories/octo/app").status_code == 404
    assert "octo/app" not in visitor.get("/").text
