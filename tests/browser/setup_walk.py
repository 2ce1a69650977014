"""A person who sets a server up in a real browser, from the printed address to the first pull request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.github import Hub
from tests.github.model import Repository
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually
from tests.runs.setting_up import begin, empty_server
from tests.runs.test_real_pipeline import Scene

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Hears of each page: its name, and the page as it stands.
Look = Callable[[str, "Page"], None]


@dataclass(kw_only=True)
class Stage:
    """An empty server, a GitHub with one repository, and an index that has something newer. ``seconds`` since the server
    was started, by what was reached then."""

    hub: Hub
    server: Server
    repository: Repository
    started: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    def begin(self) -> str:
        self.started = time.monotonic()
        address = begin(self.server)
        self.note("the server prints its address")
        return address

    def note(self, what: str) -> None:
        self.seconds[what] = time.monotonic() - self.started


@contextmanager
def empty_stage(folder: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        hub = stack.enter_context(Hub(folder / "hub"))
        index = stack.enter_context(IndexServer())
        for package in ("alpha", "beta", "gamma"):
            index.release(package, "1.0")
            index.release(package, "2.0")
        server = empty_server(hub, folder / "server")
        one = Stage(hub=hub, server=server, repository=Scene(hub, index, server).add_repository("app"))
        yield one
        if server.process is not None and server.process.poll() is None:
            assert server.stop() == 0
            assert "Traceback" not in server.log(), server.log()


def walk(stage: Stage, page: Page, look: Look, *, name: str = "lockbot-of-octo") -> None:
    """All that a person clicks and types."""
    page.goto(stage.begin())
    look("begin", page)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("radio", name="GitHub Enterprise Server").check()
    page.get_by_label("Its web address").fill(stage.hub.url)
    page.get_by_label("The App's name").fill(name)
    look("choose", page)
    page.get_by_role("button", name="Go on").click()
    look("register", page)
    page.get_by_role("button", name="Register on").click()
    stage.note("GitHub asks for the App's name")
    page.get_by_role("button", name="Create GitHub App").click()
    page.get_by_role("heading", name=f"Install {name}").wait_for()
    stage.note("the App is stored, the server in service")
    page.get_by_text("Yes: a message has arrived").wait_for()
    look("install", page)
    page.get_by_role("link", name="Install on GitHub").click()
    page.get_by_role("button", name="Install").click()
    page.get_by_text("Yes: it is at work").wait_for()
    stage.note("the first message of the installation arrives")
    look("installed", page)
    eventually(lambda: next(iter(stage.repository.pulls.values()), None), "a pull request is opened")
    stage.note("the first pull request is open")
