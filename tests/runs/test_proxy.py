"""A server in a network whose only way out is a proxy with a password: everything that it asks goes through it.

The hosts have names that mean nothing outside of the proxy, so what would go another way would arrive nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from bot.advisories.port import AdvisoryFailure
from bot.app.advisories import make_advisories
from bot.app.registry import make_network, make_registry
from bot.forge.github.people.people import GitHubPeople, SignInAccess
from bot.forge.github.registering.conversion import exchange
from bot.logs import REDACTED, Redaction
from bot.ports.forge import ForgeError
from bot.proxies import list_passwords, read_proxies
from bot.settings import get_environment, read_settings
from tests.github import Hub
from tests.loopback import Answer, Asked, Loopback
from tests.runs.forwarding import PASSWORD, ForwardProxy, forwarding
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually, with_real_pipeline
from tests.runs.test_security import GAMMA, SlowService, fill, make_files

GITHUB, INDEX, OSV = "github.lockbot.test", "index.lockbot.test", "osv.lockbot.test"


class NamedIndex(IndexServer):
    """It calls itself by the name that the proxy knows it by."""

    @property
    def root(self) -> str:
        return f"http://{INDEX}"

    @property
    def port(self) -> int:
        return int(self._server.server_port)


@dataclass
class Enclosed:
    hub: Hub
    server: Server
    proxy: ForwardProxy
    index: NamedIndex


@pytest.fixture(scope="module")
def enclosed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enclosed]:
    folder = tmp_path_factory.mktemp("enclosed")
    (folder / "server").mkdir()
    with Hub(folder / "hub") as hub, NamedIndex() as index, SlowService([]) as service:
        fill(index)
        service.publish(GAMMA)
        places = {GITHUB: urlsplit(hub.url).port or 0, INDEX: index.port, OSV: urlsplit(service.root).port or 0}
        with forwarding(places) as proxy:
            more = {
                "HTTP_PROXY": proxy.url,
                "https_proxy": proxy.url,
                "NO_PROXY": "direct.lockbot.test, 192.0.2.0/24",
                "LOCKBOT_GITHUB_URL": f"http://{GITHUB}",
                "LOCKBOT_OSV_URL": f"http://{OSV}",
                "LOCKBOT_PUBLIC_INDEXES": index.url,
            }
            server = Server(hub, folder / "server", with_real_pipeline, more=more)
            server.start()
            try:
                yield Enclosed(hub, server, proxy, index)
            finally:
                server.stop()


def test_all_that_a_run_asks_goes_through_the_proxy(enclosed: Enclosed) -> None:
    files = {**make_files(enclosed.index), ".lockbot.json": '{"vulnerabilityAlerts": {"enabled": true}}'}
    repository = enclosed.hub.add_repository("octo/enclosed", files, private=True)
    enclosed.hub.install(repository)
    enclosed.server.settle()
    assert "lockbot/security-gamma" in {one.head for one in repository.open_pulls()}
    asked = enclosed.proxy.asked
    assert ("POST", GITHUB, "/api/graphql") in asked
    assert any(host == GITHUB and path.endswith("/access_tokens") for _, host, path in asked)
    assert ("GET", GITHUB, "/octo/enclosed.git/info/refs") in asked
    assert ("GET", INDEX, "/simple/gamma/") in asked
    assert ("POST", OSV, "/v1/querybatch") in asked
    assert enclosed.proxy.refused == []


def test_the_password_of_the_proxy_is_in_no_line_of_the_log(enclosed: Enclosed) -> None:
    enclosed.proxy.places = {}
    repository = enclosed.hub.add_repository("octo/unreachable", {"pyproject.toml": ""}, private=True)
    enclosed.hub.install(repository)
    log = eventually(
        lambda: enclosed.server.log() if "put off" in enclosed.server.log() else None, "the job is put off"
    )
    assert enclosed.proxy.refused
    assert PASSWORD not in log


class Anything(Loopback):
    def answer(self, asked: Asked) -> Answer:
        return Answer(status=404, body=b"{}", headers={"Content-Type": "application/json"})


def test_registries_notes_and_advisories_take_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what every process of the server makes them with."""
    registry_host = "registry.lockbot.test"
    with Anything() as server:
        port = urlsplit(server.root).port or 0
        with forwarding({registry_host: port, OSV: port}) as proxy:
            for name, value in (
                ("HTTP_PROXY", proxy.url),
                ("HTTPS_PROXY", "proxy.lockbot.test:8080"),
                ("LOCKBOT_OSV_URL", f"http://{OSV}"),
                ("LOCKBOT_REGISTRIES", f"ghcr.io=http://{registry_host}"),
            ):
                monkeypatch.setenv(name, value)
            settings, environment = read_settings(), get_environment()
            assert make_registry(settings, environment).find_digest("ghcr.io", "astral-sh/uv", "1") is None
            with make_advisories(settings) as advisories, pytest.raises(AdvisoryFailure, match=OSV):
                advisories.find_all(["anything"])
            assert {host for _, host, _ in proxy.asked} == {registry_host, OSV}
            # As a proxy is often written; to curl and git that is http, too.
            assert (
                make_network(settings, environment, ()).find_proxy("https://x.test") == "http://proxy.lockbot.test:8080"
            )


def test_sign_in_and_set_up_ask_github_by_the_proxy_that_they_are_given() -> None:
    with Anything() as server, forwarding({GITHUB: urlsplit(server.root).port or 0}) as proxy:
        access = SignInAccess(
            web_url=f"http://{GITHUB}",
            api_url=f"http://{GITHUB}/api/v3",
            client_id="Iv1.x",
            client_secret="s",
            proxy=proxy.url,
        )
        with pytest.raises(ForgeError):
            GitHubPeople(access).exchange(code="c0de", verifier="v" * 43, redirect="https://lockbot.test/signin")
        with pytest.raises(ForgeError):
            exchange(access.api_url, "a" * 40, proxy.url)
        asked = ["/login/oauth/access_token", f"/api/v3/app-manifests/{'a' * 40}/conversions"]
        assert [path for _, _, path in proxy.asked] == asked
        assert PASSWORD not in repr(access)


def test_the_log_knows_the_password_before_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://through:pa%24s-of-the-proxy@proxy.lockbot.test:1")
    proxies = read_proxies(get_environment())
    assert list_passwords(proxies) == ("pa%24s-of-the-proxy", "pa$s-of-the-proxy")
    assert "pa" not in repr(proxies)
    redaction = Redaction(list_passwords(proxies))
    assert redaction.redact("407 for pa$s-of-the-proxy and pa%24s-of-the-proxy").count(REDACTED) == 2
