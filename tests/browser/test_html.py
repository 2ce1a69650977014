"""What all pages share, seen by a browser."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.web.html.assets import Assets
from bot.web.html.headers import render_policy
from bot.web.html.site import make_site
from bot.web.pages.routes import make_templates
from bot.web.pages.welcome import Welcome
from tests.browser.axe import check_accessible
from tests.browser.looking import SIGHTS, Looking, Serve, Sight, check_fits

pytestmark = pytest.mark.browser

_HOSTILE = """<!doctype html><html lang="en"><head><title>hostile</title></head><body>
<p id="styled" style="color: rgb(1, 2, 3)">text</p><img src="data:image/png;base64,AAAA" alt="" onerror="document.title='ran'">
<script>document.title = 'ran'</script></body></html>"""
_UNREADABLE = (
    """<!doctype html><html><head><title></title></head><body><img src="/assets/icon.svg"><input></body></html>"""
)


async def _hostile(_request: Request) -> Response:
    return HTMLResponse(_HOSTILE, headers={"Content-Security-Policy": render_policy()})


async def _unreadable(_request: Request) -> Response:
    return HTMLResponse(_UNREADABLE, headers={"Content-Security-Policy": render_policy()})


@pytest.fixture
def site(serve: Serve) -> str:
    assets = Assets()
    welcome = Welcome(make_templates(assets))
    routes = [Route("/", welcome.show), Route("/hostile", _hostile), Route("/unreadable", _unreadable)]
    return serve(make_site(routes, assets))


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda one: f"{one.scheme}-{one.width}")
def test_the_first_page_is_readable_by_everybody(site: str, looking: Looking, sight: Sight) -> None:
    page = looking.look_at(f"{site}/", sight)
    check_accessible(page)
    check_fits(page)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_nothing_inline_runs_or_colours(site: str, looking: Looking) -> None:
    page = looking.look_at(f"{site}/hostile")
    assert page.title() == "hostile"
    colour = page.evaluate("() => getComputedStyle(document.getElementById('styled')).color")
    assert colour != "rgb(1, 2, 3)"
    assert any("Content Security Policy" in one for one in looking.complaints)
    looking.forget()


def test_a_page_that_nobody_can_read_is_complained_of(site: str, looking: Looking) -> None:
    page = looking.look_at(f"{site}/unreadable")
    with pytest.raises(AssertionError, match="image-alt") as raised:
        check_accessible(page)
    assert {"document-title", "html-has-lang", "label"} <= {word.strip(" (") for word in str(raised.value).split()}
    looking.forget()


def test_light_and_dark_are_the_readers_choice(site: str, looking: Looking) -> None:
    grounds = {
        scheme: looking.look_at(f"{site}/", Sight(scheme=scheme)).evaluate(
            "() => getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 20, 26)"}
