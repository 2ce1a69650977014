"""An App made of a manifest, on a stand-in that refuses what GitHub refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.forge.github.client import GitHubAccess, GitHubClient
from bot.forge.github.registering.completing import find_names
from bot.forge.github.registering.conversion import Converted, UnusableAnswer, exchange, parse_answer
from bot.forge.github.registering.hook import fetch_hook, fetch_sent, put_secret
from bot.forge.github.registering.manifest import Wanted, make_manifest, render_manifest
from bot.ports.forge import ForgeError, ForgeNotFound, ForgeRejected, ForgeUnavailable
from tests.github import Hub
from tests.github.registration import LEFT_OUT, find_faults
from tests.github.wire import Broken, Reply

#: Where nobody listens.
PUBLIC = "http://127.0.0.1:9"
CONVERSION = r"POST /api/v3/app-manifests/"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path) as hub:
        yield hub


@pytest.fixture(scope="module")
def some_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*forms).decode()


def wanted(hub: Hub, name: str = "lockbot-of-octo", organization: str | None = None) -> Wanted:
    return Wanted(github_url=hub.url, organization=organization, public_url=PUBLIC, name=name)


def post_form(hub: Hub, one: Wanted, state: str = "a-state") -> httpx.Response:
    return httpx.post(one.find_form(state), data={"manifest": render_manifest(one)})


def create(hub: Hub, one: Wanted, name: str | None = None) -> httpx.Response:
    """What a click on GitHub's page does."""
    owner = one.organization or hub.registrations.person
    form = {"manifest": render_manifest(one), "state": "a-state", "owner": owner, "name": name or one.name}
    return httpx.post(f"{hub.url}/settings/apps/create", data=form)


def code_of(hub: Hub, one: Wanted) -> str:
    return parse_qs(urlsplit(create(hub, one).headers["location"]).query)["code"][0]


def api(hub: Hub) -> str:
    return f"{hub.url}/api/v3"


def convert(api_url: str, code: str) -> Converted:
    return parse_answer(exchange(api_url, code))


def client(hub: Hub) -> GitHubClient:
    return GitHubClient(GitHubAccess(web_url=hub.url, api_url=api(hub), app_id=hub.app.id, private_key=hub.private_key))


def test_app_yml_is_the_manifest() -> None:
    """For people who fill the form in by hand, or post it with another tool."""
    text = (Path(__file__).resolve().parents[2] / "app.yml").read_text()
    example = Wanted(
        github_url="https://github.com", organization=None, public_url="https://lockbot.example.org", name="lockbot"
    )
    assert yaml.safe_load(text) | {"default_events": sorted(yaml.safe_load(text)["default_events"])} == make_manifest(
        example
    )


def test_github_takes_the_manifest_and_gives_a_code_back(hub: Hub) -> None:
    one = wanted(hub)
    page = post_form(hub, one)
    assert page.status_code == 200, page.text
    assert "Create GitHub App for octo" in page.text
    location = create(hub, one).headers["location"]
    assert location.startswith(f"{PUBLIC}/setup/created?code=")
    assert parse_qs(urlsplit(location).query)["state"] == ["a-state"]


@pytest.mark.parametrize(("organization", "status"), [("acme", 200), ("nobody", 404), ("somebody", 404)])
def test_an_organizations_form_is_its_own(hub: Hub, organization: str, status: int) -> None:
    hub.add_account("acme", "Organization")
    hub.add_account("somebody")
    assert post_form(hub, wanted(hub, organization=organization)).status_code == status


def test_an_organizations_name_can_not_lead_elsewhere(hub: Hub) -> None:
    form = wanted(hub, organization="../x?y#z").find_form("s&t")
    assert form == f"{hub.url}/organizations/..%2Fx%3Fy%23z/settings/apps/new?state=s%26t"


def test_the_code_is_an_app_once(hub: Hub) -> None:
    code = code_of(hub, wanted(hub))
    made = convert(api(hub), code)
    assert (made.slug, made.app_id) == ("lockbot-of-octo", hub.app.id)
    assert made.private_key == hub.private_key
    assert made.webhook_secret == hub.app.webhook_secret
    hook = fetch_hook(client(hub))
    assert (hook.url, hook.has_secret) == (f"{PUBLIC}/webhook", True)
    with pytest.raises(ForgeNotFound):
        convert(api(hub), code)


def test_a_code_is_good_for_an_hour(hub: Hub) -> None:
    code = code_of(hub, wanted(hub))
    hub.registrations.age(code, timedelta(minutes=61))
    with pytest.raises(ForgeNotFound):
        convert(api(hub), code)


@pytest.mark.parametrize("code", ["", "../../user", "x" * 300, "abc def gh"])
def test_what_is_no_code_is_not_sent(hub: Hub, code: str) -> None:
    with pytest.raises(ForgeRejected):
        convert(api(hub), code)
    assert hub.seen == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=502, raw=b"<html>"),
        Reply(broken=Broken.RESET),
        # The code goes where the operator said, and nowhere else.
        Reply(status=307, raw=b"", headers={"Location": "http://127.0.0.1:9/"}),
    ],
)
def test_a_bad_day_of_github_is_an_outage(hub: Hub, reply: Reply) -> None:
    code = code_of(hub, wanted(hub))
    hub.fail_next(CONVERSION, reply)
    with pytest.raises(ForgeUnavailable) as caught:
        convert(api(hub), code)
    assert code not in str(caught.value)
    assert convert(api(hub), code).slug == "lockbot-of-octo"


def test_of_an_app_no_secret_shows(hub: Hub) -> None:
    made = convert(api(hub), code_of(hub, wanted(hub)))
    hidden = [made.client_secret, made.webhook_secret, made.private_key.splitlines()[1]]
    assert isinstance(made, Converted)
    assert [one for one in hidden if one in repr(made)] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pem": "hush-hush"}, "not an RSA key in PEM"),
        ({"pem": None}, "pem"),
        ({"pem": LEFT_OUT}, "pem"),
        ({"id": LEFT_OUT}, "id"),
        ({"id": "hush"}, "id"),
    ],
)
def test_without_number_or_key_it_is_of_no_use_and_nothing_shows(
    hub: Hub, changes: dict[str, object], words: str
) -> None:
    hub.registrations.changes = changes
    with pytest.raises(UnusableAnswer, match=words) as caught:
        convert(api(hub), code_of(hub, wanted(hub)))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"{", b"<html>hush</html>", b"[]", b"null", b"\xff"])
def test_what_is_no_answer_is_of_no_use(answer: bytes) -> None:
    with pytest.raises(UnusableAnswer) as caught:
        parse_answer(answer)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("odd", [None, LEFT_OUT, "", "  ", 5, ["x"], "../../user"])
@pytest.mark.parametrize("name", ["slug", "html_url", "client_id", "client_secret", "webhook_secret", "owner", "name"])
def test_all_else_may_be_missing_or_odd(some_key: str, name: str, odd: object) -> None:
    texts = {"slug": "lockbot", "html_url": "https://github.com/apps/lockbot", "client_id": "Iv1.1"}
    secrets = {"client_secret": "c", "webhook_secret": "w"}
    body = {"id": 7, "pem": some_key, "owner": {"login": "octo"}} | texts | secrets | {name: odd}
    answer = json.dumps({one: value for one, value in body.items() if value is not LEFT_OUT}).encode()
    made = parse_answer(answer)
    assert (made.app_id, made.private_key) == (7, some_key)
    found = {"slug": made.slug, "html_url": made.page, "client_id": made.client_id}
    found |= {"client_secret": made.client_secret, "webhook_secret": made.webhook_secret}
    kept = odd if odd == "../../user" and name not in ("slug", "html_url") else ""
    assert found == texts | secrets | ({name: kept} if name in found else {})


def test_what_the_app_is_told_of_itself_fills_in(hub: Hub) -> None:
    hub.registrations.changes = dict.fromkeys(("slug", "html_url", "client_id"))
    told = convert(api(hub), code_of(hub, wanted(hub)))
    assert (told.slug, told.page, told.client_id) == ("", "", "")
    made = find_names(client(hub), told)
    assert (made.slug, made.page) == ("lockbot-of-octo", f"{hub.url}/github-apps/lockbot-of-octo")
    assert made.client_id == hub.signing_in.client_id


def test_a_name_that_github_never_tells_is_an_outage(hub: Hub) -> None:
    hub.registrations.changes = {"slug": None}
    made = convert(api(hub), code_of(hub, wanted(hub)))
    hub.fail_next("GET /api/v3/app$", Reply(body={"id": hub.app.id, "slug": None}))
    with pytest.raises(ForgeUnavailable, match="does not tell the App's name"):
        find_names(client(hub), made)


def test_a_secret_is_set_as_often_as_need_be(hub: Hub) -> None:
    hub.registrations.draws_secret = False
    made = convert(api(hub), code_of(hub, wanted(hub)))
    assert (made.webhook_secret, fetch_hook(client(hub)).has_secret) == ("", False)
    for _ in range(2):
        put_secret(client(hub), f"{PUBLIC}/webhook", "drawn")
        assert hub.app.webhook_secret == "drawn"
    hook = fetch_hook(client(hub))
    assert (hook.url, hook.is_json, hook.checks_certificate, hook.has_secret) == (f"{PUBLIC}/webhook", True, True, True)


def test_a_refusal_that_repeats_the_secret_does_not_show_it(hub: Hub) -> None:
    code_of(hub, wanted(hub))
    hub.fail_next("PATCH /api/v3/app/hook/config", Reply(status=422, body={"message": "secret 'hush' is too short"}))
    with pytest.raises(ForgeError, match="is too short") as caught:
        put_secret(client(hub), f"{PUBLIC}/webhook", "hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"default_permissions": {"content": "write"}},
            "Default permission records resource is not included in the list",
        ),
        ({"default_permissions": {"workflows": "read"}}, "Default permission records resource is not included"),
        (
            {"default_permissions": {"contents": "read"}, "default_events": ["issues"]},
            "not supported by permissions: issues",
        ),
        ({"default_events": ["installation"]}, "Default events unsupported: installation"),
        ({"hook_attributes": {"active": False}}, '"url" wasn\'t supplied.'),
        ({"hook_attributes": {"url": "http://localhost:8080/webhook"}}, "isn't reachable over the public Internet"),
        ({"hook_attributes": {"url": f"{PUBLIC}/webhook", "secret": "mine"}}, '"secret" is not a permitted key.'),
        ({"url": None}, '"url" wasn\'t supplied.'),
        ({"homepage": PUBLIC}, '"homepage" is not a permitted key.'),
    ],
)
def test_what_github_refuses_the_stand_in_refuses(hub: Hub, change: dict[str, object], words: str) -> None:
    good = json.loads(render_manifest(wanted(hub)))
    assert find_faults(hub, good) == []
    assert any(words in one for one in find_faults(hub, good | change))


@pytest.mark.parametrize(("name", "words"), [("lockbot", "already taken"), ("x" * 35, "too long"), (" ", "be blank")])
def test_a_name_that_can_not_be_is_asked_for_again(hub: Hub, name: str, words: str) -> None:
    answer = create(hub, wanted(hub), name)
    assert answer.status_code == 422
    assert words in answer.text
    assert hub.registrations.drafts == {}


def test_what_became_of_messages_is_told(hub: Hub) -> None:
    code_of(hub, wanted(hub))
    hub.webhook_url = "http://127.0.0.1:9/webhook"
    hub.install(hub.add_repository("octo/app", {}))
    hub.drain()
    sent = fetch_sent(client(hub))
    assert next((one.event, one.status, one.is_good) for one in sent) == ("installation.created", 0, False)
    assert sent[-1].event == "ping"
