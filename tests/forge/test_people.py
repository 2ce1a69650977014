"""People who sign in, against the stand-in: what GitHub says of them, kindly or not."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from bot.forge.github.people.people import GitHubPeople, SignInAccess
from bot.ports.forge import ForgeUnavailable
from bot.ports.people import May, SignInEnded, SignInRefused, UserTokens
from tests.github import Hub
from tests.github.wire import Broken, Reply

CALLBACK = "https://lockbot.example/sign-in/callback"
VERIFIER = "v" * 64


@pytest.fixture
def people(hub: Hub) -> GitHubPeople:
    hub.signing_in.callbacks = (CALLBACK,)
    own = hub.signing_in
    access = SignInAccess(
        web_url=hub.url, api_url=f"{hub.url}/api/v3", client_id=own.client_id, client_secret=own.client_secret
    )
    assert own.client_secret not in repr(access)
    return GitHubPeople(access)


def get_code(hub: Hub, people: GitHubPeople, login: str = "dana") -> str:
    hub.add_account(login)
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    address = people.get_address(state="s", challenge=challenge, redirect=CALLBACK)
    asked = dict(parse_qsl(urlsplit(address).query))
    answer = httpx.post(f"{hub.url}/login/oauth/authorize", data={**asked, "as": login})
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def sign_in(hub: Hub, people: GitHubPeople, login: str = "dana") -> UserTokens:
    tokens = people.exchange(code=get_code(hub, people, login), verifier=VERIFIER, redirect=CALLBACK)
    assert tokens.access not in repr(tokens)
    return tokens


def test_what_a_person_may_do_is_what_github_says_of_each_repository(hub: Hub, people: GitHubPeople) -> None:
    roles = {"r": "read", "t": "triage", "w": "write", "m": "maintain", "a": "admin"}
    repositories = [hub.add_repository(f"octo/{name}", {}) for name in (*roles, "none", "elsewhere")]
    for one in repositories:
        if one.name in roles:
            hub.add_collaborator(one, "dana", roles[one.name])
    hub.install(*repositories[:6])
    hub.add_collaborator(repositories[6], "dana", "admin")
    public = hub.add_repository("acme/public", {}, private=False)
    hub.install(public)
    found = people.read_access(sign_in(hub, people).access)
    by_name = {one.name: found.repositories.get(one.id) for one in (*repositories, public)}
    assert by_name == {
        **dict.fromkeys("rt", May.READ),
        **dict.fromkeys("wma", May.WRITE),
        **dict.fromkeys(("none", "elsewhere", "public")),
    }
    assert (found.person.login, found.person.id) == ("dana", hub.accounts["dana"].id)


def test_of_many_repositories_none_is_missing(hub: Hub, people: GitHubPeople) -> None:
    repositories = [hub.add_repository(f"octo/r{at}", {}) for at in range(205)]
    for one in repositories:
        one.permissions["dana"] = "write"
    hub.install(*repositories)
    assert len(people.read_access(sign_in(hub, people).access).repositories) == 205


def test_an_installation_that_is_suspended_or_gone_shows_nothing_and_breaks_nothing(
    hub: Hub, people: GitHubPeople
) -> None:
    first, second, third = (hub.add_repository(f"{owner}/app", {}) for owner in ("one", "two", "three"))
    installations = [hub.install(one) for one in (first, second, third)]
    for one in (first, second, third):
        one.permissions["dana"] = "write"
    installations[0].suspended = True
    hub.fail_next(
        rf"GET /api/v3/user/installations/{installations[1].id}/", Reply(status=404, body={"message": "Not Found"})
    )
    assert set(people.read_access(sign_in(hub, people).access).repositories) == {third.id}


def test_a_code_is_good_once_and_with_its_verifier(hub: Hub, people: GitHubPeople) -> None:
    code = get_code(hub, people)
    people.exchange(code=code, verifier=VERIFIER, redirect=CALLBACK)
    for verifier, given in ((VERIFIER, code), ("other", get_code(hub, people)), (VERIFIER, "made up")):
        with pytest.raises(SignInRefused, match="bad_verification_code"):
            people.exchange(code=given, verifier=verifier, redirect=CALLBACK)


def test_what_renews_a_token_is_good_once(hub: Hub, people: GitHubPeople) -> None:
    tokens = sign_in(hub, people)
    assert (tokens.lasts, tokens.renewing is not None) == (28_800.0, True)
    renewed = people.renew(tokens.renewing or "")
    assert people.read_access(renewed.access).person.login == "dana"
    with pytest.raises(SignInEnded):
        people.read_access(tokens.access)
    with pytest.raises(SignInEnded, match="bad_refresh_token"):
        people.renew(tokens.renewing or "")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=502, raw=b"<html>"),
        Reply(status=200, raw=b"<html>"),
        Reply(status=302, raw=b"", headers={"Location": "https://evil.example/"}),
        Reply(broken=Broken.RESET),
        Reply(status=429, body={"message": "too many"}),
    ],
)
def test_a_github_that_is_unwell_is_no_refusal(hub: Hub, people: GitHubPeople, reply: Reply) -> None:
    """A session must not end because of an outage, and no secret goes where a redirect leads."""
    code = get_code(hub, people)
    tokens = sign_in(hub, people)
    hub.fail_next("POST /login/oauth/access_token", reply)
    with pytest.raises(ForgeUnavailable):
        people.exchange(code=code, verifier=VERIFIER, redirect=CALLBACK)
    hub.fail_next("POST /login/oauth/access_token", reply)
    with pytest.raises(ForgeUnavailable):
        people.renew(tokens.renewing or "")
    hub.fail_next("GET /api/v3/user$", reply)
    with pytest.raises(ForgeUnavailable):
        people.read_access(tokens.access)
    assert people.read_access(tokens.access).person.login == "dana"


def test_an_answer_with_neither_token_nor_error_is_a_refusal(hub: Hub, people: GitHubPeople) -> None:
    hub.fail_next("POST /login/oauth/access_token", Reply(body={}))
    with pytest.raises(SignInRefused, match="neither a token nor an error"):
        people.exchange(code="x", verifier=VERIFIER, redirect=CALLBACK)
