"""A browser that tests look through: pages in light, dark or narrow, with scripts or without, and what they complain of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import uvicorn
from starlette.types import ASGIApp

from bot.web.listening import Address, make_listener
from tests.runs.server import eventually, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

#: The least that pages must fit into, and a common width.
NARROW, WIDE = 360, 1280
#: Flags that keep the browser from asking its maker for anything, and let it run in a container as root.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How a page is looked at."""

    scheme: Scheme = "light"
    width: int = WIDE
    height: int = 800
    javascript: bool = True

    @property
    def name(self) -> str:
        return "narrow" if self.width == NARROW else self.scheme


#: In each of these a page has to be readable.
SIGHTS = (Sight(), Sight(scheme="dark"), Sight(width=NARROW), Sight(width=NARROW, scheme="dark"))


@contextmanager
def launch() -> Iterator[Browser]:
    # Here and not above: the daily run collects these tests, and does without what drives browsers.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Looking:
    """``complaints``: what browsers wrote to their consoles, refused by a content policy among it, and scripts that failed."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, sight: Sight = Sight()) -> Page:
        """A new page of a browser that nobody used before: no cookies, no cache."""
        context = self.browser.new_context(
            color_scheme=sight.scheme,
            viewport={"width": sight.width, "height": sight.height},
            java_script_enabled=sight.javascript,
            reduced_motion="reduce",
        )
        self.contexts.append(context)
        context.on("console", lambda message: self._note(message.type, message.text))
        context.on("weberror", lambda failed: self._note("error", str(failed.error)))
        return context.new_page()

    def look_at(self, url: str, sight: Sight = Sight()) -> Page:
        page = self.open(sight)
        page.goto(url)
        return page

    def forget(self) -> None:
        """What was complained of so far was meant."""
        self.complaints.clear()

    def close(self) -> None:
        for one in self.contexts:
            one.close()
        assert self.complaints == [], self.complaints

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


def check_fits(page: Page) -> None:
    """Nothing of the page lies beside the window: it is never scrolled sideways as a whole."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window}"


@contextmanager
def served(app: ASGIApp, port: int | None = None) -> Iterator[str]:
    """The application on a port of this machine; gives its address. It is driven in a thread as the real one is."""
    port = port or free_port()
    server: uvicorn.Server = make_listener(app, Address(host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run, name="served", daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, "the application is served", patience=20)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


Serve = Callable[[ASGIApp], str]
