"""From an empty folder to the first pull request: ``lockbot serve`` as a process, a person without a browser, and GitHub."""

from __future__ import annotations

import os
import re
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
import yaml

from tests.github import Hub
from tests.github.wire import Reply
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually
from tests.runs.setting_up import Person, begin, empty_server
from tests.runs.test_real_pipeline import Scene

CONVERSION = "POST /api/v3/app-manifests/"


@dataclass
class Site:
    hub: Hub
    server: Server
    people: list[Person] = field(default_factory=list)

    def begin(self) -> Person:
        return self.meet(begin(self.server))

    def meet(self, address: str) -> Person:
        """With a browser of their own."""
        self.people.append(Person(self.hub, address))
        return self.people[-1]

    def refusal(self, *words: str) -> str:
        """Why it does not start: its last line."""
        self.server.arguments = lambda server: ["-m", "bot", "serve", "--port", str(server.port), *words]
        self.server.begin()
        assert self.server.process is not None
        assert self.server.process.wait(timeout=60) == 2
        return self.server.log().splitlines()[-1]

    @property
    def data(self) -> Path:
        return self.server.folder / "data"

    def stop(self) -> None:
        if self.server.process is not None and self.server.process.poll() is None:
            assert self.server.stop() == 0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub(tmp_path / "hub") as hub:
        one = Site(hub, empty_server(hub, tmp_path / "server"))
        yield one
        for person in one.people:
            person.client.close()
        one.stop()
        assert "Traceback" not in one.server.log()


def test_from_an_empty_folder_to_the_first_pull_request(site: Site) -> None:
    with ExitStack() as stack:
        index = stack.enter_context(IndexServer())
        for package in ("alpha", "beta", "gamma"):
            index.release(package, "1.0")
            index.release(package, "2.0")
        repository = Scene(site.hub, index, site.server).add_repository("app")
        person = site.begin()
        page = person.set_up()
        assert "Install lockbot-of-octo" in page.text
        page = person.install(page)
        assert page.url.path == "/setup"
        eventually(lambda: "Yes: it is at work" in person.get().text, "the installation arrives")
        pull = eventually(lambda: next(iter(repository.pulls.values()), None), "a pull request is opened")
        assert pull.author.login == "lockbot-of-octo[bot]"
        site.server.settle()
    # GitHub's ping came while the App was being stored, and waited.
    assert [(one.event, one.statuses) for one in site.hub.deliveries][:2] == [("ping", [202]), ("installation", [202])]
    assert {one.statuses[-1] for one in site.hub.deliveries} == {202}
    assert stat.S_IMODE((site.data / "app").stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in (site.data / "app").iterdir()} == {0o600}
    site.stop()
    check_that_no_secret_was_logged(site)
    # Started again it serves, and knows of no set-up.
    site.server.start()
    assert [site.server.get(path)[0] for path in ("/setup", "/setup?secret=x", "/setup/begin", "/setup/created")] == [
        404
    ] * 4


def check_that_no_secret_was_logged(site: Site) -> None:
    registered = next(iter(site.hub.registrations.drafts.values()))
    secrets = [registered.client_secret, registered.app.webhook_secret, *registered.private_key.splitlines()[1:-1]]
    secrets += [*site.hub.registrations.drafts, *site.hub.tokens]
    assert [one for one in secrets if one in site.server.log()] == []


def test_once_it_is_done_only_its_own_browser_sees_the_last_page(site: Site) -> None:
    person = site.begin()
    person.set_up()
    assert "Install lockbot-of-octo" in person.get().text
    stranger = site.meet(person.address)
    assert stranger.client.get(person.address).status_code == 404
    assert (
        stranger.client.post(f"{person.server}/setup/begin", data={"secret": person.address[-43:]}).status_code == 404
    )
    assert stranger.get("/setup/events").status_code == 404
    assert stranger.get("/installed").status_code == 200
    person.submit(person.get(), "/setup/finish")
    assert person.get().status_code == 404


def test_github_may_be_away_while_the_app_is_taken_over(site: Site) -> None:
    site.hub.fail_next(CONVERSION, Reply(status=502, raw=b"<html>"))
    person = site.begin()
    page = person.set_up()
    assert "502" in page.text
    assert "Install lockbot-of-octo" in person.submit(page, "/setup/again").text


def test_an_answer_that_is_lost_costs_the_app_and_that_is_said(site: Site) -> None:
    site.hub.lose_next(CONVERSION)
    person = site.begin()
    page = person.submit(person.set_up(), "/setup/again")
    assert "good once, for an hour" in page.text
    assert "delete it there and begin again" in page.text
    person.submit(page, "/setup/back")
    page = person.register(person.choose(name="lockbot-2"), name="lockbot-2")
    assert "Install lockbot-2" in page.text
    assert site.hub.app.slug == "lockbot-2"


def test_a_kill_after_the_conversion_is_told_of_at_the_next_start(site: Site) -> None:
    person = site.begin()
    site.hub.after(CONVERSION, site.server.kill)
    with pytest.raises(httpx.TransportError):
        person.set_up()
    assert not (site.data / "app").exists()
    person = site.begin()
    page = person.enter()
    assert "An earlier try ended" in page.text
    assert f"{site.hub.url}/settings/apps" in page.text
    assert "Install lockbot-2" in person.register(person.choose(name="lockbot-2"), name="lockbot-2").text
    assert not (site.data / "setup-begun").exists()


def test_an_app_without_a_webhook_secret_gets_one_and_a_kill_on_the_way_loses_nothing(site: Site) -> None:
    """Refused at first; then killed when GitHub has taken the secret and nobody here has heard of that."""
    site.hub.registrations.draws_secret = False
    patch = "PATCH /api/v3/app/hook/config"
    site.hub.fail_next(patch, Reply(status=403, body={"message": "Forbidden"}))
    person = site.begin()
    page = person.set_up()
    assert "set the secret by hand" in page.text
    (path,) = re.findall(r"<code>([^<]*webhook-secret)</code>", page.text)
    drawn = Path(path).read_text()
    site.hub.after(patch, site.server.kill)
    with pytest.raises(httpx.TransportError):
        person.submit(page, "/setup/again")
    assert not (site.data / "app").exists()
    person = site.begin()
    page = person.enter()
    assert f"is kept in <code>{site.data / 'setup-begun'}</code>" in page.text
    page = person.submit(page, "/setup/resume")
    assert "Install lockbot-of-octo" in page.text
    assert not (site.data / "setup-begun").exists()
    site.hub.install(site.hub.add_repository("octo/app", {}))
    site.hub.drain()
    assert site.hub.deliveries[-1].statuses == [202]
    assert site.hub.app.webhook_secret == drawn
    site.stop()
    check_that_no_secret_was_logged(site)


def test_what_can_not_be_stored_is_stored_when_that_is_mended(site: Site) -> None:
    person = site.begin()
    person.enter()
    page = person.choose()

    def store_another() -> None:
        (site.data / "app").mkdir(parents=True)
        (site.data / "app/registration.json").write_text("of somebody else")

    site.hub.after(CONVERSION, store_another)
    page = person.register(page)
    assert "an App is stored there already" in page.text
    assert "set-up goes on from there when it is started again" in page.text
    shutil.rmtree(site.data / "app")
    assert "Install lockbot-of-octo" in person.submit(page, "/setup/again").text


def test_secrets_as_a_kubernetes_secret_shown_once(site: Site, tmp_path: Path) -> None:
    person = site.begin()
    page = person.submit(person.set_up(keep="kubernetes"), "/setup/reveal")
    found = re.search(r"<pre[^>]*><code>(.*?)</code>", page.text, re.DOTALL)
    assert found is not None
    values = yaml.safe_load(found[1].replace("&#34;", '"'))["stringData"]
    assert values["LOCKBOT_PRIVATE_KEY"] == site.hub.private_key
    assert page.headers["cache-control"] == "no-store"
    again = person.get()
    assert "were shown, and forgotten" in again.text
    assert "PRIVATE KEY-----" not in again.text
    assert not (site.data / "app").exists()
    site.stop()
    assert "was set up for this server" in site.refusal()
    other = empty_server(site.hub, tmp_path / "pod", **values)
    other = replace(other, port=site.server.port)
    other.start()
    site.hub.install(site.hub.add_repository("octo/app", {}))
    site.hub.drain()
    assert site.hub.deliveries[-1].statuses == [202]
    other.stop()


def test_a_lost_mount_opens_no_set_up(site: Site, tmp_path: Path) -> None:
    """The database, elsewhere, remembers."""
    more = {**site.server.more, "LOCKBOT_DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere.sqlite"}
    site.server.more = more
    site.begin().set_up()
    site.stop()
    shutil.rmtree(site.data)
    for words in ((), ("--setup",)):
        told = site.refusal(*words)
        assert "the App lockbot-of-octo" in told
        assert "set-up is not opened a second time" in told
    assert not site.data.exists()


def test_a_database_that_began_anew_learns_what_was_set_up(site: Site, tmp_path: Path) -> None:
    site.server.more = {**site.server.more, "LOCKBOT_DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere.sqlite"}
    site.begin().set_up()
    site.stop()
    for one in tmp_path.glob("elsewhere.sqlite*"):
        one.unlink()
    site.server.start()
    site.stop()
    shutil.rmtree(site.data)
    assert "set-up is not opened a second time" in site.refusal()


def test_a_page_that_lies_open_does_not_keep_the_server_from_stopping(site: Site) -> None:
    person = site.begin()
    person.set_up()
    with person.client.stream("GET", f"{person.server}/setup/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        site.stop()
        assert not [line for line in lines if "end" in line]


def test_set_up_begins_by_itself_only_where_there_is_nothing(site: Site) -> None:
    site.data.mkdir(parents=True)
    (site.data / "something").touch()
    told = site.refusal()
    assert "LOCKBOT_APP_ID is not set" in told
    assert "lockbot serve --setup" in told
    assert sorted(os.listdir(site.data)) == ["something"]
    site.server.arguments = lambda server: ["-m", "bot", "serve", "--port", str(server.port), "--setup"]
    person = site.begin()
    assert "Where and for whom?" in person.enter().text


def test_a_server_that_was_started_in_part_is_told_what_is_missing(site: Site) -> None:
    site.server.more = {**site.server.more, "LOCKBOT_APP_ID": "12"}
    assert "LOCKBOT_WEBHOOK_SECRET is not set" in site.refusal()
    assert not site.data.exists()


def test_messages_that_come_too_early_are_not_taken(site: Site) -> None:
    person = site.begin()
    assert httpx.post(f"{person.server}/webhook", content=b"{}").status_code == 503
    assert site.server.get("/readyz")[0] == 503
    assert site.server.get("/metrics")[0] == 404


def test_a_message_waits_while_the_app_is_stored(site: Site) -> None:
    """Nothing that GitHub sends once it knows this server is lost: it sends nothing twice by itself."""
    repository = site.hub.add_repository("octo/app", {})
    sent = threading.Thread(target=site.hub.install, args=(repository,))
    site.hub.after(CONVERSION, sent.start)
    page = site.begin().set_up()
    assert "Install lockbot-of-octo" in page.text
    sent.join()
    site.hub.drain()
    (told,) = [one for one in site.hub.deliveries if one.event == "installation"]
    assert told.statuses == [202]


def test_stopping_in_the_middle_is_clean(site: Site) -> None:
    person = site.begin()
    person.enter()
    person.choose()
    site.stop()
    assert not site.data.exists()
