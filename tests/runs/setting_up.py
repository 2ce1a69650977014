"""A person who sets a server up: what they click, and what GitHub's pages do, without a browser."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import httpx

from tests.github import Hub
from tests.runs.server import Server, eventually, with_real_pipeline

NO_APP = dict.fromkeys(("LOCKBOT_APP_ID", "LOCKBOT_PRIVATE_KEY", "LOCKBOT_WEBHOOK_SECRET", "LOCKBOT_GITHUB_URL"), "")
ADDRESS = re.compile(r"^  (http\S+/setup\?secret=(\S+))$", re.MULTILINE)
FORM = re.compile(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", re.DOTALL)
HIDDEN = re.compile(r"<input type=\"hidden\" name=\"(\w+)\" value=\"([^\"]*)\">")


def empty_server(hub: Hub, folder: Path, **more: str) -> Server:
    """One that has nothing: no App, no data."""
    folder.mkdir(parents=True, exist_ok=True)
    return Server(
        hub, folder, with_real_pipeline, more=NO_APP | {"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8"} | more
    )


def begin(server: Server) -> str:
    """Start it; the address that it prints."""
    known = len(ADDRESS.findall(server.log())) if (server.folder / "log").exists() else 0
    hook = server.hub.webhook_url
    server.begin()
    # Where GitHub sends to is what the App's manifest says.
    server.hub.webhook_url = hook
    found = eventually(lambda: ADDRESS.findall(server.log())[known:], "an address is printed")
    eventually(lambda: server.get("/healthz")[0] == 200, "it listens")
    return str(found[-1][0])


@dataclass
class Person:
    """``address`` is the printed one. Redirects are followed by hand, so that each step is seen."""

    hub: Hub
    address: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def server(self) -> str:
        return self.address.partition("/setup")[0]

    def get(self, path: str = "/setup") -> httpx.Response:
        return self.client.get(urljoin(self.server, path))

    def submit(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """The form of a page that goes there, with what is hidden in it; the page that it leads to."""
        where, inside = next((where, inside) for where, inside in FORM.findall(page.text) if where.startswith(action))
        hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(inside)}
        target = urljoin(str(page.url), html.unescape(where))
        return self.follow(self.client.post(target, data=hidden | fields))

    def follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.status_code in (302, 303):
            answer = self.client.get(urljoin(str(answer.url), answer.headers["location"]))
        return answer

    def enter(self) -> httpx.Response:
        return self.submit(self.client.get(self.address), "/setup/begin")

    def choose(self, **fields: str) -> httpx.Response:
        asked = {
            "where": "other",
            "github": self.hub.url,
            "whom": "own",
            "address": self.server,
            "name": "lockbot-of-octo",
            "keep": "folder",
        }
        return self.submit(self.get(), "/setup/choose", **(asked | fields))

    def register(self, page: httpx.Response, name: str = "lockbot-of-octo") -> httpx.Response:
        """On GitHub's page, and back."""
        github = self.submit(page, self.hub.url)
        assert "Create GitHub App" in github.text, github.text
        return self.submit(github, "/settings/apps/create", name=name)

    def install(self, page: httpx.Response) -> httpx.Response:
        link = re.search(r'href="([^"]*/installations/new)"', page.text)
        assert link is not None, page.text
        answer = self.client.post(html.unescape(link[1]))
        return self.follow(answer)

    def set_up(self, **fields: str) -> httpx.Response:
        self.enter()
        return self.register(self.choose(**fields))
