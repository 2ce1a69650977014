"""Pictures of the status pages for the documents: light, dark and narrow, from a server with sample data.

    python -m bench.page_pictures [NAME …]

Needs what the tests in a browser need (``.ci/browser``, ``uv sync --group browser``). GitHub is its stand-in. With Pillow and
zopfli at hand (``uv run --with pillow --with zopfli``) pictures get a palette and are a fifth smaller.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from bench.pictures import shrink
from tests.browser.looking import FLAGS, NARROW, Looking, Sight, served
from tests.browser.status_site import fill, path_to, sign_in
from tests.runs.server import free_port
from tests.web.site import MovedClock, Site, made_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SIGHTS = (Sight(width=1000, height=700), Sight(width=1000, height=700, scheme="dark"), Sight(width=NARROW, height=700))
#: Pages by the name of their picture; the last number is how much of a page is shown, in pixels.
SHOWN: Mapping[str, tuple[str, int]] = {
    "welcome": ("", 500),
    "overview": ("overview", 700),
    "repository": ("repository", 2300),
    "job": ("run", 1100),
    "operators": ("operators", 1100),
}


def main(names: list[str]) -> None:
    port = free_port()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        clock = MovedClock(moment=datetime.now(UTC))
        with made_site(Path(folder), public=f"http://localhost:{port}", clock=clock) as site, served(site.app, port):
            fill(site)
            for sight in SIGHTS:
                draw_all(Looking(browser=browser), site, sight, names)
        browser.close()


def draw_all(looking: Looking, site: Site, sight: Sight, names: list[str]) -> None:
    page = looking.look_at(f"{site.public}/", sight)
    if not names or "welcome" in names:
        draw(page, f"page-welcome-{sight.name}", sight, SHOWN["welcome"][1])
    page = sign_in(looking, site, sight=sight)
    for name, (place, height) in SHOWN.items():
        if place and (not names or name in names):
            page.goto(site.public + path_to(site, place))
            draw(page, f"page-{name}-{sight.name}", sight, height)
    looking.forget()
    looking.close()


def draw(page: Page, name: str, sight: Sight, most: int) -> None:
    whole = page.evaluate("() => Math.ceil(document.documentElement.getBoundingClientRect().height)")
    height = min(whole, most)
    page.set_viewport_size({"width": sight.width, "height": height})
    target = PICTURES / f"{name}.png"
    page.screenshot(path=str(target))
    shrink(target, 96)
    print(f"{target.relative_to(PICTURES.parent)}: {sight.width} x {height}, {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
