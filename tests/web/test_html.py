"""Templates, assets and headers: what keeps pages harmless whatever is put into them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from jinja2 import UndefinedError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.html.assets import Assets
from bot.web.html.headers import render_policy
from bot.web.html.rendering import Templates
from bot.web.html.site import make_site
from bot.web.pages.routes import make_templates

WEB = Path(__file__).resolve().parents[2] / "bot" / "web"
TEMPLATES = sorted(WEB.rglob("templates/**/*.html"))


async def _plain(_request: Request) -> Response:
    return PlainTextResponse("plain")


async def _broken(_request: Request) -> Response:
    raise ValueError("broken")


async def _page(_request: Request) -> Response:
    return make_templates(Assets()).respond(
        "welcome.html", form_targets=("https://github.example",), me=None, can_sign_in=False, target="/"
    )


def ask(path: str) -> httpx.Response:
    site = make_site([Route("/plain", _plain), Route("/broken", _broken), Route("/page", _page)], Assets())

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lockbot") as client:
            return await client.get(path)

    return asyncio.run(go())


@pytest.mark.parametrize("path", ["/plain", "/page", "/missing", "/broken", "/assets/style.css", "/assets/missing"])
def test_every_answer_bears_the_headers(path: str) -> None:
    headers = ask(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]


def test_a_page_may_load_what_is_the_servers_own_and_nothing_inline() -> None:
    answer = ask("/page")
    policy = answer.headers["content-security-policy"]
    assert policy == render_policy("https://github.example")
    assert "form-action 'self' https://github.example;" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_an_asset_is_kept_under_the_address_that_pages_name() -> None:
    address = Assets().get_address("style.css")
    named, unnamed, old = ask(address), ask("/assets/style.css"), ask("/assets/style.css?0123456789abcdef")
    assert named.headers["content-type"].startswith("text/css")
    assert "immutable" in named.headers["cache-control"]
    assert unnamed.headers["cache-control"] == old.headers["cache-control"] == "no-cache"
    assert ask("/assets/..%2Frendering.py").status_code == ask("/assets/nothing.js").status_code == 404


def test_what_is_put_into_a_template_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "__init__.py").write_text("")
    text = '{% extends "layout.html" %}{% block main %}<p title="{{ it }}">{{ it }}</p>{% endblock %}'
    (room / "templates" / "one.html").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    templates = Templates("room", Assets())
    page = templates.render("one.html", it="""<script>alert(1)</script>"' onload=""")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onload=" in page
    with pytest.raises(UndefinedError):
        templates.render("one.html")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_takes_the_guard_down(path: Path) -> None:
    """No unescaped value, and nothing inline that the content policy would refuse."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text, re.IGNORECASE)
    # A value beside no quotes could end its attribute.
    assert not re.search(r"=\{\{", text)


def test_the_layout_has_landmarks_and_a_way_past_them() -> None:
    page = ask("/page").text
    assert '<html lang="en">' in page
    assert '<a class="skip" href="#main">' in page
    for landmark in ("<header", '<main id="main"', "<footer"):
        assert page.count(landmark) == 1
