"""Bad input of any kind ends as one clear sentence in a check run, and the server goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.github import Hub
from tests.github.model import CheckRun
from tests.runs.index_server import IndexServer
from tests.runs.server import Server

MANIFEST = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[[tool.uv.index]]
url = "{url}"
default = true
"""


#: From before there were any dependencies: what is new in the manifest must be solved.
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
"""


class Site:
    def __init__(self, hub: Hub, index: IndexServer) -> None:
        self.hub = hub
        self.index = index
        self.count = 0

    def manifest(self, *dependencies: str, url: str | None = None) -> str:
        listed = ", ".join(f'"{one}"' for one in dependencies)
        return MANIFEST.format(dependencies=listed, url=url or self.index.url)


@pytest.fixture(scope="module")
def server(real_server: Server) -> Iterator[tuple[Server, Site]]:
    with IndexServer() as index:
        index.release("alpha", "1.0")
        yield real_server, Site(real_server.hub, index)


def check_of(server: Server, site: Site, files: dict[str, str]) -> CheckRun:
    site.count += 1
    repository = site.hub.add_repository(f"octo/bad-{site.count}", files)
    site.hub.install(repository)
    server.settle()
    assert repository.pulls == {}
    (check,) = repository.checks.values()
    return check


def test_broken_toml(server: tuple[Server, Site]) -> None:
    one, site = server
    check = check_of(one, site, {"pyproject.toml": '[project]\nname = "app\n'})
    assert [(row["path"], row["start_line"]) for row in check.annotations] == [("pyproject.toml", 2)]


def test_a_broken_lock(server: tuple[Server, Site]) -> None:
    one, site = server
    check = check_of(one, site, {"pyproject.toml": site.manifest("alpha"), "uv.lock": "version = 1\nrevision = [\n"})
    assert [row["path"] for row in check.annotations] == ["uv.lock"]


@pytest.mark.parametrize(
    ("dependency", "words"),
    [("nowhere>=1", "nowhere"), ("alpha>=9", "alpha"), ("alpha==1.0 ; python_version <", "pyproject.toml")],
)
def test_requirements_that_can_not_be_met(server: tuple[Server, Site], dependency: str, words: str) -> None:
    one, site = server
    check = check_of(one, site, {"pyproject.toml": site.manifest(dependency), "uv.lock": LOCK})
    assert words in check.summary
    assert check.conclusion == "neutral"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/simple", "127.0.0.1:9"),
        ("http://10.255.255.1/simple", "not a public address"),
        ("http://169.254.169.254/latest", "not a public address"),
        ("file:///etc", "must be http(s) addresses"),
        ("not a url", "is a folder"),
    ],
)
def test_an_index_that_can_not_be_used(server: tuple[Server, Site], url: str, words: str) -> None:
    one, site = server
    check = check_of(one, site, {"pyproject.toml": site.manifest("alpha", url=url), "uv.lock": LOCK})
    assert words in check.summary, check.summary
    assert check.conclusion == "neutral"
