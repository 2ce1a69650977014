"""The status pages of a real server: what its workers did is what people see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.github import Hub
from tests.runs.conftest import FIRST, HUSH
from tests.runs.server import Server, eventually, free_port, with_small_pipeline


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("pages"), free_port()
    with Hub(folder / "hub") as hub:
        own, public = hub.signing_in, f"http://127.0.0.1:{port}"
        own.callbacks = (f"{public}/sign-in/callback",)
        more = {
            "LOCKBOT_PUBLIC_URL": public,
            "LOCKBOT_CLIENT_ID": own.client_id,
            "LOCKBOT_CLIENT_SECRET": own.client_secret,
            "LOCKBOT_OPERATORS": "boss",
        }
        one = Server(hub, folder, with_small_pipeline, more=more, port=port)
        one.start()
        yield one
        one.stop()


@contextmanager
def signed_in(server: Server, login: str) -> Iterator[httpx.Client]:
    """A browser of that person."""
    server.hub.add_account(login)
    with httpx.Client(base_url=server.url, follow_redirects=False, timeout=30) as client:
        sent = client.get("/sign-in")
        asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
        back = httpx.post(f"{server.hub.url}/login/oauth/authorize", data={**asked, "as": login}).headers["location"]
        assert client.get(back).status_code == 303
        yield client


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_a_run_shows_on_its_repositorys_page_with_its_requests_and_log(server: Server) -> None:
    world(server, {"latest": {"alpha": "2.0"}, "labels": []})
    app = server.hub.add_repository("octo/app", FIRST)
    server.hub.add_collaborator(app, "dana", "write")
    server.hub.install(app)
    eventually(lambda: app.pulls, "the pull request is opened")
    server.settle()
    with signed_in(server, "dana") as dana:
        page = eventually(lambda: shown(dana, "/repositories/octo/app", " opened"), "the run is shown")
        (pull,) = app.pulls.values()
        text = text_of(page)
        assert f"#{pull.number} {pull.title}" in text
        assert re.search(r"Run (just now|\d+ minutes? ago) done .* opened", text)
        # Other jobs ended here too: the newest of them may have had nothing to do.
        links = re.findall(r'href="(/repositories/octo/app/run\?[^"]+)"', page.text)
        runs = [text_of(dana.get(link.replace("&amp;", "&"))) for link in links]
        assert max(int(find(r"Requests to GitHub (\d+)", run)) for run in runs) > 3
        assert all("job ended" in run for run in runs)
        assert dana.get("/operators").status_code == 404
    with signed_in(server, "boss") as boss:
        text = text_of(boss.get("/operators"))
        assert re.search(r"octo core \d+ 5000", text), "what GitHub said of the account's budget"
        assert re.search(r"[0-9a-f]{16}:0 (just now|\d+ minutes? ago)", text), "a worker's sign of life"
    for secret in (*server.hub.signing_in.tokens, server.hub.signing_in.client_secret):
        assert secret not in server.log()


def test_a_job_that_failed_is_tried_again_by_a_click_and_a_reader_can_not(server: Server) -> None:
    broken = server.hub.add_repository("octo/broken", FIRST)
    for login, role in (("dana", "write"), ("rita", "read")):
        server.hub.add_collaborator(broken, login, role)
    world(server, {"latest": {"alpha": "2.0"}, "labels": [], "broken": HUSH})
    server.hub.install(broken)
    eventually(lambda: server.jobs().get("failed"), "the job fails")
    with signed_in(server, "dana") as dana, signed_in(server, "rita") as rita:
        path = "/repositories/octo/broken"
        page = eventually(lambda: shown(dana, path, "Try again"), "the failure is shown")
        assert HUSH not in page.text
        name = find(r'name="name" value="([^"]+)"', page.text)
        own = find(r'name="token" value="([^"]+)"', rita.get(path).text)
        refused = rita.post(f"{path}/retry", data={"name": name, "token": own})
        assert refused.status_code == 403
        world(server, {"latest": {"alpha": "2.0"}, "labels": []})
        done = dana.post(f"{path}/retry", data={"name": name, "token": find_token(dana)})
        assert done.status_code == 303
        eventually(lambda: broken.pulls, "the job, tried again, opens its pull request")


def find_token(client: httpx.Client) -> str:
    return find(r'name="token" value="([^"]+)"', client.get("/").text)


def find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found[1]


def shown(client: httpx.Client, path: str, wanted: str) -> httpx.Response | None:
    page = client.get(path)
    assert page.status_code == 200
    return page if wanted in page.text else None


def world(server: Server, said: dict[str, object]) -> None:
    """What the small pipeline goes by from now on."""
    Path(server.folder / "world.json").write_text(json.dumps(said))
