"""The status pages in a real browser: readable by everybody, usable by keyboard, alive, and with nothing that the content
policy had to stop.

The person begins at the server, signs in on GitHub's page (its stand-in's), and comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.web.pages import live
from tests.browser.axe import check_accessible
from tests.browser.looking import SIGHTS, Looking, check_fits, served
from tests.browser.looking import Sight as Look
from tests.browser.status_site import PATHS, fill, path_to, sign_in
from tests.runs.server import free_port
from tests.web.facts import sample_run
from tests.web.site import MovedClock, Site, made_site

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with something of everything; the time is the browser's, so that cookies last."""
    port = free_port()
    clock = MovedClock(moment=datetime.now(UTC))
    folder = tmp_path_factory.mktemp("pages")
    with capture_logs(), made_site(folder, public=f"http://localhost:{port}", clock=clock) as site:
        fill(site)
        with served(site.app, port):
            yield site


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda one: f"{one.scheme}-{one.width}")
def test_every_page_is_readable_by_everybody(shared: Site, looking: Looking, sight: Look) -> None:
    page = looking.look_at(f"{shared.public}/", sight)
    check_accessible(page)
    check_fits(page)
    page = sign_in(looking, shared, sight=sight)
    for name in PATHS:
        page.goto(shared.public + path_to(shared, name))
        check_accessible(page)
        check_fits(page)
        for summary in page.locator("summary").all():
            summary.click()
        check_accessible(page)
        check_fits(page)
        looking.complaints[:] = [one for one in looking.complaints if name != "missing" or "404" not in one]
    page.goto(f"{shared.public}/repositories/octo/broken")
    check_accessible(page)
    check_fits(page)
    page.goto(f"{shared.public}/sign-in/callback?state=x")
    check_accessible(page)
    looking.complaints[:] = [one for one in looking.complaints if "400" not in one]


def test_everything_works_without_scripts(shared: Site, looking: Looking) -> None:
    page = sign_in(looking, shared, sight=Look(javascript=False))
    page.get_by_role("searchbox").fill("octo/a")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="octo/app").click()
    assert page.get_by_role("heading", name="octo/app", level=1).is_visible()
    page.get_by_role("link", name="Run").first.click()
    assert page.get_by_role("heading", name="Log").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{shared.public}/")
    assert page.get_by_role("link", name="Sign in with GitHub").is_visible()
    looking.forget()


def test_a_walk_by_keyboard(shared: Site, looking: Looking) -> None:
    """Each stop shows where one is, in the order of the page, and Enter does what a click would."""
    page = sign_in(looking, shared)
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => { const at = document.activeElement, shown = getComputedStyle(at);
            return [(at.getAttribute('aria-label') || at.textContent || at.name || '').trim(),
                    shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2]; }"""
        )
        stops.append(stop)
    assert [name for name, _ in stops[:8]] == [
        "Skip to the content",
        "lockbot",
        "Repositories",
        "Server",
        "Sign out",
        "q",
        "Search",
        "octo/app",
    ]
    assert all(is_shown for _, is_shown in stops[:8])
    page.keyboard.press("Home")
    page.get_by_role("link", name="octo/app").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/repositories/octo/app")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_landmarks_and_headings_tell_the_page(shared: Site, looking: Looking) -> None:
    page = sign_in(looking, shared)
    page.goto(f"{shared.public}/repositories/octo/app")
    roles = page.evaluate(
        "() => [...document.querySelectorAll('header, nav, main, footer')].map((one) => one.localName)"
    )
    assert roles == ["header", "nav", "main", "nav", "footer"]
    levels = page.evaluate("() => [...document.querySelectorAll('h1, h2, h3')].map((one) => +one.localName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.title() == "octo/app · lockbot"


def test_a_page_follows_what_happens(shared: Site, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    page = sign_in(looking, shared)
    page.goto(f"{shared.public}/repositories/octo/tools")
    field = page.locator("[data-field=activity]")
    assert field.inner_text() == "No job has ended here yet."
    number = next(one.id for one in shared.hub.repositories.values() if one.name == "tools")
    shared.database.registry.record_run(sample_run(number, shared.clock.now().timestamp(), outcome="<b>done</b>"))
    page.wait_for_function(
        "() => document.querySelector('[data-field=activity]').textContent.includes('<b>done</b>')",
        timeout=live.LiveLimits().every * 4000,
    )


def test_what_was_set_aside_is_tried_again_by_a_click(shared: Site, looking: Looking) -> None:
    page = sign_in(looking, shared)
    page.goto(f"{shared.public}/repositories/octo/app")
    page.get_by_role("button", name="Try again: octo/app").click()
    page.wait_for_url(f"{shared.public}/repositories/octo/app")
    assert page.get_by_role("button", name="Try again").count() == 0
    assert shared.queue.count_jobs()["set aside"] == 0


def test_a_form_of_another_site_changes_nothing_in_a_browser(shared: Site, looking: Looking, tmp_path: Path) -> None:
    """127.0.0.1 is another site than localhost: the cookie does not come along, and the form is refused."""
    page = sign_in(looking, shared)
    waiting = shared.queue.count_jobs()["waiting"]
    page.goto(f"{shared.hub.url}/nothing")
    page.set_content(
        f'<form method="post" action="{shared.public}/operators/retry"><input name="name" value="x"><button>Go</button></form>'
    )
    page.get_by_role("button", name="Go").click()
    page.wait_for_url(f"{shared.public}/")
    assert shared.queue.count_jobs()["waiting"] == waiting
    looking.forget()
