"""Set-up in a real browser, from the first address to the first pull request: for everybody, also without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.web.setup.arrivals import Arrivals
from bot.web.setup.edge import Halted, NotKept, NotRegistered
from bot.web.setup.site import SetupSite
from tests.browser.axe import check_accessible
from tests.browser.looking import SIGHTS, Looking, Serve, Sight, check_fits
from tests.browser.setup_walk import Stage, empty_stage, walk
from tests.web.setup.test_site import REGISTERED, SECRET, Edge

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with empty_stage(tmp_path) as one:
        yield one


def check_all_sights(_name: str, page: Page, sights: tuple[Sight, ...] = SIGHTS) -> None:
    """The same page as it is seen light, dark and narrow."""
    for sight in sights:
        page.emulate_media(color_scheme=sight.scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": sight.width, "height": sight.height})
        check_accessible(page)
        check_fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_from_the_printed_address_to_the_first_pull_request(stage: Stage, looking: Looking) -> None:
    page = looking.open()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.url} {request.headers.get('referer', '')}"))
    failed: list[tuple[int, str]] = []
    page.on("response", lambda one: failed.append((one.status, one.url)) if one.status >= 400 else None)
    walk(stage, page, check_all_sights)
    assert stage.repository.pulls[1].author.login == "lockbot-of-octo[bot]"
    # No address with a secret or a code in it is told to anybody, GitHub included.
    assert [one for one in requests if "secret=" in one.partition(" ")[2] or "code=" in one.partition(" ")[2]] == []
    assert [one for one in requests if not one.startswith((stage.hub.url, stage.server.url, "data:"))] == []
    assert "code=" not in page.url
    assert looking.complaints == []
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("link", name="Sign in").first.click()
    # The App that was made signs people in too: nothing more has to be set.
    stage.repository.permissions["octo"] = "admin"
    page.get_by_role("button", name="Authorize as octo", exact=True).click()
    page.get_by_role("link", name="octo/app").first.wait_for()
    # A browser notes each of these: whoever has not signed in is told so with 401.
    assert [one for one in failed if one[1].startswith(stage.server.url)] == [(401, f"{stage.server.url}/")]
    looking.forget()
    assert stage.seconds["the first pull request is open"] < 300


def test_without_scripts_the_page_looks_again_by_itself(stage: Stage, looking: Looking) -> None:
    page = looking.open(Sight(javascript=False))
    seen: list[str] = []
    walk(stage, page, lambda name, _page: seen.append(name))
    assert seen == ["begin", "choose", "register", "install", "installed"]


HALT = Halted(reason="403 Forbidden", registered=REGISTERED, secret_file="/var/lib/lockbot/setup-begun/webhook-secret")
KEPT = "/var/lib/lockbot/setup-begun"


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        (Edge(answers=[HALT]), "set the secret by hand"),
        (Edge(answers=[NotRegistered(reason="no key", is_spent=True, kept_in=KEPT)]), "two ways on"),
        (Edge(not_kept=[NotKept(reason="no space left", kept_in=KEPT)]), "kept in"),
    ],
    ids=["halted", "of no use", "not stored"],
)
def test_what_ends_it_on_the_way_can_be_read_by_everybody(
    serve: Serve, looking: Looking, edge: Edge, words: str
) -> None:
    site = SetupSite(edge, SECRET, Arrivals())
    page = looking.look_at(f"{serve(site)}/setup?secret={SECRET}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("This server's address").fill("https://lockbot.example.org")
    page.get_by_label("The App's name").fill("x")
    page.get_by_role("button", name="Go on").click()
    state = re.search(r"state=([\w-]+)", page.content())
    assert state is not None
    page.goto(f"{page.url}/created?code=0123456789&state={state[1]}")
    assert words in page.content()
    check_all_sights("", page, (SIGHTS[-1],))


def test_what_is_wrong_is_said_beside_its_field(stage: Stage, looking: Looking) -> None:
    page = looking.look_at(stage.begin())
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("radio", name="an organisation").check()
    page.get_by_label("This server's address").fill("http://localhost:8080")
    page.get_by_label("The App's name").fill("x")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("alert").wait_for()
    described = page.get_by_label("The organisation's name").get_attribute("aria-describedby")
    assert described == "organization-problem"
    assert "GitHub can't reach this machine" in page.locator("#address-problem").inner_text()
    check_all_sights("wrong", page)
    looking.forget()
