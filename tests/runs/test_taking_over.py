"""An App taken over from GitHub, on a real folder and a real database: whatever happens on the way, what GitHub told once is
not lost, and it goes on from there."""

from __future__ import annotations

import errno
import gc
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from pydantic import SecretStr

from bot.app.setup.mode import begins_in_setup
from bot.app.setup.registrar import Registrar
from bot.app.setup.surroundings import Surroundings
from bot.errors import InputError
from bot.jobs.opening import open_database
from bot.jobs.setups import SetUp, remember_set_up
from bot.settings import Settings, Stored, begun, find_stored, read_settings
from bot.web.setup.edge import Choice, Halted, Keep, NotKept, NotRegistered, Registered, Todo
from tests.github import Hub
from tests.github.registration import LEFT_OUT
from tests.github.wire import Broken, Reply

PUBLIC = "http://127.0.0.1:9"
CONVERSION, PATCH = "POST /api/v3/app-manifests/", "PATCH /api/v3/app/hook/config"
REFUSED = Reply(status=403, body={"message": "Resource not accessible by integration"})
DRAWN = "a-secret-that-was-drawn"


@dataclass
class Desk:
    """``start`` is a process that is started anew on the same folder."""

    hub: Hub
    settings: Settings
    learnt: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.settings.data_dir

    @property
    def kept(self) -> Path:
        return self.data / "setup-begun"

    def start(self) -> Registrar:
        # What a process holds goes with it.
        gc.collect()

        def never(_: Settings) -> object:
            raise AssertionError("nobody asked for it")

        surroundings = Surroundings(
            learn=self.learnt.append,
            draw=lambda: DRAWN,
            begin=never,  # type: ignore[arg-type]
            now=lambda: 1000.0,
        )
        return Registrar(self.settings, surroundings)

    def choose(self, keep: Keep = Keep.FOLDER) -> Choice:
        return Choice(github_url=self.hub.url, organization=None, public_url=PUBLIC, name="lockbot-of-octo", keep=keep)

    def code(self, registrar: Registrar, choice: Choice) -> str:
        """What a click on GitHub's page gives."""
        form = registrar.make_form(choice, "a-state")
        asked = {"manifest": form.manifest, "state": "a-state", "owner": "octo", "name": choice.name}
        answer = httpx.post(f"{self.hub.url}/settings/apps/create", data=asked)
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def asked(self, path: str) -> int:
        return sum(1 for one in self.hub.seen if path in f"{one.method} {one.path}")

    def stored_secret(self) -> str:
        found = find_stored(self.data)
        assert isinstance(found, Stored)
        return found.registration.webhook_secret


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("LOCKBOT_DATA_DIR", str(tmp_path / "data"))
    with Hub(tmp_path / "hub") as hub:
        yield Desk(hub, read_settings())


def begin(desk: Desk, keep: Keep = Keep.FOLDER) -> tuple[Registrar, Choice, str]:
    registrar, choice = desk.start(), desk.choose(keep)
    return registrar, choice, desk.code(registrar, choice)


# --- an App without a secret for its webhook ------------------------------------------------------


def test_an_app_without_a_secret_is_given_one(desk: Desk) -> None:
    desk.hub.registrations.draws_secret = False
    registrar, choice, code = begin(desk)
    found = registrar.register(choice, code)
    assert isinstance(found, Registered)
    assert found.todo == ()
    assert desk.hub.app.webhook_secret == DRAWN
    assert DRAWN in desk.learnt, "it is in no log"
    assert registrar.keep() is None
    assert desk.stored_secret() == DRAWN
    assert not desk.kept.exists()


def test_an_app_that_has_one_keeps_it(desk: Desk) -> None:
    registrar, choice, code = begin(desk)
    assert isinstance(registrar.register(choice, code), Registered)
    assert registrar.keep() is None
    assert (desk.stored_secret(), desk.asked(PATCH)) == (desk.hub.app.webhook_secret, 0)


@pytest.mark.parametrize(
    "reply",
    [
        REFUSED,
        Reply(status=404, body={"message": "Not Found"}),
        Reply(status=422, body={"message": DRAWN}),
        Reply(status=502, raw=b"<html>"),
        Reply(broken=Broken.RESET),
    ],
)
def test_a_github_that_does_not_take_it_is_asked_again(desk: Desk, reply: Reply) -> None:
    """By a process that was started anew."""
    desk.hub.registrations.draws_secret = False
    registrar, choice, code = begin(desk)
    desk.hub.fail_next(PATCH, reply)
    found = registrar.register(choice, code)
    assert isinstance(found, Halted)
    assert found.registered is not None
    assert DRAWN not in found.reason
    assert found.secret_file == str(desk.kept / "webhook-secret")
    assert (desk.kept / "webhook-secret").read_text() == DRAWN
    del registrar
    other = desk.start()
    unfinished = other.find_unfinished()
    assert unfinished is not None
    assert unfinished.choice == choice
    assert isinstance(other.complete(), Registered)
    assert other.keep() is None
    assert (desk.stored_secret(), desk.hub.app.webhook_secret) == (DRAWN, DRAWN)


@pytest.mark.parametrize(("by_hand", "outcome"), [("", Halted), (DRAWN, Registered)])
def test_where_it_stays_refused_it_goes_on_once_a_person_has_set_it(desk: Desk, by_hand: str, outcome: type) -> None:
    desk.hub.registrations.draws_secret = False
    registrar, choice, code = begin(desk)
    desk.hub.fail_always(PATCH, REFUSED)
    assert isinstance(registrar.register(choice, code), Halted)
    desk.hub.app.webhook_secret = by_hand
    assert isinstance(registrar.complete(), outcome)


def test_without_a_disk_it_is_among_the_secrets_that_are_copied(desk: Desk) -> None:
    desk.hub.registrations.draws_secret = False
    desk.settings = desk.settings.model_copy(
        update={"database_url": SecretStr(f"sqlite:///{desk.data.parent}/elsewhere.sqlite")}
    )
    registrar, choice, code = begin(desk, Keep.KUBERNETES)
    desk.data.write_text("no folder")
    desk.hub.fail_always(PATCH, REFUSED)
    found = registrar.register(choice, code)
    assert isinstance(found, Halted)
    assert found.registered is not None
    assert (found.secret_file, found.registered.todo) == (None, (Todo.WEBHOOK_SECRET,))
    text = registrar.render_secret()
    assert text is not None
    assert yaml.safe_load(text)["stringData"]["LOCKBOT_WEBHOOK_SECRET"] == DRAWN
    assert registrar.render_secret() is None


# --- what else may be missing ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["slug", "html_url", "client_id", "client_secret", "owner", "name"])
def test_what_can_be_done_without_or_had_in_another_way_may_be_missing(desk: Desk, name: str) -> None:
    desk.hub.registrations.changes = {name: None}
    registrar, choice, code = begin(desk)
    found = registrar.register(choice, code)
    assert isinstance(found, Registered)
    assert found.todo == ((Todo.CLIENT_SECRET,) if name == "client_secret" else ())
    assert found.install_page == f"{desk.hub.url}/github-apps/lockbot-of-octo/installations/new"
    assert registrar.keep() is None
    stored = find_stored(desk.data)
    assert isinstance(stored, Stored)
    assert stored.registration.slug == "lockbot-of-octo"
    settings = desk.settings.over(stored)
    assert settings.has_app()
    assert (settings.client_secret is None) is (name == "client_secret")


def test_a_name_that_can_not_be_asked_for_now_is_asked_for_later(desk: Desk) -> None:
    desk.hub.registrations.changes = {"slug": None}
    registrar, choice, code = begin(desk)
    desk.hub.fail_next("GET /api/v3/app$", Reply(status=502))
    found = registrar.register(choice, code)
    assert isinstance(found, Halted)
    assert found.registered is None
    assert isinstance(registrar.complete(), Registered)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda hub: hub.registrations.changes.update(pem=None),
        lambda hub: hub.registrations.changes.update(id=LEFT_OUT),
        lambda hub: hub.fail_next(CONVERSION, Reply(status=201, raw=b'{"id": 7, "pem": "-----BEG')),
        lambda hub: hub.fail_next(CONVERSION, Reply(status=200, raw=b"<html>sign in to the network</html>")),
    ],
)
def test_an_answer_of_no_use_is_kept_as_it_came(desk: Desk, spoil: Callable[[Hub], None]) -> None:
    registrar, choice, code = begin(desk)
    spoil(desk.hub)
    found = registrar.register(choice, code)
    assert isinstance(found, NotRegistered)
    assert found.kept_in == str(desk.kept)
    kept = (desk.kept / "answer.json").read_bytes()
    assert kept
    unfinished = desk.start().find_unfinished()
    assert unfinished is not None
    assert (unfinished.choice, unfinished.kept_in) == (None, str(desk.kept))
    # Tried again GitHub knows the code no more, and what it said first is still there.
    again = registrar.register(choice, code)
    assert isinstance(again, NotRegistered | Registered)
    assert (desk.kept / "answer.json").read_bytes() == kept or isinstance(again, Registered)


# --- the disk -------------------------------------------------------------------------------------


def test_what_github_told_is_on_the_disk_before_anything_else_is_done(desk: Desk) -> None:
    desk.hub.registrations.draws_secret = False
    registrar, choice, code = begin(desk)
    seen: list[bool] = []
    desk.hub.after(
        PATCH, lambda: seen.append(desk.hub.private_key.splitlines()[1] in (desk.kept / "answer.json").read_text())
    )
    registrar.register(choice, code)
    assert seen == [True]


def test_it_is_for_its_owner_alone(desk: Desk) -> None:
    registrar, choice, code = begin(desk)
    registrar.register(choice, code)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in desk.kept.iterdir()}
    assert modes == dict.fromkeys(("answer.json", "asked.json", "webhook-secret"), 0o600)
    assert stat.S_IMODE(desk.kept.stat().st_mode) == 0o700
    assert DRAWN not in repr(begun.find_begun(desk.data))


def test_a_disk_that_takes_nothing_is_told_of_before_the_code_is_used(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    registrar, choice, code = begin(desk)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        found = registrar.register(choice, code)
    assert isinstance(found, NotRegistered)
    assert "No space left" in found.reason
    assert (found.may_retry, found.is_spent, desk.asked(CONVERSION)) == (True, False, 0)
    assert isinstance(registrar.register(choice, code), Registered), "the code is still good"


def test_a_folder_that_can_not_be_made_is_told_of_before_the_code_is_used(desk: Desk) -> None:
    registrar, choice, code = begin(desk)
    desk.data.write_text("no folder")
    found = registrar.register(choice, code)
    assert isinstance(found, NotRegistered)
    assert (found.may_retry, found.is_spent, desk.asked(CONVERSION)) == (True, False, 0)
    desk.data.unlink()
    assert isinstance(registrar.register(choice, code), Registered)


def test_a_disk_that_is_full_by_then_takes_the_answer_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """There was room made for it; storing the App waits until there is more."""
    registrar, choice, code = begin(desk)
    blocks: list[int] = []
    desk.hub.after(CONVERSION, lambda: blocks.append((desk.kept / "answer.json").stat().st_blocks))
    assert isinstance(registrar.register(choice, code), Registered)
    assert blocks[0] * 512 >= 32_768, "more than any answer takes is on the disk already"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        patch.setattr(Path, "rename", full)
        kept = registrar.keep()
    assert isinstance(kept, NotKept)
    assert "No space left" in kept.reason
    assert kept.kept_in == str(desk.kept)
    del registrar
    other = desk.start()
    assert isinstance(other.complete(), Registered)
    assert other.keep() is None


def test_secrets_that_a_kill_kept_from_being_shown_are_told_of_though_set_up_stays_closed(desk: Desk) -> None:
    """The database remembers the App before its secrets are shown."""
    registrar, choice, code = begin(desk, Keep.KUBERNETES)
    assert isinstance(registrar.register(choice, code), Registered)
    database = open_database(desk.settings.get_database_url())
    known = SetUp(app_id=desk.hub.app.id, slug="lockbot-of-octo", github_url=desk.hub.url)
    remember_set_up(database.engine, known, 1.0)
    database.engine.dispose()
    with pytest.raises(InputError, match=r"not opened a second time; what GitHub told of it is kept in .*setup-begun"):
        begins_in_setup(desk.settings, is_asked_for=True)
    assert registrar.render_secret() is not None
    with pytest.raises(InputError, match=r"not opened a second time\)$"):
        begins_in_setup(desk.settings, is_asked_for=True)


# --- two at a time --------------------------------------------------------------------------------


def test_a_second_process_on_the_same_folder_waits_for_the_first(desk: Desk) -> None:
    first, choice, code = begin(desk)
    assert isinstance(first.register(choice, code), Registered)
    answer = (desk.kept / "answer.json").read_bytes()
    second = desk.start()
    for found in (second.register(choice, desk.code(second, replace(choice, name="another"))), second.complete()):
        assert isinstance(found, NotRegistered)
        assert "another process" in found.reason
    assert (desk.kept / "answer.json").read_bytes() == answer
    assert first.keep() is None


def test_of_two_on_one_database_the_second_is_not_stored(desk: Desk) -> None:
    registrar, choice, code = begin(desk)
    assert isinstance(registrar.register(choice, code), Registered)
    database = open_database(desk.settings.get_database_url())
    remember_set_up(database.engine, SetUp(app_id=1, slug="the-first", github_url=desk.hub.url), 1.0)
    database.engine.dispose()
    kept = registrar.keep()
    assert isinstance(kept, NotKept)
    assert "the-first" in kept.reason
    assert find_stored(desk.data) is None
    found = registrar.register(choice, "0123456789")
    assert isinstance(found, NotRegistered)
    assert "another process has set an App up" in found.reason
    assert desk.asked(CONVERSION) == 1


def test_a_code_that_somebody_else_used_first_is_told_as_spent(desk: Desk) -> None:
    """Whoever reads a proxy's log as it is written: they have the App's secrets, so that App is of no use to anybody."""
    registrar, choice, code = begin(desk)
    httpx.post(f"{desk.hub.url}/api/v3/app-manifests/{code}/conversions", headers={"User-Agent": "mallory"})
    found = registrar.register(choice, code)
    assert isinstance(found, NotRegistered)
    assert (found.is_spent, found.may_retry, found.kept_in) == (True, False, None)
    assert find_stored(desk.data) is None


def test_where_an_app_is_stored_already_no_code_is_used(desk: Desk) -> None:
    registrar, choice, code = begin(desk)
    (desk.data / "app").mkdir(parents=True)
    found = registrar.register(choice, code)
    assert isinstance(found, NotRegistered)
    assert "stored there already" in found.reason
    assert desk.asked(CONVERSION) == 0
